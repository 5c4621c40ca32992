package egress.testkit.origin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.Tool;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.HostileOrigin.RefusingPort;
import egress.testkit.origin.HostileOrigin.SilentPort;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.H2Wire;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** That each fault is really on the wire: seen by the strict reader of the testkit or by curl, which knows nothing of it. */
class HostileOriginTest {
    private static final String NAME = "origin.example";

    /** Well framed as far as a reader can tell that looks at one response only, and has no limit of its own. */
    private static final Set<H1Fault> READABLE = EnumSet.of(
            H1Fault.TWO_RESPONSES,
            H1Fault.BYTES_AFTER_THE_RESPONSE,
            H1Fault.BODY_AFTER_204,
            H1Fault.BODY_AFTER_304,
            H1Fault.MANY_FIELDS,
            H1Fault.OVERSIZED_TRAILERS,
            H1Fault.INTERIM_WITH_A_LENGTH,
            H1Fault.UNASKED_101);

    private final TestCa ca = TestCa.create("test root");

    @TempDir
    private Path folder = Path.of(".");

    @ParameterizedTest
    @EnumSource
    void everyH1FaultIsSeenByAStrictReader(H1Fault fault) throws IOException {
        try (HostileOrigin origin = HostileOrigin.plain(fault);
                RawClient client = RawClient.connect(origin.port())) {
            if (fault == H1Fault.INTERIM_STORM) {
                client.readTimeout(Duration.ofMillis(500)); // the one that ends in silence
            }
            if (READABLE.contains(fault)) {
                assertThat(client.get("/", NAME).status()).isIn(101, 200, 204, 304);
            } else {
                assertThatThrownBy(() -> client.get("/", NAME)).isInstanceOf(IOException.class);
            }
            assertThat(origin.heads()).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource(
            mode = Mode.EXCLUDE,
            names = {"DRIP_RESPONSE_HEAD", "RESET_AFTER_RESPONSE", "CLOSE_AFTER_RESPONSE"})
    void everyConnectionFaultBreaksTheExchangeOrHangs(ConnectionFault fault) throws IOException {
        try (HostileOrigin origin = HostileOrigin.tls(ca.leaf(NAME), Alpn.H1, fault)) {
            assertThatThrownBy(() -> {
                        try (RawClient client = RawClient.connect(origin.port())) {
                            if (fault.hangs()) {
                                client.readTimeout(Duration.ofMillis(300));
                            }
                            client.tls(TlsClient.of(NAME, ca.certificate())).get("/", NAME);
                        }
                    })
                    .isInstanceOf(IOException.class)
                    .satisfies(
                            e -> assertThat(e instanceof SocketTimeoutException).isEqualTo(fault.hangs()));
        }
    }

    @Test
    void dripsAHeadAndClosesAfterAWholeResponse() throws IOException {
        TlsClient tls = TlsClient.of(NAME, ca.certificate());
        try (HostileOrigin origin = HostileOrigin.tls(ca.leaf(NAME), Alpn.H1, ConnectionFault.DRIP_RESPONSE_HEAD);
                RawClient client = RawClient.connect(origin.port()).tls(tls)) {
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(client.readBytes(5)).asString().isEqualTo("HTTP/");
        }
        try (HostileOrigin origin = HostileOrigin.tls(ca.leaf(NAME), Alpn.H1, ConnectionFault.CLOSE_AFTER_RESPONSE);
                RawClient client = RawClient.connect(origin.port()).tls(tls)) {
            assertThat(client.get("/", NAME).text()).isEqualTo("whole");
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
    }

    @ParameterizedTest
    @EnumSource
    void curlTakesLegalH2AndRefusesTheRest(H2Fault fault) throws Exception {
        try (HostileOrigin origin = HostileOrigin.tls(ca.leaf(NAME), Alpn.H2, fault)) {
            Tool.Result result = curl(origin, fault.legal() ? "20" : "2", "/");
            // A second stream, which curl never opens, is the point of one; and curl does not retry what was refused or
            // not processed.
            boolean retry = fault == H2Fault.REFUSED_ONCE || fault == H2Fault.GOAWAY_WITHOUT_PROCESSING;
            if (fault.legal() && !retry) {
                assertThat(result.ok().out()).isEqualTo("good");
            } else if (!fault.legal() && fault != H2Fault.DATA_AFTER_END_STREAM) {
                // Some versions end with 0 and an empty body after a connection error.
                assertThat(result.exit() == 0 && !result.out().isEmpty())
                        .as(result::toString)
                        .isFalse();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            mode = Mode.EXCLUDE,
            names = {
                // What curl lets pass, and the proxy must not.
                "SPACE_AROUND_A_VALUE",
                "UPPERCASE_IN_TRAILERS",
                "CONNECTION_IN_TRAILERS"
            })
    void curlRefusesMalformedH2Fields(H2FieldFault fault) throws Exception {
        try (HostileOrigin origin = HostileOrigin.tls(ca.leaf(NAME), Alpn.H2, fault)) {
            assertThat(curl(origin, "20", "/").exit()).isNotZero();
            assertThat(curl(origin, "20", "/good").ok().out()).isEqualTo("good");
        }
    }

    private Tool.Result curl(HostileOrigin origin, String seconds, String path) throws Exception {
        Path pem = ca.writePem(folder.resolve("ca.pem"));
        return Tool.require("curl", "apt-get install curl")
                .run(
                        "--silent",
                        "--show-error",
                        "--http2",
                        "--max-time",
                        seconds,
                        "--cacert",
                        pem.toString(),
                        "--connect-to",
                        NAME + ":443:127.0.0.1:" + origin.port(),
                        "https://" + NAME + path);
    }

    @ParameterizedTest
    @EnumSource(names = {"PING", "SETTINGS", "EMPTY_DATA", "HPACK_BOMB", "LARGE_HEAD", "EMPTY_CONTINUATION"})
    void floodsEndWhenTheOtherSideGoes(H2Flood flood) throws IOException {
        try (HostileOrigin origin = HostileOrigin.tls(ca.leaf(NAME), Alpn.H2, flood)) {
            try (RawClient transport = RawClient.connect(origin.port())
                    .tls(TlsClient.of(NAME, ca.certificate()).alpn("h2"))) {
                H2Wire wire = new H2Wire(transport.input(), transport.output());
                transport.send(H2Wire.PREFACE);
                wire.write(H2Frame.settings());
                wire.writeHeaders(
                        1, Field.list(":method", "GET", ":scheme", "https", ":authority", NAME, ":path", "/"), true);
                long bytes = 0;
                while (bytes < 20_000) {
                    H2Frame frame = Objects.requireNonNull(wire.read());
                    bytes += 9 + frame.payload().length;
                }
                wire.write(H2Frame.goAway(0, H2Frame.ErrorCode.ENHANCE_YOUR_CALM));
                assertThat(origin.awaitFrame(H2Frame.GOAWAY).int32(4))
                        .isEqualTo(H2Frame.ErrorCode.ENHANCE_YOUR_CALM.code());
            }
            origin.awaitOpenConnections(0);
        }
    }

    @Test
    void aRefusingPortRefusesAndASilentOneIsSilent() throws IOException {
        InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
        try (RefusingPort port = new RefusingPort();
                Socket socket = new Socket()) {
            assertThatThrownBy(() -> socket.connect(new InetSocketAddress(loopback, port.port()), 1000))
                    .isInstanceOf(ConnectException.class);
        }
        try (SilentPort port = new SilentPort();
                Socket socket = new Socket()) {
            assertThatThrownBy(() -> socket.connect(new InetSocketAddress(loopback, port.port()), 200))
                    .isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void failsItsTestWhenAScriptIsWrong() throws IOException {
        HostileOrigin origin = HostileOrigin.plain(wire -> {
            throw new IllegalStateException("a mistake");
        });
        try (RawClient client = RawClient.connect(origin.port())) {
            client.awaitEnd();
        }
        assertThatThrownBy(origin::close).isInstanceOf(AssertionError.class).hasRootCauseMessage("a mistake");
    }
}
