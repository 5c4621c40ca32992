package egress.policy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** A query as origins may take it: as sent, and decoded once and twice; in lower case, for looking things up in. */
final class QueryForms {
    private QueryForms() {}

    /** Whether any form holds the lower-case word. */
    static boolean anyHolds(String query, String word) {
        for (String form : of(query)) {
            if (form.contains(word)) {
                return true;
            }
        }
        return false;
    }

    /** The values of a parameter in all forms; parameters end at {@code &}, at {@code ;} and at another {@code ?}. */
    static List<String> values(String query, Predicate<String> named) {
        List<String> values = List.of();
        for (String form : of(query)) {
            if (!form.contains("method")) {
                continue; // as every name that is asked for does
            }
            for (String pair : form.split("[&;?]", -1)) {
                int equals = pair.indexOf('=');
                if (equals >= 0 && named.test(pair.substring(0, equals).strip())) {
                    values = values.isEmpty() ? new ArrayList<>(2) : values;
                    values.add(pair.substring(equals + 1).strip());
                }
            }
        }
        return values;
    }

    /** A name or value of a form, decoded as a query is. */
    static List<String> readings(String text) {
        return of(text).stream().map(String::strip).toList();
    }

    private static List<String> of(String query) {
        if (query.isEmpty()) {
            return List.of();
        }
        String sent = query.replace('+', ' ').toLowerCase(Locale.ROOT);
        if (sent.indexOf('%') < 0) {
            return List.of(sent);
        }
        String once = decoded(sent).toLowerCase(Locale.ROOT);
        return List.of(sent, once, decoded(once).toLowerCase(Locale.ROOT));
    }

    /** Each octet a character: what is looked for is ASCII, and nothing may stop the reading. */
    private static String decoded(String text) {
        byte[] octets = new byte[text.length()];
        int length = 0;
        for (int i = 0; i < text.length(); i++) {
            int octet = text.charAt(i);
            if (octet == '%' && i + 2 < text.length()) {
                int value = hex(text.charAt(i + 1)) << 4 | hex(text.charAt(i + 2));
                if (value >= 0) {
                    octet = value;
                    i += 2;
                }
            }
            octets[length++] = (byte) octet;
        }
        return new String(octets, 0, length, StandardCharsets.ISO_8859_1);
    }

    /** -1 for what is no hex digit; shifted and or-ed it stays negative. */
    private static int hex(char c) {
        return c < 0x80 ? Character.digit(c, 16) : -1;
    }
}
