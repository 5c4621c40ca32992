package egress.dlp.pipelock;

import egress.dlp.HeaderField;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What may stand in an HTTP/1.1 head (RFC 9110 §5.5 and §5.6.2): nothing else is written or read. */
final class Syntax {
    private static final String TCHARS = "!#$%&'*+-.^_`|~";

    private Syntax() {}

    static boolean isToken(String text) {
        return !text.isEmpty() && text.chars().allMatch(Syntax::isTchar);
    }

    static boolean isFieldValue(String text) {
        return text.chars().allMatch(c -> c == '\t' || (c >= 0x20 && c <= 0xff && c != 0x7f));
    }

    static boolean isTarget(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c > 0x20 && c <= 0xff && c != 0x7f);
    }

    /** The values of every field of that name; names are compared without case. */
    static List<String> values(List<HeaderField> fields, String name) {
        return fields.stream()
                .filter(f -> f.name().equalsIgnoreCase(name))
                .map(HeaderField::value)
                .toList();
    }

    static byte[] bytes(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static boolean isTchar(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || (c < 0x80 && TCHARS.indexOf(c) >= 0);
    }
}
