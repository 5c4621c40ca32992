package egress.dlp.builtin.decode;

import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;
import java.util.List;

/**
 * Values that are written in parts: adjacent string literals, with or without an operator between them, and words with tags or
 * comments inside. The text around is scanned without the joints.
 */
final class StringConcatenation implements Decoder {
    /** The joints, or their beginnings. */
    static final List<String> SEAMS = List.of(
            "\"+\"",
            "'+'",
            "\" + \"",
            "' + '",
            "`+`",
            "\\\"+\\\"",
            "\\\" + \\\"",
            "\" . \"",
            "' . '",
            "'.'",
            "\\\" . \\\"",
            "' || '",
            "'||'",
            "\" & \"",
            "\\\" & \\\"",
            "\" +\n",
            "' +\n",
            "\\\" +\\n",
            "' +\\n",
            "'\n ",
            "'\\n ",
            "${''}",
            "<!--",
            "<wbr",
            "<b>",
            "<i>",
            "<u>",
            "<em>",
            "<span>",
            "\" \"",
            "' '",
            "\\\" \\\"");

    private static final int AROUND = 256;
    private static final int LONGEST = 16 * 1024;
    private static final int LONGEST_TAG = 48;
    private static final int LONGEST_COMMENT = 200;
    private static final int WIDEST = 24;

    private final ScanContext run;
    private final Segment s;

    StringConcatenation(ScanContext run, Segment s) {
        this.run = run;
        this.s = s;
    }

    /** Reads what stands around a seam at {@code at}; returns where that ended. */
    @Override
    public int decode(int at, int to) {
        byte[] b = s.b();
        int from = Math.max(s.low(), at - AROUND);
        int last = at;
        int i = from;
        ScanWindow out = new ScanWindow(run, s.view().pieces(from, Math.min(to, at + AROUND)));
        while (i < to && i - last <= AROUND && i - from < LONGEST && !run.over()) {
            int length = length(b, i, to);
            if (length > 0) {
                i += length;
                last = i;
            } else {
                out.put(b[i++]);
            }
        }
        out.end(i, s);
        return i;
    }

    // Of the seam that begins at i; 0 when there is none.
    private static int length(byte[] b, int i, int to) {
        return switch (b[i]) {
            case '<' -> tag(b, i, to);
            case '"', '\'', '`' -> literals(b, i, i + 1, to);
            case '\\' -> i + 1 < to && b[i + 1] == '"' ? literals(b, i, i + 2, to) : 0;
            case '$' -> stands("${''}", b, i, to) ? "${''}".length() : 0;
            default -> 0;
        };
    }

    private static int tag(byte[] b, int i, int to) {
        if (stands("<!--", b, i, to)) {
            for (int k = i + 4; k < to && k - i < LONGEST_COMMENT; k++) {
                if (stands("-->", b, k, to)) {
                    return k + 3 - i;
                }
            }
            return 0;
        }
        int k = i + 1 < to && b[i + 1] == '/' ? i + 2 : i + 1;
        if (k >= to || !((b[k] | 32) >= 'a' && (b[k] | 32) <= 'z')) {
            return 0;
        }
        while (k < to && k - i < LONGEST_TAG && b[k] != '>' && b[k] != '<' && b[k] != '\n') {
            k++;
        }
        return k < to && b[k] == '>' ? k + 1 - i : 0;
    }

    // From a closing quote to the opening one of the next literal: blanks, at most one operator, blanks.
    private static int literals(byte[] b, int i, int behind, int to) {
        int k = blanks(b, behind, to);
        int before = k;
        while (k < to && k - before < 2 && "+.&|".indexOf(b[k]) >= 0) {
            k++;
        }
        k = blanks(b, k, to);
        int quote = behind - i;
        boolean opens = k + quote <= to && k - i < WIDEST && k > behind;
        for (int q = 0; opens && q < quote; q++) {
            opens = b[k + q] == b[i + q];
        }
        return opens ? k + quote - i : 0;
    }

    private static int blanks(byte[] b, int from, int to) {
        int k = from;
        while (k < to) {
            if (b[k] == ' ' || b[k] == '\n' || b[k] == '\r' || b[k] == '\t') {
                k++;
            } else if (b[k] == '\\' && k + 1 < to && (b[k + 1] == 'n' || b[k + 1] == 't' || b[k + 1] == 'r')) {
                k += 2;
            } else {
                return k;
            }
        }
        return k;
    }

    private static boolean stands(String text, byte[] b, int at, int to) {
        if (at + text.length() > to) {
            return false;
        }
        for (int k = 0; k < text.length(); k++) {
            if (b[at + k] != text.charAt(k)) {
                return false;
            }
        }
        return true;
    }
}
