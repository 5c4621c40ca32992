package egress.dlp.builtin.kind;

import egress.dlp.Profile.Likeness;
import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.scan.Segment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Numbers that states give people. */
final class PersonalData {
    private static final List<Form> FORMS = forms();

    private final Hits hits;
    private final Segment s;
    private final byte[] b;

    /** A way to write a number, and where its first digit stands in it. */
    private record Form(NationalId id, String text, int lead, int digits) {}

    PersonalData(Hits hits) {
        this.hits = hits;
        this.s = hits.s();
        this.b = s.b();
    }

    private static List<Form> forms() {
        List<Form> out = new ArrayList<>();
        for (NationalId id : NationalId.values()) {
            for (String text : id.forms()) {
                int lead = text.indexOf('n');
                int end = lead;
                while (end < text.length() && text.charAt(end) == 'n') {
                    end++;
                }
                out.add(new Form(id, text, lead, end - lead));
            }
        }
        return List.copyOf(out);
    }

    /** Looks where digits begin. */
    void block(int at, long digits) {
        for (long here = digits & ~(digits << 1); here != 0; here &= here - 1) {
            int i = at + Long.numberOfTrailingZeros(here);
            if (i < s.limit() && (i == s.low() || !isDigit(b[i - 1]))) {
                begins(i);
            }
        }
    }

    private void begins(int i) {
        int n = 0;
        while (i + n < s.to() && isDigit(b[i + n])) {
            n++;
        }
        for (Form form : FORMS) {
            if (form.digits == n || form.digits == n - 1 && form.text.indexOf('c') == form.lead + form.digits) {
                int start = i - form.lead;
                int end = start + form.text.length();
                if (start >= s.low() && end <= s.to() && fits(form.text, start) && isApart(start, end)) {
                    check(form, start, end);
                }
            }
        }
    }

    private boolean fits(String form, int start) {
        for (int k = 0; k < form.length(); k++) {
            byte c = b[start + k];
            boolean fits = switch (form.charAt(k)) {
                case 'n' -> isDigit(c);
                case 'a' -> (c | 32) >= 'a' && (c | 32) <= 'z';
                case 'c' -> CharTables.isWord(c);
                default -> c == form.charAt(k);
            };
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    // Nothing of a word on either side, and no further digits behind a mark.
    private boolean isApart(int start, int end) {
        boolean before =
                Texts.isWordBefore(s, start) || start - 2 >= s.low() && isMark(b[start - 1]) && isDigit(b[start - 2]);
        boolean behind =
                end < s.to() && CharTables.isWord(b[end]) || end + 1 < s.to() && isMark(b[end]) && isDigit(b[end + 1]);
        return !before && !behind;
    }

    private void check(Form form, int start, int end) {
        StringBuilder text = new StringBuilder();
        for (int i = start; i < end; i++) {
            if (CharTables.isWord(b[i])) {
                text.append((char) b[i]);
            }
        }
        String number = text.toString().toUpperCase(Locale.ROOT);
        List<String> context = form.id.context();
        if (form.id.checks(number) && (context.isEmpty() || Texts.isNear(s, start, end, context))) {
            boolean drawn = number.chars().distinct().count() > 2;
            String name = form.id.name().toLowerCase(Locale.ROOT).replace("_bare", "");
            byte[] value = number.getBytes(StandardCharsets.US_ASCII);
            hits.add(name, drawn ? Likeness.REAL : Likeness.MADE_UP, start, end, value);
        }
    }

    private static boolean isMark(byte c) {
        return c == '-' || c == '.' || c == '_';
    }

    private static boolean isDigit(byte c) {
        return c >= '0' && c <= '9';
    }
}
