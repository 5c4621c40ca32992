package egress.server.inspect;

import egress.policy.Policy;
import egress.server.admin.AdminPages;
import egress.server.ask.Asks;
import egress.server.config.Endpoint;
import egress.server.config.InspectConfig;
import egress.server.flows.FilterSyntaxException;
import egress.server.flows.Flow;
import egress.server.flows.FlowFilter;
import egress.server.flows.FlowSink;
import egress.server.flows.HarWriter;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The page: what it holds, who gets in, and what it answers. */
public final class Inspector implements AdminPages, AutoCloseable {
    private static final String ROOT = "/inspect";
    private static final String API = ROOT + "/api/";
    private static final int MOST_STREAMS = 16;
    private static final int HAR_PIECE = 64 * 1024;

    private final InspectConfig config;
    private final String version;
    private final FlowStore store;
    private final PolicyTally tally = new PolicyTally();
    private final FlowJson json = new FlowJson();
    private final InspectToken token;
    private final Door door;
    private final InspectApi api;
    private volatile Supplier<Policy> policy = () -> Policy.of(List.of());
    private volatile Optional<Replay> replay = Optional.empty();
    private volatile Asks asks = Asks.NOBODY;
    private final Semaphore streams = new Semaphore(MOST_STREAMS);
    private volatile Optional<InetSocketAddress> admin = Optional.empty();
    private Optional<Path> file = Optional.empty();

    /**
     * Where requests that are sent again go.
     *
     * @param authority who signs the gate's certificates
     * @param users whom it lets in, name to password
     */
    public record Gate(InetSocketAddress address, X509Certificate authority, Map<String, String> users) {}

    /** @param random a secure one, for the token */
    public Inspector(InspectConfig config, RandomGenerator random, String version) {
        this.config = config;
        this.version = version;
        this.store = new FlowStore(config.most());
        this.token = new InspectToken(random);
        this.door = new Door(token);
        this.api = new InspectApi(
                store,
                json,
                new PolicyPage(() -> policy.get(), tally, store),
                new AskPage(() -> asks),
                () -> replay,
                version);
    }

    /** All that take what is recorded. */
    public List<FlowSink> sinks() {
        return List.of(store, tally);
    }

    /**
     * The shadow routes would have decided an exchange otherwise.
     *
     * @param from {@code allow}, or the code of the denial in force; {@code to} likewise of theirs
     * @param rule of theirs; null where none decided
     */
    public void flipped(long exchange, String from, String to, @Nullable String rule) {
        store.flipped(exchange, new FlowStore.ShadowVerdict(from, to, rule));
    }

    FlowStore store() {
        return store;
    }

    /**
     * The page is now served.
     *
     * @param inForce the policy of the moment
     * @param answers takes what a person says to the questions of agents
     * @param replayBy absent where nothing of the page's own may leave
     */
    public void opened(InetSocketAddress address, Supplier<Policy> inForce, Asks answers, Optional<Gate> replayBy) {
        policy = inForce;
        asks = answers;
        admin = Optional.of(address);
        replay = replayBy.map(gate -> new Replay(gate.address(), gate.authority(), gate.users()));
    }

    /**
     * Writes the page's address where {@code tail} finds it.
     *
     * @throws IOException where that file cannot be written; the page is served all the same
     */
    public void publish() throws IOException {
        Path at = TokenFile.in(config.directory(), admin.orElseThrow().getPort());
        TokenFile.write(at, url());
        file = Optional.of(at);
    }

    /** The page's address, with the token that lets a person in. */
    public String url() {
        return "http://" + Endpoint.text(admin.orElseThrow()) + ROOT + "?token=" + token.value();
    }

    @Override
    public boolean holds(String path) {
        return path.equals(ROOT) || path.startsWith(ROOT + "/");
    }

    @Override
    public boolean mayBringBody(HttpRequest head) {
        return holds(head.uri()) && door.refusal(head.method(), head.headers()).isEmpty();
    }

    @Override
    public void serve(ChannelHandlerContext ctx, Request request) {
        QueryStringDecoder target = new QueryStringDecoder(request.uri());
        String path = target.path();
        if (path.equals(ROOT)) {
            enter(target, request).write(ctx);
            return;
        }
        Optional<String> refusal = door.refusal(request.method(), request.fields());
        if (refusal.isPresent()) {
            Answer.text(HttpResponseStatus.FORBIDDEN, refusal.get()).write(ctx);
        } else if (path.equals(API + "events") || path.equals(API + "har")) {
            stream(ctx, target, path.equals(API + "har"));
        } else if (path.startsWith(API)) {
            String below = path.substring(API.length());
            Thread.ofVirtual()
                    .name("egress-inspect")
                    .start(() -> answer(below, request).write(ctx));
        } else if (request.method().equals(HttpMethod.GET)) {
            PageFiles.answer(path.substring(ROOT.length() + 1))
                    .orElseGet(() -> Answer.text(HttpResponseStatus.NOT_FOUND, "no such page"))
                    .write(ctx);
        } else {
            Answer.text(HttpResponseStatus.METHOD_NOT_ALLOWED, "GET only").write(ctx);
        }
    }

    private Answer answer(String path, Request request) {
        try {
            return api.answer(path, request);
        } catch (RuntimeException e) {
            return Answer.text(
                    HttpResponseStatus.INTERNAL_SERVER_ERROR,
                    "this cannot be shown: " + e.getClass().getSimpleName());
        }
    }

    /** The address with the token turns it into a cookie, and leads on to one without it. */
    private Answer enter(QueryStringDecoder target, Request request) {
        String shown = target.parameters().getOrDefault("token", List.of("")).getFirst();
        boolean known = door.refusal(request.method(), request.fields()).isEmpty();
        if (!request.method().equals(HttpMethod.GET) || !(known || token.is(shown))) {
            return Answer.text(
                    HttpResponseStatus.FORBIDDEN,
                    "the token is not this gate's: open the address that it printed last");
        }
        // Not a redirect: followed from another site's link, it would not bring the new cookie along.
        String onward = "<!doctype html><meta charset=utf-8><meta name=viewport content=\"width=device-width\">"
                + "<meta http-equiv=refresh content=\"0;url=" + ROOT + "/\"><link rel=icon href=\"" + ROOT
                + "/icon.svg\"><title>egress-proxy</title>";
        return Answer.bytes("text/html; charset=utf-8", onward.getBytes(StandardCharsets.UTF_8))
                .with(
                        HttpHeaderNames.SET_COOKIE.toString(),
                        token.cookie() + "=" + token.value() + "; Path=" + ROOT + "; HttpOnly; SameSite=Strict");
    }

    /** Answers piece by piece, on a thread of its own, what the query's filter lets through. */
    private void stream(ChannelHandlerContext ctx, QueryStringDecoder target, boolean asHar) {
        FlowFilter filter;
        try {
            filter = InspectApi.filterOf(target);
        } catch (FilterSyntaxException e) {
            Answer.text(HttpResponseStatus.BAD_REQUEST, "filter: " + e.getMessage())
                    .write(ctx);
            return;
        }
        if (!streams.tryAcquire()) {
            Answer.text(HttpResponseStatus.SERVICE_UNAVAILABLE, "too many pages are open at once")
                    .write(ctx);
            return;
        }
        ctx.pipeline().remove(ReadTimeoutHandler.class); // nothing more is read
        Thread.ofVirtual().name("egress-inspect-stream").start(() -> {
            try {
                if (asHar) {
                    har(ctx, filter);
                } else {
                    Pieces pieces = new Pieces(ctx.channel(), "text/event-stream", Map.of());
                    new EventStream(store, json, filter).writeTo(pieces);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException | UncheckedIOException e) {
                // The reader has gone.
            } finally {
                streams.release();
                ctx.close();
            }
        });
    }

    /** A search of bodies may take long: it ends where the reader has gone, and lets other answers be made between. */
    private static boolean isWanted(ChannelHandlerContext ctx, FlowFilter filter, Flow flow) {
        LockSupport.parkNanos(1_000); // others of these threads have the processor meanwhile
        if (!ctx.channel().isActive()) {
            throw new UncheckedIOException(new IOException("the reader has gone"));
        }
        return filter.matches(flow);
    }

    private void har(ChannelHandlerContext ctx, FlowFilter filter) throws IOException {
        Pieces pieces = new Pieces(
                ctx.channel(),
                "application/octet-stream",
                Map.of("content-disposition", "attachment; filename=\"egress.har\""));
        Iterator<Flow> flows = store.entries().stream()
                .map(FlowStore.Entry::flow)
                .filter(flow -> isWanted(ctx, filter, flow))
                .iterator();
        BufferedOutputStream out = new BufferedOutputStream(pieces, HAR_PIECE);
        new HarWriter(version).write(flows, out);
        out.flush();
        pieces.end();
    }

    @Override
    public void close() {
        file.ifPresent(it -> TokenFile.remove(it, url()));
    }
}
