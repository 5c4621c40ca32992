package egress.server.dlp.body;

import egress.dlp.ScanRequest;
import egress.exchange.Failure;
import egress.server.dlp.judge.Fields;
import egress.server.dlp.judge.RequestJudge;
import egress.server.dlp.judge.ScanDispatcher;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Parts of a body that pass unscanned, and the trailers behind them, which do not. */
final class PassingParts {
    private static final int MAX_PASSING = 64 * 1024;

    private final RequestJudge judge;
    private final Supplier<ScanRequest> head;
    private final Listener listener;
    private final Deque<HttpContent> parts = new ArrayDeque<>(0);
    private int bytes;
    private @Nullable HttpHeaders trailers;
    private boolean begun;
    private boolean asked;
    private boolean closed;

    /** Hears of trailers. */
    interface Listener {
        /** They may leave. */
        void onTrailersPassed();

        void onTrailersDenied(Failure failure);
    }

    /** @param head as it leaves */
    PassingParts(RequestJudge judge, Supplier<ScanRequest> head, Listener listener) {
        this.judge = judge;
        this.head = head;
        this.listener = listener;
    }

    /** A part, owned from now on. */
    void take(HttpContent part) {
        judge.leavesUnread(); // each of them: they may come for longer than that is remembered
        bytes += part.content().readableBytes();
        if (part instanceof LastHttpContent last && !last.trailingHeaders().isEmpty()) {
            trailers = last.trailingHeaders().copy();
            parts.add(new DefaultHttpContent(part.content()));
            judgeTrailers();
        } else {
            parts.add(part);
        }
    }

    /** What comes may leave from now on. */
    void begin() {
        begun = true;
        judgeTrailers();
    }

    private void judgeTrailers() {
        HttpHeaders fields = trailers;
        if (fields == null || !begun || asked || closed) {
            return;
        }
        asked = true;
        ScanRequest end = head.get().trailersAlone(Fields.of(fields));
        judge.body(end, ScanDispatcher.Subject.NONE, this::onJudged);
    }

    private void onJudged(RequestJudge.Judged judged) {
        if (closed) {
            return;
        }
        switch (judged) {
            case RequestJudge.Judged.Denied denied -> listener.onTrailersDenied(denied.failure());
            case RequestJudge.Judged.Clean clean -> {
                parts.add(new DefaultLastHttpContent(
                        Unpooled.EMPTY_BUFFER, Fields.of(clean.request().trailers())));
                listener.onTrailersPassed();
            }
        }
    }

    boolean wantsMore() {
        return bytes < MAX_PASSING;
    }

    @Nullable
    HttpContent next() {
        HttpContent part = begun ? parts.poll() : null;
        bytes -= part == null ? 0 : part.content().readableBytes();
        return part;
    }

    void close() {
        closed = true;
        parts.forEach(HttpContent::release);
        parts.clear();
    }
}
