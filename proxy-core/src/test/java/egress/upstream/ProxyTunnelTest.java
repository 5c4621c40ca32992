package egress.upstream;

import static egress.upstream.TestExchange.get;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Failure;
import egress.exchange.Upstreams.Protocol;
import egress.http.Authority;
import egress.share.Claimant;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyTunnelTest extends TlsFixture {
    private static final String OPEN = "HTTP/1.1 200 Connection established\r\n\r\n";

    private final List<String> asked = new CopyOnWriteArrayList<>();

    /** A proxy that leads every tunnel to the port on loopback. */
    private RawOrigin.Script tunnelTo(int port) {
        return connection -> {
            asked.add(connection.readHead());
            try (Socket origin = new Socket(InetAddress.getLoopbackAddress(), port)) {
                connection.write(OPEN);
                Thread back = Thread.ofVirtual().start(() -> copy(origin, connection));
                connection.in().transferTo(origin.getOutputStream());
                origin.shutdownOutput();
                back.join();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        };
    }

    private static void copy(Socket from, RawOrigin.Connection to) {
        try {
            from.getInputStream().transferTo(to.out());
            to.socket().shutdownOutput();
        } catch (IOException | UnsupportedOperationException e) {
            // the tunnel ended
        }
    }

    private static UpstreamConfig config(String scheme, int port) {
        return UpstreamConfig.DEFAULTS
                .withProxy(UpstreamProxy.parse(scheme + "://user:pa%20ss@localhost:" + port))
                .withExtraTrust(List.of(caPem));
    }

    @ParameterizedTest
    @CsvSource({"http, true", "http, false", "https, true", "https, false"})
    void reachesOriginsThroughTheTunnelByName(String scheme, boolean http2) throws Exception {
        TestCa.Identity identity = CA.issue("api.example");
        RawOrigin.Script h1 = connection -> connection.serve(RawOrigin.OK);
        try (H2Origin h2Origin = new H2Origin(identity, Http2Settings.defaultSettings(), false, H2Origin::ok);
                RawOrigin h1Origin = RawOrigin.tls(identity.serverContext(), h1);
                RawOrigin proxy = proxy(scheme, tunnelTo(http2 ? h2Origin.port() : h1Origin.port()));
                Rig rig = new Rig(config(scheme, proxy.port()))) {
            for (int i = 0; i < 3; i++) {
                TestExchange exchange = rig.tls(get());
                assertThat(exchange.answer().body()).isEqualTo("ok");
                assertThat(exchange.acquired.get().isHttp2()).isEqualTo(http2);
                rig.await("free", () -> rig.statistics().streams() == 0);
            }
        }
        assertThat(asked)
                .containsExactly("CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\n"
                        + "Proxy-Authorization: Basic dXNlcjpwYSBzcw==\r\n\r\n");
    }

    private static RawOrigin proxy(String scheme, RawOrigin.Script script) throws IOException {
        return scheme.equals("https")
                ? RawOrigin.tls(CA.issue("localhost").serverContext(), script)
                : RawOrigin.plain(script);
    }

    @Test
    void reachesPlainOriginsThroughATunnelToo() throws Exception {
        try (RawOrigin origin = RawOrigin.plain(connection -> connection.serve(RawOrigin.OK));
                RawOrigin proxy = RawOrigin.plain(tunnelTo(origin.port()));
                Rig rig = new Rig(config("http", proxy.port()))) {
            assertThat(rig.plain(get()).answer().body()).isEqualTo("ok");
            assertThat(rig.start(get(), false, Protocol.ANY).answer().body()).isEqualTo("ok");
        }
        assertThat(asked.getFirst()).startsWith("CONNECT api.example:80 HTTP/1.1\r\n");
    }

    @Test
    void theOriginIsVerifiedInsideTheTunnelAndNotTheProxy() throws Exception {
        try (RawOrigin origin = RawOrigin.tls(
                        CA.issue("localhost").serverContext(), connection -> connection.serve(RawOrigin.OK));
                RawOrigin proxy = RawOrigin.plain(tunnelTo(origin.port()));
                Rig rig = new Rig(config("http", proxy.port()))) {
            assertThat(rig.tls(get()).failure())
                    .isEqualTo(
                            new Failure.UpstreamUntrusted("the certificate is for \"localhost\", not for api.example"));
        }
    }

    @Test
    void aTlsProxyIsVerifiedBeforeItHearsTheCredentials() throws Exception {
        try (RawOrigin proxy = RawOrigin.tls(
                        CA.issue("other.example").serverContext(), connection -> asked.add(connection.readHead()));
                Rig rig = new Rig(config("https", proxy.port()))) {
            assertThat(rig.tls(get()).failure()).isInstanceOf(Failure.UpstreamUntrusted.class);
        }
        assertThat(asked).allMatch(String::isEmpty);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HTTP/1.1 407 Proxy Authentication Required~~ | asks for credentials",
                "HTTP/1.1 403 Forbidden~Content-Length: 7~~blocked | answered 403 to CONNECT api.example:443",
                "HTTP/1.1 101 Switching Protocols~~ | answered 101",
                "HTTP/1.1 302 Found~Location: /~~ | answered 302",
                "SSH-2.0-x~~ | sent no HTTP",
                "'' | closed the connection"
            })
    void aRefusalIsSaidInWords(String answer, String words) throws Exception {
        try (RawOrigin proxy = RawOrigin.plain(connection -> {
                    connection.readHead();
                    connection.write(answer.replace("~", "\r\n"));
                });
                Rig rig = new Rig(config("http", proxy.port()))) {
            Failure failure = rig.tls(get()).failure();
            assertThat(failure).isInstanceOf(Failure.UpstreamUnreachable.class);
            assertThat(failure.words())
                    .startsWith("the upstream proxy localhost:")
                    .contains(words);
        }
    }

    @Test
    void anInterimAnswerIsPassedOver() throws Exception {
        try (RawOrigin proxy = RawOrigin.plain(connection -> {
                    connection.readHead();
                    connection.write("HTTP/1.1 103 Early Hints\r\n\r\n" + OPEN);
                    connection.serve(RawOrigin.OK);
                });
                Rig rig = new Rig(config("http", proxy.port()))) {
            assertThat(rig.plain(get()).answer().body()).isEqualTo("ok");
        }
    }

    @Test
    void aProxyThatNeverAnswersTimesOut() throws Exception {
        UpstreamTimeouts timeouts = UpstreamTimeouts.DEFAULTS.withConnect(Duration.ofMillis(200));
        try (RawOrigin proxy = RawOrigin.plain(RawOrigin.Connection::awaitEnd);
                Rig rig = new Rig(config("http", proxy.port()).withTimeouts(timeouts))) {
            assertThat(rig.tls(get()).failure()).isInstanceOf(Failure.UpstreamTimedOut.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 0\r\n"})
    void aPassthroughGetsTheBareChannelWithWhatCameWithTheAnswer(String fields) throws Exception {
        CompletableFuture<Channel> connected = new CompletableFuture<>();
        CompletableFuture<Void> ended = new CompletableFuture<>();
        StringBuilder heard = new StringBuilder();
        List<String> names = new ArrayList<>();
        try (RawOrigin proxy = RawOrigin.plain(connection -> {
                    connection.readHead();
                    // framing fields of a 2xx to CONNECT are ignored (RFC 9110 §9.3.6)
                    connection.write("HTTP/1.1 200 OK\r\n" + fields + "\r\nearly");
                });
                Rig rig = new Rig(config("http", proxy.port()))) {
            rig.on(() -> rig.upstreams.dial(
                    rig.loop, Claimant.SELF, new Authority("api.example", 443), Rig.listener(connected)));
            Channel channel = connected.get(20, TimeUnit.SECONDS);
            rig.run(() -> {
                names.addAll(channel.pipeline().names());
                channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object message) {
                        heard.append(((ByteBuf) message).toString(StandardCharsets.US_ASCII));
                        ((ByteBuf) message).release();
                    }

                    @Override
                    public void channelReadComplete(ChannelHandlerContext ctx) {
                        ctx.read();
                    }

                    @Override
                    public void channelInactive(ChannelHandlerContext ctx) {
                        ended.complete(null);
                    }
                });
                channel.read();
            });
            ended.get(20, TimeUnit.SECONDS);
        }
        assertThat(heard).hasToString("early");
        assertThat(names.getFirst()).isEqualTo("unread");
    }

    @Test
    void aPinnedAuthorityIsWhatTheProxyIsAskedFor() throws Exception {
        try (RawOrigin origin = RawOrigin.plain(connection -> connection.serve(RawOrigin.OK));
                RawOrigin proxy = RawOrigin.plain(tunnelTo(origin.port()));
                Rig rig = new Rig(config("http", proxy.port())
                        .withConnectTo(List.of(ConnectTo.parse("api.example:80:inner.example:8080"))))) {
            assertThat(rig.plain(get()).answer().body()).isEqualTo("ok");
        }
        assertThat(asked.getFirst()).startsWith("CONNECT inner.example:8080 HTTP/1.1\r\n");
    }
}
