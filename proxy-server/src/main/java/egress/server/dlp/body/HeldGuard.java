package egress.server.dlp.body;

import egress.dlp.HeaderField;
import egress.dlp.ScanRequest;
import egress.exchange.Failure;
import egress.exchange.Inspection.Listener;
import egress.exchange.Inspection.Mode;
import egress.exchange.Inspection.Outcome;
import egress.server.dlp.judge.Denials;
import egress.server.dlp.judge.Fields;
import egress.server.dlp.judge.RequestJudge;
import egress.server.dlp.judge.RouteScanPolicy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Holds a body back until it is whole and judged, then sends it as it came or as it was rewritten. */
public final class HeldGuard implements BodyGuard, HeldBody.Listener, SlowBodies.Body, PassingParts.Listener {
    private static final Failure TOO_SLOW =
            new Failure.DownstreamTooSlow("the request's body came slower than --body-rate, and gave up its place");

    private final RequestJudge judge;
    private final RouteScanPolicy plan;
    private final long maxBody;
    private final Listener listener;
    private final Supplier<ScanRequest> head;
    private final HeldBody body;
    private final SlowBodies slow;

    private HttpHeaders trailers = LastHttpContent.EMPTY_LAST_CONTENT.trailingHeaders();
    private boolean last;
    private boolean sealed;
    private boolean headPassed;
    private boolean closed;
    /** Set once the body may leave. */
    private @Nullable BodyReplay replay;

    private boolean lastSent;
    /** The body was over the bound, where such bodies pass: what comes after what was held. */
    private boolean passes;

    private final PassingParts passing;

    /**
     * @param head as it will leave, once it was judged
     * @param slow looks at bodies on their way
     * @param store makes the place where the body is held
     */
    public HeldGuard(
            RequestJudge judge,
            RouteScanPolicy plan,
            long maxBody,
            Listener listener,
            Supplier<ScanRequest> head,
            SlowBodies slow,
            Function<HeldBody.Listener, HeldBody> store) {
        this.judge = judge;
        this.plan = plan;
        this.maxBody = maxBody;
        this.listener = listener;
        this.head = head;
        this.slow = slow;
        this.body = store.apply(this);
        this.passing = new PassingParts(judge, head, this);
    }

    @Override
    public Mode mode() {
        return Mode.HOLD;
    }

    @Override
    public void headPassed() {
        headPassed = true;
        judgeOnceWhole();
    }

    @Override
    public void take(HttpContent part) {
        if (passes) {
            passing.take(part);
            return;
        }
        Optional<Failure> failure = keep(part);
        if (failure.isPresent()) {
            listener.onInspectionFailed(failure.get());
        } else if (passes || last) {
            slow.forget(this);
            body.seal();
        } else {
            slow.watch(this);
        }
    }

    @Override
    public boolean isAwaited() {
        return headPassed && !last && wantsMore();
    }

    @Override
    public long length() {
        return body.length();
    }

    @Override
    public void onTooSlow() {
        if (!closed) {
            listener.onInspectionFailed(TOO_SLOW);
        }
    }

    private Optional<Failure> keep(HttpContent part) {
        try {
            boolean fits = body.length() + part.content().readableBytes() <= maxBody;
            if (!fits && !plan.passesOversize()) {
                return Optional.of(Denials.oversize(maxBody));
            }
            if (!fits) {
                passes = true;
                judge.leavesUnread();
                passing.take(part.retain());
                return Optional.empty();
            }
            if (part instanceof LastHttpContent end) {
                last = true;
                if (!end.trailingHeaders().isEmpty()) {
                    trailers = end.trailingHeaders().copy();
                }
            }
            return body.append(part.content());
        } finally {
            part.release();
        }
    }

    @Override
    public void onSealed() {
        sealed = true;
        judgeOnceWhole();
    }

    @Override
    public void onRoom() {
        listener.onInspectionReady();
    }

    @Override
    public void onBroken(Failure failure) {
        listener.onInspectionFailed(failure);
    }

    private void judgeOnceWhole() {
        if (!sealed || !headPassed || closed || replay != null) {
            return;
        }
        ScanRequest about = head.get();
        if (passes || body.length() == 0 && trailers.isEmpty()) {
            judge.headAfterAll(about, this::onJudged);
            return;
        }
        List<HeaderField> trailing = trailers.isEmpty() ? List.of() : Fields.of(trailers);
        ScanRequest whole = new ScanRequest(
                about.host(), about.method(), about.target(), about.fields(), body.source(), trailing, about.options());
        judge.body(whole, body, this::onJudged);
    }

    private void onJudged(RequestJudge.Judged judged) {
        if (closed) {
            return;
        }
        switch (judged) {
            case RequestJudge.Judged.Denied denied -> listener.onBodyVerdict(new Outcome.Fail(denied.failure()));
            case RequestJudge.Judged.Clean clean when clean.rewritten() -> onRewritten(clean);
            case RequestJudge.Judged.Clean clean ->
                release(new Outcome.Pass(), body.replay(listener::onInspectionReady));
        }
    }

    private void onRewritten(RequestJudge.Judged.Clean clean) {
        ScanRequest request = clean.request();
        if (!request.trailers().isEmpty()) {
            trailers = Fields.of(request.trailers());
        }
        if (!clean.bodyChanged()) {
            release(new Outcome.Pass(), body.replay(listener::onInspectionReady));
            return;
        }
        HttpHeaders fields = Fields.of(request.fields());
        Fields.frameAnew(fields, body.length(), request.body().length());
        release(
                new Outcome.Rewritten(request.target(), fields),
                body.replay(request.body(), listener::onInspectionReady));
    }

    private void release(Outcome outcome, BodyReplay sent) {
        replay = sent;
        listener.onBodyVerdict(outcome);
        if (passes && !closed) {
            passing.begin();
        }
    }

    @Override
    public void onTrailersPassed() {
        listener.onInspectionReady();
    }

    @Override
    public void onTrailersDenied(Failure failure) {
        listener.onInspectionFailed(failure);
    }

    @Override
    public boolean wantsMore() {
        // What is whole holds nothing back: a caller that leaves while it is judged is to be noticed.
        return passes ? passing.wantsMore() : last || body.hasRoom();
    }

    @Override
    public @Nullable HttpContent next() {
        BodyReplay sent = replay;
        if (sent == null || lastSent) {
            return null;
        }
        ByteBuf bytes = sent.next();
        boolean ends = sent.isDone();
        if (ends) {
            body.close();
        }
        if (passes && bytes == null && ends) {
            return passing.next();
        }
        if (ends && !passes) {
            lastSent = true;
            return new DefaultLastHttpContent(bytes == null ? Unpooled.EMPTY_BUFFER : bytes, trailers);
        }
        return bytes == null ? null : new DefaultHttpContent(bytes);
    }

    @Override
    public void close() {
        closed = true;
        slow.forget(this);
        body.close();
        passing.close();
    }
}
