package egress.testkit.origin;

import egress.testkit.wire.Field;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** An h2 origin whose answer is malformed (RFC 9113 §8.1.1): a stream error, after which the connection is still good. */
public enum H2FieldFault implements HostileOrigin.Script {
    UPPERCASE_NAME(":status", "200", "X-Upper", "y"),
    NO_STATUS("x-a", "b"),
    EMPTY_STATUS(":status", ""),
    STATUS_IS_NO_NUMBER(":status", "20x"),
    STATUS_OF_FOUR_DIGITS(":status", "2000"),
    TWO_STATUSES(":status", "200", ":status", "201"),
    STATUS_AFTER_A_FIELD("x-a", "b", ":status", "200"),
    UNKNOWN_PSEUDO_FIELD(":status", "200", ":unknown", "x"),
    REQUEST_PSEUDO_FIELD(":status", "200", ":path", "/"),
    STATUS_101(":status", "101"),
    CONNECTION_FIELD(":status", "200", "connection", "keep-alive"),
    TRANSFER_ENCODING_FIELD(":status", "200", "transfer-encoding", "chunked"),
    UPGRADE_FIELD(":status", "200", "upgrade", "websocket"),
    CRLF_IN_A_VALUE(":status", "200", "x-a", "b\r\nx-forged: yes"),
    LF_IN_A_VALUE(":status", "200", "x-a", "b\nx-forged: yes"),
    NUL_IN_A_VALUE(":status", "200", "x-a", "b\0c"),
    SPACE_AROUND_A_VALUE(":status", "200", "x-a", " b "),
    EMPTY_NAME(":status", "200", "", "b"),
    COLON_IN_A_NAME(":status", "200", "x:a", "b"),
    SPACE_IN_A_NAME(":status", "200", "x a", "b"),
    CRLF_IN_A_NAME(":status", "200", "x\r\na", "b"),
    LENGTH_TOO_SMALL(":status", "200", "content-length", "3"),
    LENGTH_TOO_LARGE(":status", "200", "content-length", "300"),
    TWO_LENGTHS(":status", "200", "content-length", "5", "content-length", "6"),
    LENGTH_WITH_A_SIGN(":status", "200", "content-length", "+5"),
    PSEUDO_FIELD_IN_TRAILERS(List.of(new Field(":status", "200")), List.of(new Field(":status", "200"))),
    UPPERCASE_IN_TRAILERS(List.of(new Field(":status", "200")), List.of(new Field("X-Sum", "1"))),
    CONNECTION_IN_TRAILERS(List.of(new Field(":status", "200")), List.of(new Field("connection", "close")));

    /** Pairs, as an enum holds nothing that could change. */
    private final String head;

    private final String trailers;

    H2FieldFault(String... namesAndValues) {
        this(Field.list(namesAndValues), List.of());
    }

    H2FieldFault(List<Field> head, List<Field> trailers) {
        this.head = joined(head);
        this.trailers = joined(trailers);
    }

    private static final char SEPARATOR = '\uffff';

    private static String joined(List<Field> fields) {
        StringBuilder text = new StringBuilder();
        fields.forEach(field -> text.append(field.name())
                .append(SEPARATOR)
                .append(field.value())
                .append(SEPARATOR));
        return text.toString();
    }

    private static List<Field> split(String joined) {
        String[] parts = joined.split(Character.toString(SEPARATOR), -1);
        return Field.list(Arrays.copyOf(parts, parts.length - 1));
    }

    /** Answers a request for {@code /good} well, every other with the fault and the body "hello". */
    @Override
    public void run(HostileWire wire) throws IOException {
        H2Peer h2 = wire.h2();
        while (true) {
            H2Peer.Request request = h2.awaitRequest();
            if (request.value(":path").equals("/good")) {
                h2.respond(request.streamId(), "good");
                continue;
            }
            h2.wire().writeHeaders(request.streamId(), split(head), false);
            h2.data(request.streamId(), "hello", trailers.isEmpty());
            if (!trailers.isEmpty()) {
                h2.wire().writeHeaders(request.streamId(), split(trailers), true);
            }
        }
    }
}
