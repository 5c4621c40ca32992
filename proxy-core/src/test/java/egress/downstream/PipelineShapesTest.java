package egress.downstream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.CallerBudgets;
import egress.exchange.Dialer;
import egress.exchange.ExchangeContext;
import egress.exchange.Inspector;
import egress.exchange.Limits;
import egress.exchange.LocalSite;
import egress.exchange.Observer;
import egress.exchange.ProxySnapshot;
import egress.exchange.Timeouts;
import egress.exchange.UpstreamHttp;
import egress.exchange.Upstreams;
import egress.http.Authority;
import egress.policy.ConnectionRoute;
import egress.policy.Policy;
import egress.policy.Route;
import egress.share.Claimant;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A pipeline is always one of the shapes that {@link DownstreamPipelines} lists, whatever came before. */
class PipelineShapesTest {
    private static final Authority TLS_HOST = new Authority("allowed.example", 443);

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final EmbeddedChannel upstream = new EmbeddedChannel();
    private final DownstreamContext context = context();
    private final DownstreamPipelines pipelines = new DownstreamPipelines(context);
    private final DownstreamConnection connection = new DownstreamConnection(
            channel,
            new ConnectionPlace(channel, context),
            context,
            new Deadlines(channel.eventLoop()),
            new LoopTurns(channel.eventLoop()));

    private static DownstreamContext context() {
        Upstreams none = (loop, who, origin, listener) -> () -> {};
        Dialer dialer = (EventLoop loop, Claimant who, Authority authority, Dialer.Listener listener) -> () -> {};
        ExchangeContext exchanges = new ExchangeContext(
                none,
                Observer.NONE,
                LocalSite.EMPTY,
                UpstreamHttp.AUTO,
                Limits.DEFAULT,
                Timeouts.DEFAULT,
                new AtomicLong(),
                CallerBudgets.of(100, 1 << 20));
        Policy policy = Policy.of(List.of(
                Route.named("allowed.example").build(),
                Route.named("pass.example").passthrough(true).build()));
        return new DownstreamContext(
                exchanges,
                () -> new ProxySnapshot(1, policy, Inspector.NONE),
                (who, name) -> new CompletableFuture<>(),
                dialer,
                new ProxyAuthentication(Map.of(), Set.of()),
                new AtomicLong(),
                () -> false);
    }

    @AfterEach
    void close() {
        upstream.finishAndReleaseAll();
        channel.finishAndReleaseAll();
    }

    private static List<String> shape(Channel channel) {
        List<String> names = new ArrayList<>(channel.pipeline().names());
        names.removeIf(name -> name.contains("TailContext"));
        return names;
    }

    private void write(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, US_ASCII));
    }

    private static SSLEngine engine() {
        try {
            SSLEngine engine = SSLContext.getDefault().createSSLEngine();
            engine.setUseClientMode(false);
            return engine;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private void hello(Authority authority, ConnectionRoute route) {
        pipelines.accept(connection);
        connection.connected(authority, route);
        pipelines.hello(connection, new HelloHandler(context, connection, pipelines, route));
    }

    private void tls() {
        hello(TLS_HOST, new ConnectionRoute.Bump());
        pipelines.tls(connection, allocator -> engine());
    }

    @Test
    void accept() {
        pipelines.accept(connection);
        assertThat(shape(channel)).containsExactly("turns", "h1-decoder", "h1-encoder", "connect", "exchange");
    }

    @Test
    void helloAfterAConnect() {
        pipelines.accept(connection);
        write("CONNECT allowed.example:443 HTTP/1.1\r\nHost: allowed.example:443\r\n\r\n");
        assertThat(shape(channel)).containsExactly("turns", "hello");
    }

    @Test
    void acceptAfterAConnectThatWasRefused() {
        pipelines.accept(connection);
        write("CONNECT allowed.example:22 HTTP/1.1\r\nHost: allowed.example:22\r\n\r\n");
        assertThat(shape(channel)).containsExactly("turns", "h1-decoder", "h1-encoder", "connect", "exchange");
    }

    @Test
    void tlsOnceTheLeafIsThere() {
        tls();
        assertThat(shape(channel)).containsExactly("turns", "tls", "alpn");
    }

    @Test
    void h1InsideTls() {
        tls();
        pipelines.h1(connection);
        assertThat(shape(channel)).containsExactly("turns", "tls", "h1-decoder", "h1-encoder", "exchange");
    }

    @Test
    void h1WithoutTlsOnPort80() {
        pipelines.accept(connection);
        write("CONNECT allowed.example:80 HTTP/1.1\r\nHost: allowed.example\r\n\r\n");
        assertThat(shape(channel)).containsExactly("turns", "hello");
        write("GET /");
        assertThat(shape(channel)).containsExactly("turns", "h1-decoder", "h1-encoder", "exchange");
    }

    @Test
    void h2WhoseStreamsHaveNone() {
        tls();
        pipelines.h2(connection);
        assertThat(shape(channel))
                .containsExactly("turns", "tls", "pieces", "flushes", "limit", "h2-order", "h2", "connection");
    }

    @Test
    void tunnelOfAPassthrough() {
        hello(
                new Authority("pass.example", 443),
                new ConnectionRoute.Passthrough(
                        Route.named("pass.example").passthrough(true).build()));
        pipelines.passthrough(connection, upstream, () -> {});
        assertThat(shape(channel)).containsExactly("tunnel");
    }

    @Test
    void tunnelAfterAnUpgrade() {
        tls();
        pipelines.h1(connection);
        pipelines.upgraded(
                connection,
                upstream,
                Optional.of(new ChannelInboundHandlerAdapter()),
                Optional.of(new ChannelInboundHandlerAdapter()),
                () -> {});
        assertThat(shape(channel)).containsExactly("tls", "messages", "web-socket", "tunnel");
    }

    @Test
    void tunnelAfterAnUpgradeOfPlainHttpThatNobodyInspects() {
        pipelines.accept(connection);
        pipelines.upgraded(connection, upstream, Optional.empty(), Optional.empty(), () -> {});
        assertThat(shape(channel)).containsExactly("tunnel");
    }
}
