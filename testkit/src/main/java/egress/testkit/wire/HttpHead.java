package egress.testkit.wire;

import java.util.List;
import java.util.Optional;

/**
 * An HTTP/1 start line and its fields as they were received.
 *
 * @param startLine without its line end
 * @param fields in wire order, name case kept
 * @param raw every byte up to and with the empty line, one char per byte
 */
public record HttpHead(String startLine, List<Field> fields, String raw) {
    /** The status code of a response. */
    public int status() {
        return Integer.parseInt(part(1));
    }

    /** The method of a request. */
    public String method() {
        return part(0);
    }

    /** The target of a request, as sent. */
    public String target() {
        return part(1);
    }

    /** {@code HTTP/1.1} or {@code HTTP/1.0}. */
    public String version() {
        return startLine.startsWith("HTTP/") ? part(0) : part(2);
    }

    /** The value of the first field of that name. */
    public Optional<String> value(String name) {
        return Field.first(fields, name);
    }

    /** Every value of that name, in order. */
    public List<String> values(String name) {
        return Field.values(fields, name);
    }

    /** Whether a comma-separated field of that name lists {@code token}, without case. */
    public boolean lists(String name, String token) {
        return values(name).stream()
                .flatMap(value -> List.of(value.split(",", -1)).stream())
                .anyMatch(element -> element.strip().equalsIgnoreCase(token));
    }

    private String part(int index) {
        return startLine.split(" ", 3)[index];
    }
}
