package egress.testkit.wire;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * A whole response as a test's client received it.
 *
 * @param fields in wire order, on h2 without {@code :status}
 * @param interims the 1xx responses before it, in order
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, and a test may look at the bytes as it likes
public record ReceivedResponse(
        int status, List<Field> fields, byte[] body, List<Field> trailers, List<Interim> interims) {
    /** One 1xx response. */
    public record Interim(int status, List<Field> fields) {}

    /** The value of the first field of that name. */
    public Optional<String> value(String name) {
        return Field.first(fields, name);
    }

    /** The body as UTF-8. */
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return status + " " + fields + " " + H1Reader.quoted(new String(body, StandardCharsets.ISO_8859_1)) + " "
                + trailers;
    }
}
