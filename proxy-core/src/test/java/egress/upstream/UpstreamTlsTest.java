package egress.upstream;

import static egress.upstream.TestExchange.get;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Failure;
import egress.exchange.Upstreams.Origin;
import egress.exchange.Upstreams.Protocol;
import egress.http.Authority;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An origin proves by its certificate that it is the host that was asked for, before it hears anything. */
class UpstreamTlsTest extends TlsFixture {
    @BeforeAll
    static void bothKindsOfTlsAreThere() {
        assertThat(OpenSsl.isAvailable()).as("both kinds of TLS are tested").isTrue();
    }

    private static Rig rig(int port, SslProvider provider) {
        return new Rig(Rig.pinnedTo(port).withExtraTrust(List.of(caPem)), provider);
    }

    static Stream<SslProvider> providers() {
        return Stream.of(SslProvider.OPENSSL_REFCNT, SslProvider.JDK);
    }

    static Stream<Arguments> untrusted() {
        TestCa stranger = new TestCa("a stranger");
        Instant now = Instant.now();
        Instant yesterday = now.minus(Duration.ofDays(1));
        Instant tomorrow = now.plus(Duration.ofDays(1));
        return providers()
                .flatMap(provider -> Stream.of(
                        Arguments.of(
                                provider,
                                CA.issue(now.minus(Duration.ofDays(9)), yesterday, "api.example"),
                                "the certificate of api.example expired on "
                                        + yesterday.toString().substring(0, 10)),
                        Arguments.of(
                                provider,
                                CA.issue(tomorrow, now.plus(Duration.ofDays(9)), "api.example"),
                                "the certificate of api.example is not valid before "
                                        + tomorrow.toString().substring(0, 10)),
                        Arguments.of(
                                provider,
                                CA.issue("other.example", "more.example"),
                                "the certificate is for \"other.example, more.example\", not for api.example"),
                        Arguments.of(
                                provider, CA.issue(), "the certificate is for no name at all, not for api.example"),
                        Arguments.of(
                                provider,
                                CA.issue("127.0.0.1"),
                                "the certificate is for \"127.0.0.1\", not for api.example"),
                        Arguments.of(
                                provider,
                                TestCa.selfSigned("api.example"),
                                "the certificate of api.example is self-signed"),
                        Arguments.of(
                                provider,
                                stranger.issue("api.example"),
                                "the certificate of api.example was issued by an authority that is not trusted:"
                                        + " \"CN=a stranger\"")));
    }

    @ParameterizedTest
    @MethodSource("untrusted")
    void refusesACertificateThatDoesNotProveTheHostBeforeAnyRequestByte(
            SslProvider provider, TestCa.Identity identity, String words) throws Exception {
        List<String> heads = new ArrayList<>();
        try (RawOrigin origin =
                        RawOrigin.tls(identity.serverContext(), connection -> heads.add(connection.readHead()));
                Rig rig = rig(origin.port(), provider)) {
            TestExchange exchange = rig.tls(get());

            assertThat(exchange.failure()).isEqualTo(new Failure.UpstreamUntrusted(words));
            assertThat(exchange.acquired).isCancelled();
            assertThat(rig.statistics().handshakeFailures()).isEqualTo(1);
        }
        assertThat(heads).allMatch(String::isEmpty);
    }

    /** The handshake then fails while its handler is being added to the pipeline. */
    @ParameterizedTest
    @MethodSource("providers")
    void hearsOfAnOriginThatResetTheConnectionBeforeTheHandshake(SslProvider provider) throws Exception {
        try (RawOrigin origin = RawOrigin.plain(RawOrigin.Connection::reset)) {
            UpstreamConfig config = Rig.pinnedTo(origin.port()).withExtraTrust(List.of(caPem));
            Sockets real = new NioSockets(config.timeouts().connect());
            Sockets late = (loop, address) -> {
                ChannelFuture connected = real.connect(loop, address);
                ChannelPromise told = connected.channel().newPromise();
                loop.schedule(() -> told.trySuccess(), 200, TimeUnit.MILLISECONDS);
                return told;
            };
            try (Rig rig = new Rig(
                    new PooledUpstreams(config, InetAddress::getAllByName, late, InstantSource.system(), provider))) {
                assertThat(rig.tls(get()).failure()).isInstanceOf(Failure.UpstreamUnreachable.class);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void verifiesAddressesAsAddresses(SslProvider provider) throws Exception {
        Origin address = new Origin(new Authority("192.0.2.7", 443), true, Protocol.ANY);
        for (boolean named : new boolean[] {true, false}) {
            SSLContext context = (named ? CA.issue("192.0.2.7") : CA.issue("192.0.2.8")).serverContext();
            try (RawOrigin origin = RawOrigin.tls(context, connection -> connection.serve(RawOrigin.OK));
                    Rig rig = rig(origin.port(), provider)) {
                TestExchange exchange = TestExchange.get("192.0.2.7");
                rig.acquire(exchange, address);
                if (named) {
                    assertThat(exchange.answer().body()).isEqualTo("ok");
                } else {
                    assertThat(exchange.failure()).isInstanceOf(Failure.UpstreamUntrusted.class);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void sendsSniForNamesEvenOfOneLabelAndNeverForAddresses(SslProvider provider) throws Exception {
        List<String> names = new ArrayList<>();
        SSLContext context = CA.issue("api.example", "gitea", "192.0.2.7").serverContext();
        try (RawOrigin origin = RawOrigin.tls(context, connection -> {
                    connection.readHead();
                    ExtendedSSLSession session = (ExtendedSSLSession) ((SSLSocket) connection.socket()).getSession();
                    names.add(session.getRequestedServerNames().toString());
                    connection.write(RawOrigin.OK);
                    connection.awaitEnd();
                });
                Rig rig = rig(origin.port(), provider)) {
            for (String host : List.of("api.example", "gitea", "192.0.2.7")) {
                TestExchange exchange = TestExchange.get(host);
                rig.acquire(exchange, new Origin(new Authority(host, 443), true, Protocol.ANY));
                exchange.answer();
            }
        }
        assertThat(names.get(0)).contains("api.example");
        assertThat(names.get(1)).contains("gitea");
        assertThat(names.get(2)).isEqualTo("[]");
    }

    @ParameterizedTest
    @MethodSource("providers")
    void refusesTlsOlderThan12(SslProvider provider) throws Exception {
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    // a ServerHello that chooses TLS 1.0
                    byte[] hello = new byte[5 + 4 + 38];
                    byte[] start = {22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1};
                    System.arraycopy(start, 0, hello, 0, start.length);
                    hello[hello.length - 2] = 0x2F;
                    connection.in().read();
                    connection.out().write(hello);
                    connection.out().flush();
                    connection.awaitEnd();
                });
                Rig rig = rig(origin.port(), provider)) {
            assertThat(rig.tls(get()).failure()).isInstanceOf(Failure.UpstreamUntrusted.class);
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void whatSpeaksNoTlsIsUntrusted(SslProvider provider) throws Exception {
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
                    connection.awaitEnd();
                });
                Rig rig = rig(origin.port(), provider)) {
            assertThat(rig.tls(get()).failure()).isInstanceOf(Failure.UpstreamUntrusted.class);
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void aHandshakeThatNeverEndsTimesOut(SslProvider provider) throws Exception {
        UpstreamTimeouts timeouts = UpstreamTimeouts.DEFAULTS.withHandshake(Duration.ofMillis(100));
        try (RawOrigin origin = RawOrigin.plain(RawOrigin.Connection::awaitEnd);
                Rig rig = new Rig(Rig.pinnedTo(origin.port()).withTimeouts(timeouts), provider)) {
            assertThat(rig.tls(get()).failure()).isInstanceOf(Failure.UpstreamTimedOut.class);
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void anOriginThatHangsUpInTheHandshakeIsUnreachable(SslProvider provider) throws Exception {
        try (RawOrigin origin = RawOrigin.plain(connection -> connection.in().read());
                Rig rig = rig(origin.port(), provider)) {
            assertThat(rig.tls(get()).failure()).isInstanceOf(Failure.UpstreamUnreachable.class);
        }
    }

    @Test
    void resumesTheSessionOfTheSameHostOnly() throws Exception {
        String close = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
        SSLContext context = CA.issue("api.example", "other.example").serverContext();
        try (RawOrigin origin = RawOrigin.tls(context, connection -> connection.serve(close));
                Rig rig = rig(origin.port(), SslProvider.OPENSSL_REFCNT)) {
            for (int i = 0; i < 3; i++) {
                assertThat(rig.tls(get()).answer().body()).isEqualTo("ok");
            }
            assertThat(rig.statistics().handshakes()).isEqualTo(3);
            assertThat(rig.statistics().handshakesResumed()).isEqualTo(2);

            TestExchange other = TestExchange.get("other.example");
            rig.acquire(other, new Origin(new Authority("other.example", 443), true, Protocol.ANY));
            other.answer();
            assertThat(rig.statistics().handshakesResumed()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void aBodyUntilTheEndOfTheConnectionNeedsItsClosureAlert(SslProvider provider) throws Exception {
        SSLContext context = CA.issue("api.example").serverContext();
        for (boolean alert : new boolean[] {true, false}) {
            try (RawOrigin origin = RawOrigin.plain(connection -> {
                        Socket plain = connection.socket();
                        SSLSocket socket = (SSLSocket)
                                context.getSocketFactory().createSocket(plain, "127.0.0.1", plain.getPort(), false);
                        socket.setUseClientMode(false);
                        byte[] buffer = new byte[4096];
                        assertThat(socket.getInputStream().read(buffer)).isPositive();
                        socket.getOutputStream()
                                .write("HTTP/1.1 200 OK\r\n\r\nuntil the end".getBytes(StandardCharsets.US_ASCII));
                        if (alert) {
                            socket.close();
                        }
                    });
                    Rig rig = rig(origin.port(), provider)) {
                TestExchange exchange = rig.tls(get());
                if (alert) {
                    assertThat(exchange.answer().body()).isEqualTo("until the end");
                } else {
                    assertThat(exchange.failure()).isInstanceOf(Failure.UpstreamUnreachable.class);
                }
            }
        }
    }

    @Test
    void keepsAConnectionForTheNextExchangeAndHasItsOneShape() throws Exception {
        List<String> names = new ArrayList<>();
        SSLContext context = CA.issue("api.example").serverContext();
        try (RawOrigin origin = RawOrigin.tls(context, connection -> connection.serve(RawOrigin.OK));
                Rig rig = rig(origin.port(), SslProvider.OPENSSL_REFCNT)) {
            for (int i = 0; i < 3; i++) {
                TestExchange exchange = rig.tls(get());
                exchange.answer();
                names.clear();
                names.addAll(((UpstreamStream) exchange.acquired.get())
                        .channel
                        .pipeline()
                        .names());
                rig.await("idle", () -> rig.statistics().idle() == 1);
            }
            assertThat(origin.accepted).hasValue(1);
            assertThat(names)
                    .containsExactly("tls", "decoder", "encoder", "response", "DefaultChannelPipeline$TailContext#0");
        }
    }

    @Test
    void clientCertificatesAskedForAreNotGivenAndDoNotBreakTheHandshake() throws Exception {
        SSLContext context = CA.issue("api.example").serverContext();
        SSLServerSocket server = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 1, InetAddress.getLoopbackAddress());
        server.setWantClientAuth(true);
        try (server;
                Rig rig = rig(server.getLocalPort(), SslProvider.OPENSSL_REFCNT)) {
            Thread.ofVirtual().start(() -> {
                try (Socket socket = server.accept()) {
                    socket.getInputStream().readNBytes(1);
                    socket.getOutputStream().write(RawOrigin.OK.getBytes(StandardCharsets.US_ASCII));
                    socket.getInputStream().transferTo(OutputStream.nullOutputStream());
                } catch (IOException e) {
                    // the exchange says it
                }
            });
            assertThat(rig.tls(get()).answer().body()).isEqualTo("ok");
        }
    }
}
