package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.H2Wire;
import egress.testkit.wire.ReceivedResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A caller's h2 that breaks RFC 9113 costs it the stream or the connection, and nobody else anything. */
class H2StrictnessTest extends TwoOriginsFixture {
    private static final String HOST = TwoOrigins.H2;

    private static List<Field> head(String... more) {
        List<Field> fields = new ArrayList<>(
                Field.list(":method", "GET", ":scheme", "https", ":authority", HOST, ":path", "/malformed"));
        fields.addAll(Field.list(more));
        return fields;
    }

    private static List<Field> without(String name) {
        return head().stream().filter(field -> !field.name().equals(name)).toList();
    }

    private static List<Field> with(String name, String value) {
        return head().stream()
                .map(field -> field.name().equals(name) ? new Field(name, value) : field)
                .toList();
    }

    private static List<Field> first(Field field) {
        List<Field> fields = new ArrayList<>(List.of(field));
        fields.addAll(head());
        return fields;
    }

    static Stream<Arguments> malformedHeads() {
        return Stream.of(
                Arguments.of("uppercase name", head("X-Upper", "1")),
                Arguments.of("pseudo-field after a field", first(new Field("x-first", "1"))),
                Arguments.of("two methods", head(":method", "POST")),
                Arguments.of("two authorities", head(":authority", HOST)),
                Arguments.of("unknown pseudo-field", first(new Field(":unknown", "1"))),
                Arguments.of("response pseudo-field", first(new Field(":status", "200"))),
                Arguments.of("no method", without(":method")),
                Arguments.of("no path", without(":path")),
                Arguments.of("no scheme", without(":scheme")),
                Arguments.of("no authority", without(":authority")),
                Arguments.of("empty path", with(":path", "")),
                Arguments.of("scheme http", with(":scheme", "http")),
                Arguments.of("path without slash", with(":path", "malformed")),
                Arguments.of("space in the path", with(":path", "/a b")),
                Arguments.of("CR LF in the path", with(":path", "/a\r\nx: y")),
                Arguments.of("space in the method", with(":method", "GET /x")),
                Arguments.of("connection", head("connection", "keep-alive")),
                Arguments.of("keep-alive", head("keep-alive", "timeout=5")),
                Arguments.of("proxy-connection", head("proxy-connection", "keep-alive")),
                Arguments.of("transfer-encoding", head("transfer-encoding", "chunked")),
                Arguments.of("upgrade", head("upgrade", "websocket")),
                Arguments.of("te: gzip", head("te", "gzip")),
                Arguments.of("host that differs", head("host", "evil.example")),
                Arguments.of("two hosts", head("host", HOST, "host", HOST)),
                Arguments.of("CR LF in a value", head("x-a", "b\r\nx-forged: 1")),
                Arguments.of("LF in a value", head("x-a", "b\nc")),
                Arguments.of("NUL in a value", head("x-a", "b\0c")),
                Arguments.of("space around a value", head("x-a", " b")),
                Arguments.of("empty name", head("", "b")),
                Arguments.of("space in a name", head("x a", "b")),
                Arguments.of("colon in a name", head("x:a", "b")),
                Arguments.of("length of a body that does not come", head("content-length", "5")),
                Arguments.of("two lengths", head("content-length", "0", "content-length", "1")),
                Arguments.of("signed length", head("content-length", "+0")),
                Arguments.of("CONNECT", Field.list(":method", "CONNECT", ":authority", HOST)),
                Arguments.of(
                        "extended CONNECT",
                        Stream.concat(
                                        with(":method", "CONNECT").stream(),
                                        Stream.of(new Field(":protocol", "websocket")))
                                .toList()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformedHeads")
    @Row("24.xa")
    void aMalformedHeadIsAStreamErrorAndNothingLeaves(String what, List<Field> fields) throws IOException {
        try (Caller caller = origins.caller("h2", HOST)) {
            H2Stream stream = caller.http2().open(fields, true);
            assertThat(stream.awaitReset()).as(what).isEqualTo(H2Frame.ErrorCode.PROTOCOL_ERROR.code());
            assertThat(caller.get("/echo").response().status()).isEqualTo(200);
        }
        assertThat(origins.origin(HOST).requests())
                .noneMatch(request -> request.target().contains("malformed"));
    }

    @Test
    @Row("24.xb")
    void aBodyOtherThanItsLengthIsNeverAWholeRequest() throws IOException {
        for (String length : new String[] {"3", "10"}) {
            try (Caller caller = origins.caller("h2", HOST)) {
                Call call = caller.begin("POST", "/count?length=" + length, "content-length", length);
                call.h2().write("hello".getBytes(StandardCharsets.US_ASCII), true);
                assertThat(call.h2().awaitReset()).isEqualTo(H2Frame.ErrorCode.PROTOCOL_ERROR.code());
                assertThat(caller.get("/echo").response().status()).isEqualTo(200);
            }
        }
    }

    @Test
    @Row("24.xc")
    void aLargeFieldSectionIs431OrTheEndOfTheStream() throws IOException {
        try (Caller caller = origins.caller("h2", HOST)) {
            List<Field> fields = head();
            for (int i = 0; i < 300; i++) {
                fields.add(new Field("x-" + i, "1"));
            }
            assertThat(caller.http2().open(fields, true).response().status()).isEqualTo(431);
            ReceivedResponse large = caller.http2()
                    .open(head("x-long", "x".repeat(70_000)), true)
                    .response();
            assertThat(large.status()).isEqualTo(431);
            assertThat(large.value("x-egress-deny")).contains("malformed");
            assertThat(caller.http2()
                            .open(head("x-long", "x".repeat(140_000)), true)
                            .response()
                            .status())
                    .isEqualTo(431);
            assertThat(caller.get("/echo?" + "x".repeat(33_000)).response().status())
                    .isEqualTo(414);
            assertThat(caller.get("/echo").response().status()).isEqualTo(200);
        }
    }

    @Test
    void extendedConnectIsNotOffered() throws IOException {
        try (Caller caller = origins.caller("h2", HOST)) {
            assertThat(caller.http2().peerSettings())
                    .containsEntry(H2Frame.Setting.MAX_CONCURRENT_STREAMS.id(), 256)
                    .doesNotContainKey(H2Frame.Setting.ENABLE_CONNECT_PROTOCOL.id());
            H2Stream stream = caller.http2()
                    .open(
                            Field.list(
                                    ":method",
                                    "CONNECT",
                                    ":protocol",
                                    "websocket",
                                    ":scheme",
                                    "https",
                                    ":path",
                                    "/ws",
                                    ":authority",
                                    HOST),
                            false);
            assertThat(stream.awaitReset()).isEqualTo(H2Frame.ErrorCode.PROTOCOL_ERROR.code());
            assertThat(caller.get("/echo").response().status()).isEqualTo(200);
        }
    }

    /** Each would be 48 MB of fields; what comes after them shows that the tables of both sides still agree (RFC 7541 §2.2). */
    @Test
    void aBombOfReferencesIs431AndTakesNoMemory() throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Caller caller = origins.caller("h2", HOST)) {
            assertThat(caller.get("/echo").response().status()).isEqualTo(200);
            byte[] bomb = bomb();
            long before = threads.getTotalThreadAllocatedBytes();
            for (int i = 0; i < 20; i++) {
                assertThat(caller.http2().open(bomb, true).response().status()).isEqualTo(431);
            }
            assertThat(threads.getTotalThreadAllocatedBytes() - before).isLessThan(100L << 20);
            assertThat(caller.get("/echo").response().status()).isEqualTo(200);
        }
    }

    /** Each of them far above what any caller has a reason for. */
    enum Flood {
        RAPID_RESET,
        PING,
        SETTINGS,
        PRIORITY,
        WINDOW_UPDATE,
        UNKNOWN,
        EMPTY_DATA,
        CONTINUATION,
        EMPTY_CONTINUATION,
        PRIORITY_OF_ITSELF,
        WINDOW_OVERFLOW,
        BROKEN_HPACK,
        FRAME_TOO_LARGE,
        DATA_ON_AN_IDLE_STREAM
    }

    @ParameterizedTest
    @EnumSource(Flood.class)
    @Row("25.xa")
    void aFloodEndsItsConnectionAlone(Flood flood) throws IOException {
        try (Caller other = origins.caller("h2", HOST);
                Caller caller = origins.caller("h2", HOST)) {
            assertThat(other.get("/echo").response().status()).isEqualTo(200);
            assertThat(caller.get("/echo").response().status()).isEqualTo(200);
            try {
                send(caller, flood);
                caller.http2().awaitGoAway();
            } catch (IOException e) {
                // Closed while it was still sending.
            }
            caller.http2().awaitEnd();
            assertThat(other.get("/echo").response().status()).isEqualTo(200);
        }
    }

    private static void send(Caller caller, Flood flood) throws IOException {
        H2Wire wire = caller.http2().wire();
        byte[] section = H2Wire.literals(head());
        switch (flood) {
            case RAPID_RESET -> {
                for (int id = 101; id < 40_101; id += 2) {
                    wire.write(H2Wire.headers(id, section, true));
                    wire.write(H2Frame.rstStream(id, H2Frame.ErrorCode.CANCEL));
                }
            }
            case PING -> flood(wire, H2Frame.ping(1));
            case SETTINGS -> flood(wire, H2Frame.settings(H2Frame.Setting.MAX_FRAME_SIZE, 16_384));
            case PRIORITY -> flood(wire, new H2Frame(H2Frame.PRIORITY, 0, 1, new byte[] {0, 0, 0, 0, 16}));
            case WINDOW_UPDATE -> flood(wire, H2Frame.windowUpdate(0, 1));
            case UNKNOWN -> flood(wire, new H2Frame(0xfa, 0, 0, new byte[0]));
            case EMPTY_DATA -> {
                wire.write(H2Wire.headers(101, H2Wire.literals(with(":method", "POST")), false));
                for (int i = 0; i < 10_000; i++) {
                    wire.write(H2Frame.data(101, new byte[0], false));
                }
            }
            case CONTINUATION, EMPTY_CONTINUATION -> {
                wire.write(new H2Frame(H2Frame.HEADERS, H2Frame.END_STREAM, 101, section));
                byte[] piece = flood == Flood.CONTINUATION
                        ? H2Wire.literals(List.of(new Field("x-filler", "x".repeat(10_000))))
                        : new byte[0];
                for (int i = 0; i < 10_000; i++) {
                    wire.write(new H2Frame(H2Frame.CONTINUATION, 0, 101, piece));
                }
            }
            case PRIORITY_OF_ITSELF -> {
                wire.write(H2Wire.headers(101, H2Wire.literals(with(":method", "POST")), false));
                wire.write(new H2Frame(H2Frame.PRIORITY, 0, 101, new byte[3])); // of a wrong size
                wire.write(new H2Frame(H2Frame.PRIORITY, 0, 0, new byte[5]));
            }
            case WINDOW_OVERFLOW -> wire.write(H2Frame.windowUpdate(0, Integer.MAX_VALUE));
            case BROKEN_HPACK -> wire.write(H2Wire.headers(101, new byte[] {(byte) 0xff, 0x7f}, true)); // no such index
            case FRAME_TOO_LARGE -> wire.write(H2Frame.data(101, new byte[1 << 20], false));
            case DATA_ON_AN_IDLE_STREAM -> wire.write(H2Frame.data(1001, new byte[1], false));
        }
    }

    /** Until the gate ends the connection, or long after it should have. */
    private static void flood(H2Wire wire, H2Frame frame) throws IOException {
        H2Frame[] many = new H2Frame[1_000];
        Arrays.fill(many, frame);
        for (int i = 0; i < 100; i++) {
            wire.write(many);
        }
    }

    /** A field of 4 kB goes into the dynamic table and is referred to 12,000 times: 48 MB of fields in one frame. */
    private static byte[] bomb() {
        ByteArrayOutputStream section = new ByteArrayOutputStream();
        section.writeBytes(H2Wire.literals(head()));
        section.writeBytes(H2Wire.indexedLiteral(new Field("x-bomb", "x".repeat(4_000))));
        byte[] references = new byte[12_000];
        Arrays.fill(references, (byte) (0x80 | 62)); // RFC 7541 §6.1: the newest entry of the dynamic table
        section.writeBytes(references);
        return section.toByteArray();
    }
}
