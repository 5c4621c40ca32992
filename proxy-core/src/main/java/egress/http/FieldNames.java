package egress.http;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Field names as origins read them. */
public final class FieldNames {
    private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

    private FieldNames() {}

    /** Whether it is a token (RFC 9110 §5.6.2): what a field name and a method are made of. */
    public static boolean isToken(CharSequence text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean alphanumeric = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z' && c < 0x7f);
            if (!alphanumeric && TOKEN_MARKS.indexOf(c) < 0) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /**
     * Whether an origin may take one name for the other: case does not count, and every mark is one where fields become
     * variables (RFC 3875 §4.1.18: hyphens become underscores, and servers do the same to the other marks).
     */
    public static boolean same(CharSequence one, CharSequence other) {
        if (one.length() != other.length()) {
            return false;
        }
        for (int i = 0; i < one.length(); i++) {
            if (folded(one.charAt(i)) != folded(other.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /** The one spelling of all that {@link #same} takes for one name: in lower case, each mark a hyphen. */
    static String canonical(CharSequence name) {
        char[] folded = new char[name.length()];
        for (int i = 0; i < folded.length; i++) {
            folded[i] = folded(name.charAt(i));
        }
        return new String(folded);
    }

    /** Removes every field whose name the test picks, walking the fields once. */
    static void removeIf(HttpHeaders fields, Predicate<CharSequence> unwanted) {
        List<CharSequence> names = List.of();
        for (Iterator<Map.Entry<CharSequence, CharSequence>> i = fields.iteratorCharSequence(); i.hasNext(); ) {
            CharSequence name = i.next().getKey();
            if (unwanted.test(name)) {
                names = names.isEmpty() ? new ArrayList<>(4) : names;
                names.add(name);
            }
        }
        // Not through the iterator: Netty's cannot remove.
        for (CharSequence name : names) {
            fields.remove(name);
        }
    }

    /** Removes the field under every spelling that an origin may take for its name. */
    public static void remove(HttpHeaders fields, String name) {
        removeIf(fields, present -> same(present, name));
    }

    private static char folded(char c) {
        if (c >= 'A' && c <= 'Z') {
            return (char) (c | 0x20);
        }
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80 ? c : '-';
    }
}
