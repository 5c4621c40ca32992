package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.wire.Field;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a proxy may mend in a response reaches the caller mended, and what frames a body in two ways does not. */
class MendedResponseTest {
    private static final String HOST = "odd.example";
    private static final String BODY = "Content-Length: 5\r\n\r\nhello";

    /** By path, what follows the status line. */
    private static final Map<String, String> ANSWERS = Map.ofEntries(
            Map.entry("/blank", "X-Odd : a\r\nContent-Length\t: 5\r\n\r\nhello"),
            Map.entry("/fold", "X-Odd: a\r\n\tb\r\n" + BODY),
            Map.entry("/twice", "X-Odd: a\r\nContent-Length: 5\r\n" + BODY),
            Map.entry(
                    "/trailer",
                    "X-Odd: a\r\nTransfer-Encoding : chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum : 1\r\n 2\r\n\r\n"),
            Map.entry("/two", "X-Odd: a\r\nContent-Length: 4\r\n" + BODY),
            Map.entry("/both", "Transfer-Encoding : chunked\r\n" + BODY),
            Map.entry("/folded-length", "Content-Length:\r\n 5\r\n\r\nhello"));

    @TempDir
    static Path directory;

    private static HostileOrigin origin;
    private static Gate gate;

    @BeforeAll
    static void start() throws IOException {
        TestCa ca = TestCa.create("origins");
        origin = HostileOrigin.tls(ca.leaf(HOST), Alpn.H1, wire -> {
            while (true) {
                wire.send("HTTP/1.1 200 OK\r\n" + ANSWERS.get(wire.readRequest().target()));
            }
        });
        gate = Gate.builder()
                .trust(ca.writePem(directory.resolve("origins.pem")))
                .origin(HOST, origin.port())
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        gate.awaitQuiet();
        gate.close();
        origin.close();
    }

    static Stream<Arguments> mended() {
        return Stream.of("h1", "h2")
                .flatMap(version -> Stream.of("/blank a", "/fold a b", "/twice a", "/trailer a")
                        .map(each -> Arguments.of(version, each.split(" ", 2)[0], each.split(" ", 2)[1])));
    }

    @ParameterizedTest
    @MethodSource("mended")
    void arrivesMendedAndTheConnectionIsGoodForTheNext(String version, String path, String value) throws IOException {
        try (Caller caller = Caller.through(gate, version, HOST)) {
            int before = origin.connections();
            for (int i = 0; i < 3; i++) {
                ReceivedResponse response = caller.get(path).response();
                assertThat(response.status()).as(response.text()).isEqualTo(200);
                assertThat(response.text()).isEqualTo("hello");
                assertThat(values(response, "x-odd")).containsExactly(value);
                if (path.equals("/trailer")) {
                    assertThat(response.trailers().getFirst().value()).isEqualTo("1 2");
                } else {
                    assertThat(values(response, "content-length")).containsExactly("5");
                }
            }
            assertThat(origin.connections() - before).isLessThanOrEqualTo(1);
        }
    }

    private static List<String> values(ReceivedResponse response, String name) {
        return Field.values(response.fields(), name);
    }

    static Stream<Arguments> refused() {
        return Stream.of("h1", "h2")
                .flatMap(version ->
                        Stream.of("/two", "/both", "/folded-length").map(path -> Arguments.of(version, path)));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void isA502WhereABodyHasTwoLengths(String version, String path) throws IOException {
        try (Caller caller = Caller.through(gate, version, HOST)) {
            ReceivedResponse response = caller.get(path).response();

            assertThat(response.status()).isEqualTo(502);
            assertThat(response.value("x-egress-deny")).contains("upstream_malformed");
        }
    }
}
