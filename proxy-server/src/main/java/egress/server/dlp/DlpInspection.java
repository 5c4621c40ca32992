package egress.server.dlp;

import egress.dlp.Destination;
import egress.dlp.HeaderField;
import egress.dlp.Place;
import egress.dlp.ScanRequest;
import egress.dlp.SentBefore;
import egress.exchange.Inspection;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.server.dlp.body.BodyGuard;
import egress.server.dlp.body.EnvelopeSlicer;
import egress.server.dlp.body.HeldBody;
import egress.server.dlp.body.HeldGuard;
import egress.server.dlp.body.MessageGuard;
import egress.server.dlp.body.MessageMemory;
import egress.server.dlp.body.Slicer;
import egress.server.dlp.body.TrailerGuard;
import egress.server.dlp.body.WindowSlicer;
import egress.server.dlp.judge.ContentDecoder;
import egress.server.dlp.judge.Denials;
import egress.server.dlp.judge.Fields;
import egress.server.dlp.judge.FindingReporter;
import egress.server.dlp.judge.MessageCodings;
import egress.server.dlp.judge.MessageJudge;
import egress.server.dlp.judge.RequestJudge;
import egress.server.dlp.judge.RouteScanPolicy;
import egress.server.dlp.judge.ScanDispatcher;
import egress.server.dlp.judge.Scanners;
import egress.server.dlp.judge.Supervision;
import egress.server.dlp.judge.Supervisor;
import egress.server.dlp.websocket.PerMessageDeflate;
import egress.server.dlp.websocket.WebSocketGuard;
import egress.share.Claimant;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The inspection of one exchange: its head at once, its body in the way that suits it, its response in passing. */
final class DlpInspection implements Inspection {
    /** gRPC and gRPC-Web: compressed. Trailers in the body are a response's alone. */
    private static final int GRPC_FLAGS = 0x01;
    /** Connect: compressed, and the end of the stream. */
    private static final int CONNECT_FLAGS = 0x03;

    private final DlpServices services;
    private final Scanners scanners;
    private final RouteScanPolicy plan;
    private final EventLoop loop;
    private final Claimant who;
    private final ScanDispatcher questions;
    private final MessageMemory memory;
    private final long contentLength;
    private final boolean oversize;
    /** Which coding two readers could take for two things; null where none is, or nothing is refused. */
    private final @Nullable String unreadCoding;

    private final FindingReporter hits;
    private final RequestJudge judge;
    private final Supervisor supervisor;
    private final ResponseWatch watch;
    private final Destination destination;
    /** Null where nothing is taken for given. */
    private final @Nullable GivenWatch given;

    /** As it leaves: masked once it was. */
    private ScanRequest head;

    private BodyGuard body = BodyGuard.NONE;
    private Mode mode;
    private @Nullable Listener listener;
    private boolean closed;

    private final HttpHeaders fields;

    DlpInspection(
            DlpServices services,
            Scanners scanners,
            RouteScanPolicy plan,
            EventLoop loop,
            Claimant who,
            RequestHead asked,
            Route route,
            Supervision supervision) {
        this.services = services;
        String host = asked.authority().host();
        this.destination = new Destination(
                () -> services.callers().givenTo(who.caller()),
                asked.tls(),
                host,
                asked.authority().port(),
                asked.target());
        this.scanners = scanners.following(
                new SentBefore(() -> services.callers().sentBy(who.caller()), plan.warnsOnly(), destination));
        this.plan = plan;
        this.loop = loop;
        this.who = who;
        this.questions = new ScanDispatcher(services.places(), loop, who);
        this.memory = new MessageMemory(services.memory(), who, loop);
        this.fields = asked.fields();
        this.contentLength = Fields.contentLength(fields);
        this.head = ScanRequest.head(host, asked.method(), asked.target(), Fields.of(fields), plan.options())
                .withOpenLabels(route.openLabels(host));
        this.hits = new FindingReporter(services.lock(), who.caller(), this::tell);
        this.supervisor = new Supervisor(supervision, services.lock(), loop, who, asked, route, this::asked);
        this.judge = new RequestJudge(questions, this.scanners, plan, hits, supervisor);
        this.watch = new ResponseWatch(services, plan, hits, loop, who);
        boolean scanned = plan.outbound() && scanners.builtIn().isPresent();
        this.given = scanned && asked.tls() ? new GivenWatch(destination, services.memory(), who) : null;
        boolean hasBody = contentLength > 0 || fields.contains(HttpHeaderNames.TRANSFER_ENCODING);
        boolean clash = hasBody && MessageCodings.clash(fields);
        this.unreadCoding = plan.warnsOnly() ? null : unread(hasBody, clash);
        boolean messages = hasBody && !clash && slices();
        this.oversize = !messages && contentLength > services.maxBody();
        boolean passes = !plan.outbound() || !hasBody || oversize && !plan.passesOversize();
        this.mode = passes ? Mode.PASS : messages || oversize ? Mode.MESSAGES : Mode.HOLD;
    }

    private @Nullable String unread(boolean hasBody, boolean clash) {
        if (hasBody && MessageCodings.isSpelledOtherwise(fields)) {
            return "a coding that is named by another spelling of its field";
        }
        if (MessageCodings.isUnreadIn(head.query())) {
            return "a message in the query, in a coding that is not read there";
        }
        return clash ? "a message coding that is named twice, or beside another coding" : null;
    }

    private void tell(Hit hit) {
        Listener present = listener;
        if (present != null) {
            present.onHit(hit);
        }
        if (hit.effect() == Effect.LOCKED && plan.supervises()) {
            supervisor.locked();
        }
    }

    private void asked(String id) {
        Listener present = listener;
        if (present != null) {
            present.onAsked(id);
        }
    }

    @Override
    public long askedUntilNanos() {
        return supervisor.untilNanos();
    }

    private boolean slices() {
        String type = Fields.mediaType(fields);
        return isGrpc(type) || isConnectStream(type) || plan.stream() && !isCoded();
    }

    /** gRPC-Web's text form is one base64 of everything, unary, and held. */
    private static boolean isGrpc(String type) {
        return type.startsWith("application/grpc") && !type.startsWith("application/grpc-web-text");
    }

    private static boolean isConnectStream(String type) {
        return type.startsWith("application/connect+");
    }

    /** A content-coded body says nothing until it is whole. */
    private boolean isCoded() {
        return fields.contains(HttpHeaderNames.CONTENT_ENCODING);
    }

    @Override
    public Mode mode() {
        return mode;
    }

    @Override
    public boolean isHeadJudged() {
        return !judge.owesHead();
    }

    @Override
    public void judgeHead(Listener hears) {
        listener = hears;
        if (!plan.outbound()) {
            hears.onHeadVerdict(new Outcome.Pass());
            return;
        }
        if (oversize && !plan.passesOversize()) {
            hears.onHeadVerdict(new Outcome.Fail(Denials.oversize(services.maxBody())));
            return;
        }
        String unread = unreadCoding;
        if (unread != null) {
            hears.onHeadVerdict(new Outcome.Fail(Denials.unscannable(unread)));
            return;
        }
        body = switch (mode) {
            case PASS -> BodyGuard.NONE;
            case HOLD -> held(hears);
            case MESSAGES -> oversize ? unscanned(hears) : sliced(hears);
        };
        // A head that asks for a 100 goes to the origin before its body is here.
        boolean bodyHeld = mode == Mode.HOLD && !fields.contains(HttpHeaderNames.EXPECT);
        judge.head(head, bodyHeld, judged -> onHeadJudged(judged, hears));
    }

    private BodyGuard held(Listener hears) {
        return new HeldGuard(
                judge,
                plan,
                services.maxBody(),
                hears,
                () -> head,
                services.slow().on(loop),
                holder -> new HeldBody(loop, who, services.memory(), services.spool(), contentLength, holder));
    }

    private BodyGuard unscanned(Listener hears) {
        destination.unread();
        return new TrailerGuard(judge, hears, () -> head);
    }

    private BodyGuard sliced(Listener hears) {
        String type = Fields.mediaType(fields);
        boolean isMessages = isGrpc(type) || isConnectStream(type);
        MessageJudge messages = messages(isMessages ? new Place.Message() : new Place.Body());
        return new MessageGuard(slicer(type), messages, judge, memory, hears, () -> head);
    }

    private MessageJudge messages(Place place) {
        List<HeaderField> types = place instanceof Place.WebSocket
                ? List.of()
                : head.fields().stream()
                        .filter(field -> field.name().equalsIgnoreCase("content-type"))
                        .toList();
        RouteScanPolicy allowing = plan.supervises() ? plan.allowing(supervisor.grantedBefore()) : plan;
        return new MessageJudge(
                questions, memory, scanners, allowing, hits, supervisor, place, types, MessageGuard.contextOf(head));
    }

    private Slicer slicer(String type) {
        if (isGrpc(type)) {
            return envelopes(GRPC_FLAGS, "grpc-encoding");
        }
        return isConnectStream(type) ? envelopes(CONNECT_FLAGS, "connect-content-encoding") : new WindowSlicer(memory);
    }

    private Slicer envelopes(int flags, String coding) {
        return new EnvelopeSlicer(
                memory,
                services.maxMessage(),
                plan.passesOversize(),
                flags,
                ContentDecoder.of(Fields.coding(fields, coding)));
    }

    private void onHeadJudged(RequestJudge.Judged judged, Listener hears) {
        if (closed) {
            return;
        }
        switch (judged) {
            case RequestJudge.Judged.Denied denied -> hears.onHeadVerdict(new Outcome.Fail(denied.failure()));
            case RequestJudge.Judged.Clean clean -> {
                head = clean.request();
                hears.onHeadVerdict(
                        clean.rewritten()
                                ? new Outcome.Rewritten(head.target(), Fields.of(head.fields()))
                                : new Outcome.Pass());
                if (!closed) {
                    body.headPassed();
                }
            }
        }
    }

    @Override
    public void take(HttpContent part) {
        body.take(part);
    }

    @Override
    public boolean wantsMore() {
        return body.wantsMore();
    }

    @Override
    public @Nullable HttpContent next() {
        return body.next();
    }

    @Override
    public Optional<ChannelHandler> webSocket(HttpHeaders responseFields) {
        if (!plan.outbound()) {
            return Optional.empty();
        }
        return Optional.of(new WebSocketGuard(
                messages(new Place.WebSocket()),
                messages(new Place.WebSocket()),
                PerMessageDeflate.agreedIn(responseFields),
                memory,
                services.maxMessage(),
                plan.passesOversize(),
                services.random()));
    }

    @Override
    public void observeResponse(HttpHeaders responseFields) {
        watch.begin(responseFields);
        if (given != null) {
            given.begin(responseFields);
        }
    }

    @Override
    public void observeResponse(HttpContent part) {
        watch.take(part);
        if (given != null) {
            given.take(part);
        }
    }

    @Override
    public void close() {
        closed = true;
        questions.close();
        supervisor.close();
        body.close();
        watch.close();
        if (given != null) {
            given.close();
        }
        memory.close();
    }
}
