package egress.exchange;

import egress.http.Authority;
import egress.http.InterimResponse;
import egress.policy.Credential;
import egress.policy.DenyReason;
import egress.policy.Match;
import egress.policy.Matcher;
import egress.policy.Policy;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.share.Caller;
import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One exchange with hand-made ports around it: a script makes its events happen, and each call that comes out is written down as a
 * short line. What is written is consumed as a channel does it, so that at the end no buffer may be left.
 */
final class Stage {
    private static final Authority HOST = new Authority("api.example", 443);
    private static final Claimant WHO = new Claimant(Caller.ofUser("agent"), 1);
    private static final Policy POLICY = Policy.of(List.of(Route.named("api.example")
            .match(new Match(List.of(new Matcher.Prefix("/v1")), List.of(), List.of()))
            .credential(Credential.authorization("Bearer", "real"))
            .build()));

    private final List<String> calls = new ArrayList<>();
    private final List<ByteBuf> buffers = new ArrayList<>();
    private final CallerSide caller = new CallerSide();
    private final Inspected inspection = new Inspected();
    private final EmbeddedChannel channel = new EmbeddedChannel();

    private Inspection.@Nullable Mode mode;
    private Admission admission = Admission.ADMITTED;
    private boolean callerWritable = true;
    private boolean originWritable = true;
    private boolean originIsHttp2;
    private @Nullable Exchange exchange;
    private Upstreams.@Nullable Listener upstream;
    private Inspection.@Nullable Listener inspector;

    /** What came out since the last look. */
    List<String> takeCalls() {
        List<String> taken = List.copyOf(calls);
        calls.clear();
        return taken;
    }

    /** Parts that were neither written nor dropped. */
    List<String> leaks() {
        channel.finishAndReleaseAll();
        return buffers.stream()
                .filter(buffer -> buffer.refCnt() != 0)
                .map(buffer -> buffer.toString(StandardCharsets.UTF_8))
                .toList();
    }

    // What a script sets up.

    void inspects(Inspection.Mode how) {
        mode = how;
    }

    void locksOut() {
        admission = new Admission.Refused(new Failure.Denied(DenyReason.DLP_LOCKED, "locked out for the test"));
    }

    void originSpeaksHttp2() {
        originIsHttp2 = true;
    }

    void callerIsFull(boolean full) {
        callerWritable = !full;
    }

    void originIsFull(boolean full) {
        originWritable = !full;
    }

    // The caller's events.

    void head(String method, String target, String... fields) {
        HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.valueOf(method), target);
        head.headers().add("host", "api.example");
        addAll(head.headers(), fields);
        ExchangeContext context = new ExchangeContext(
                new Origins(),
                this::told,
                (caller, path) -> Optional.of(new LocalSite.Page("text/plain", new byte[] {'o', 'k'})),
                UpstreamHttp.AUTO,
                Limits.DEFAULT,
                Timeouts.DEFAULT,
                new AtomicLong(),
                new CallerBudgets(
                        FairBudget.ofUnits(10),
                        FairBudget.ofUnits(10),
                        new FairBudget(1 << 20),
                        new FairBudget(1 << 20),
                        Headroom.UNLIMITED));
        boolean local = target.equals("/local");
        exchange = new Exchange(
                context,
                caller,
                new ProxySnapshot(1, POLICY, new Inspecting()),
                head,
                local ? new Authority(LocalSite.HOST, 80) : HOST,
                !local,
                target);
        exchange().begin();
    }

    void body(String text) {
        exchange().onRequestPart(new DefaultHttpContent(buffer(text)));
    }

    void last(String... trailers) {
        exchange().onRequestPart(lastPart("", trailers));
    }

    void last(String text) {
        exchange().onRequestPart(lastPart(text));
    }

    void burstEnds() {
        exchange().onRequestReadComplete();
    }

    void callerTakesMore() {
        callerIsFull(false);
        exchange().onDownstreamWritable();
    }

    void callerGoes() {
        exchange().onDownstreamGone("the caller closed the connection");
    }

    void deadline() {
        exchange().onDeadline();
    }

    // The origin's events.

    void acquired(boolean reused) {
        listener().onAcquired(new OriginSide(), reused);
    }

    void interim(int status) {
        InterimResponse interim = new InterimResponse(HttpResponseStatus.valueOf(status), new DefaultHttpHeaders());
        listener().onResponsePart(interim);
    }

    void response(int status, String... fields) {
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status));
        addAll(head.headers(), fields);
        listener().onResponsePart(head);
    }

    void responseBody(String text) {
        listener().onResponsePart(new DefaultHttpContent(buffer(text)));
    }

    void responseEnds(String text, String... trailers) {
        listener().onResponsePart(lastPart(text, trailers));
    }

    void originBurstEnds() {
        listener().onResponseReadComplete();
    }

    void originTakesMore() {
        originIsFull(false);
        listener().onUpstreamWritable();
    }

    void originFails(Failure failure) {
        listener().onFailed(failure);
    }

    // The inspection's events.

    void headPasses() {
        inspecting().onHeadVerdict(new Inspection.Outcome.Pass());
    }

    void headIsRewritten(String target) {
        HttpHeaders fields = new DefaultHttpHeaders();
        fields.add("host", "api.example");
        inspecting().onHeadVerdict(new Inspection.Outcome.Rewritten(target, fields));
    }

    void headFails(Failure failure) {
        inspecting().onHeadVerdict(new Inspection.Outcome.Fail(failure));
    }

    void bodyPasses() {
        inspection.released = true;
        inspecting().onBodyVerdict(new Inspection.Outcome.Pass());
    }

    void bodyFails(Failure failure) {
        inspecting().onBodyVerdict(new Inspection.Outcome.Fail(failure));
    }

    void pieceIsJudged() {
        inspection.released = true;
        inspecting().onInspectionReady();
    }

    void pieceFails(Failure failure) {
        inspecting().onInspectionFailed(failure);
    }

    void finds(Inspection.Effect effect) {
        inspecting().onHit(new Inspection.Hit("github_token", "body", "fp:0", effect));
    }

    private Exchange exchange() {
        return Objects.requireNonNull(exchange, "no head yet");
    }

    private Upstreams.Listener listener() {
        return Objects.requireNonNull(upstream, "no upstream was asked for");
    }

    private Inspection.Listener inspecting() {
        return Objects.requireNonNull(inspector, "nothing is inspected");
    }

    private static void addAll(HttpHeaders fields, String... pairs) {
        for (String pair : pairs) {
            int colon = pair.indexOf(':');
            fields.add(pair.substring(0, colon), pair.substring(colon + 1).strip());
        }
    }

    private ByteBuf buffer(String text) {
        ByteBuf buffer = Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
        if (buffer.isReadable()) { // the empty one is everybody's
            buffers.add(buffer);
        }
        return buffer;
    }

    private LastHttpContent lastPart(String text, String... trailers) {
        LastHttpContent last = new DefaultLastHttpContent(buffer(text));
        addAll(last.trailingHeaders(), trailers);
        return last;
    }

    private void note(String call) {
        calls.add(call);
    }

    private static String words(HttpObject part) {
        return switch (part) {
            case HttpRequest head -> head.method() + " " + head.uri() + words(head.headers());
            case HttpResponse head
            when head.headers().contains(LocalResponse.DENY_FIELD) ->
                head.status().code() + " " + head.headers().get(LocalResponse.DENY_FIELD);
            case HttpResponse head -> head.status().code() + words(head.headers());
            case LastHttpContent last ->
                (text(last).isEmpty() ? "" : text(last) + " ") + "end" + words(last.trailingHeaders());
            case HttpContent content -> text(content);
            default -> throw new AssertionError(part);
        };
    }

    /** Sentences of our own are tested elsewhere. */
    private static String text(HttpContent content) {
        String text = content.content().toString(StandardCharsets.UTF_8);
        return text.startsWith("egress") ? "(sentence)" : text;
    }

    private static String words(HttpHeaders fields) {
        StringBuilder words = new StringBuilder();
        for (Map.Entry<String, String> field : fields) {
            words.append(words.isEmpty() ? " {" : ", ")
                    .append(field.getKey().toLowerCase(Locale.ROOT))
                    .append(": ")
                    .append(field.getValue());
        }
        return words.isEmpty() ? "" : words.append('}').toString();
    }

    private void told(Event event) {
        switch (event) {
            case Event.Started _ -> note("tell: started");
            case Event.Allowed _ -> note("tell: allowed");
            case Event.RequestPart sent -> note("tell: request part " + words(sent.part()));
            case Event.Found found -> note("tell: found, " + found.hit().effect());
            case Event.ResponseHead head -> note("tell: response head " + head.exchange().status);
            case Event.ResponsePart got -> note("tell: response part " + words(got.part()));
            case Event.Ended over -> note("tell: ended " + code(over.exchange().failure));
            case Event.ConnectionOpened _, Event.ConnectionClosed _, Event.ConnectionRefused _ -> unexpected(event);
            case Event.ClientHelloRead _, Event.HandshakeDone _, Event.HandshakeFailed _ -> unexpected(event);
            case Event.TunnelEnded _ -> unexpected(event);
        }
    }

    private static void unexpected(Event event) {
        throw new AssertionError("an exchange told of a connection: " + event);
    }

    private static String code(@Nullable Failure failure) {
        return failure == null ? "ok" : failure.code();
    }

    /** The caller's connection or stream. */
    private final class CallerSide implements DownstreamPeer {
        @Override
        public EventLoop loop() {
            return channel.eventLoop();
        }

        @Override
        public SocketAddress remoteAddress() {
            return InetSocketAddress.createUnresolved("caller", 1);
        }

        @Override
        public Claimant claimant() {
            return WHO;
        }

        @Override
        public boolean isHttp2() {
            return false;
        }

        @Override
        public boolean takesChunked() {
            return true;
        }

        @Override
        public boolean takesInterim(int status) {
            return status == 100;
        }

        @Override
        public void write(HttpObject part) {
            note("caller: " + words(part));
            ReferenceCountUtil.release(part);
        }

        @Override
        public void flush() {
            note("caller: flush");
        }

        @Override
        public boolean isWritable() {
            return callerWritable;
        }

        @Override
        public void read() {
            note("caller: read");
        }

        @Override
        public void abort() {
            note("caller: abort");
        }

        @Override
        public void ended(boolean requestWhole) {
            note("caller: ended" + (requestWhole ? "" : ", request not whole"));
        }

        @Override
        public void upgraded(
                Channel to, Optional<ChannelHandler> messages, Optional<ChannelHandler> reads, Runnable over) {
            note("caller: upgraded");
            over.run();
        }
    }

    /** A stream to the origin. */
    private final class OriginSide implements UpstreamPeer {
        @Override
        public boolean isHttp2() {
            return originIsHttp2;
        }

        @Override
        public @Nullable TlsFacts tls() {
            return null;
        }

        @Override
        public Timings timings() {
            return Timings.REUSED;
        }

        @Override
        public String remoteAddress() {
            return "192.0.2.1:443";
        }

        @Override
        public Channel upgraded() {
            return channel;
        }

        @Override
        public void write(HttpObject part) {
            note("origin: " + words(part));
            ReferenceCountUtil.release(part);
        }

        @Override
        public void flush() {
            note("origin: flush");
        }

        @Override
        public boolean isWritable() {
            return originWritable;
        }

        @Override
        public void read() {
            note("origin: read");
        }

        @Override
        public void abort() {
            note("origin: abort");
        }
    }

    private final class Origins implements Upstreams {
        @Override
        public Attempt acquire(EventLoop loop, Claimant who, Origin origin, Upstreams.Listener listener) {
            upstream = listener;
            note("acquire: " + origin.authority() + (origin.protocol() == Protocol.HTTP_1_1 ? " by h1 alone" : ""));
            return () -> note("acquire: cancel");
        }
    }

    private final class Inspecting implements Inspector {
        @Override
        public Inspection inspect(EventLoop loop, Claimant who, RequestHead head, Route route) {
            return mode == null ? Inspection.NONE : inspection;
        }

        @Override
        public Admission admit(Caller who) {
            return admission;
        }
    }

    /** Holds what comes until the script lets it go. */
    private final class Inspected implements Inspection {
        private final Deque<HttpContent> held = new ArrayDeque<>();
        private boolean released;

        @Override
        public Mode mode() {
            return Objects.requireNonNull(mode);
        }

        @Override
        public void judgeHead(Inspection.Listener listener) {
            inspector = listener;
            note("inspect: head");
        }

        @Override
        public void take(HttpContent part) {
            note("inspect: " + words(part));
            held.add(part);
        }

        @Override
        public boolean wantsMore() {
            return held.size() < 2;
        }

        @Override
        public @Nullable HttpContent next() {
            return released ? held.poll() : null;
        }

        @Override
        public void close() {
            note("inspect: close");
            held.forEach(ReferenceCountUtil::release);
            held.clear();
        }
    }
}
