package egress.server.dlp.body;

import egress.dlp.BodySource;
import egress.dlp.ScanRequest;
import egress.exchange.Failure;
import egress.exchange.Inspection.Listener;
import egress.exchange.Inspection.Mode;
import egress.server.dlp.judge.Fields;
import egress.server.dlp.judge.MessageJudge;
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
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Lets a body pass slice by slice, each after its verdict; a hit ends the stream before its slice has left. */
public final class MessageGuard implements BodyGuard {
    private static final int MAX_WAITING = 64 * 1024;

    private final Slicer slicer;
    private final MessageJudge messages;
    private final RequestJudge requests;
    private final MessageMemory memory;
    private final Listener listener;
    private final Supplier<ScanRequest> head;

    private final Deque<Slicer.Slice> unjudged = new ArrayDeque<>();
    private final Deque<byte[]> judged = new ArrayDeque<>();
    private long unjudgedBytes;
    private long judgedBytes;
    /** Of the first judged slice, already sent. */
    private int sent;

    private boolean headPassed;
    private boolean asking;
    private boolean closed;
    private @Nullable HttpHeaders trailers;
    private boolean trailersJudged;
    private boolean lastSent;

    /** @param head as it leaves */
    public MessageGuard(
            Slicer slicer,
            MessageJudge messages,
            RequestJudge requests,
            MessageMemory memory,
            Listener listener,
            Supplier<ScanRequest> head) {
        this.slicer = slicer;
        this.messages = messages;
        this.requests = requests;
        this.memory = memory;
        this.listener = listener;
        this.head = head;
        memory.endsBy(this::giveWay);
    }

    private void giveWay() {
        if (isWaiting()) {
            fail(HeldBody.GAVE_WAY);
        }
    }

    /** Whether nothing can be done before the caller sends more. */
    private boolean isWaiting() {
        return !asking && unjudged.isEmpty() && judgedBytes <= slicer.tail();
    }

    @Override
    public Mode mode() {
        return Mode.MESSAGES;
    }

    @Override
    public void headPassed() {
        headPassed = true;
        judgeNext();
    }

    @Override
    public void take(HttpContent part) {
        Optional<Failure> failure;
        try {
            failure = slicer.put(part.content(), this::cut);
            if (part instanceof LastHttpContent last && failure.isEmpty()) {
                trailers = last.trailingHeaders().copy();
                failure = slicer.end(this::cut);
            }
        } finally {
            part.release();
        }
        if (failure.isPresent()) {
            fail(failure.get());
        } else {
            judgeNext();
            memory.waits(isWaiting());
        }
    }

    private void cut(Slicer.Slice slice) {
        unjudged.add(slice);
        unjudgedBytes += slice.wire().length;
    }

    private void judgeNext() {
        while (headPassed && !asking && !closed && !unjudged.isEmpty()) {
            Slicer.Slice slice = unjudged.peek();
            asking = true;
            boolean[] now = {true};
            messages.judge(
                    slice.payload(),
                    slice.wire().length,
                    slice.ends(),
                    ScanDispatcher.Subject.NONE,
                    failure -> onVerdict(failure, now[0]));
            now[0] = false;
        }
        judgeTrailers();
    }

    private void onVerdict(Optional<Failure> failure, boolean now) {
        asking = false;
        Slicer.Slice slice = closed ? null : unjudged.poll();
        if (slice == null) {
            return;
        }
        if (failure.isPresent()) {
            memory.give(slice.wire().length);
            unjudgedBytes -= slice.wire().length;
            fail(failure.get());
            return;
        }
        unjudgedBytes -= slice.wire().length;
        judgedBytes += slice.wire().length;
        if (slice.wire().length > 0) {
            judged.add(slice.wire());
        }
        if (!now) {
            judgeNext();
            if (!closed) {
                listener.onInspectionReady();
            }
            memory.waits(isWaiting());
        }
    }

    private void judgeTrailers() {
        HttpHeaders fields = trailers;
        if (fields == null || trailersJudged || !headPassed || asking || closed || !unjudged.isEmpty()) {
            return;
        }
        if (fields.isEmpty()) {
            trailersJudged = true;
            return;
        }
        ScanRequest end = head.get().trailersAlone(Fields.of(fields));
        asking = true;
        requests.body(end, ScanDispatcher.Subject.NONE, verdict -> {
            asking = false;
            onTrailersJudged(verdict);
        });
    }

    private void onTrailersJudged(RequestJudge.Judged verdict) {
        if (closed) {
            return;
        }
        switch (verdict) {
            case RequestJudge.Judged.Denied denied -> fail(denied.failure());
            case RequestJudge.Judged.Clean clean -> {
                trailers = Fields.of(clean.request().trailers());
                trailersJudged = true;
                listener.onInspectionReady();
            }
        }
    }

    private void fail(Failure failure) {
        if (!closed) {
            listener.onInspectionFailed(failure);
        }
    }

    @Override
    public boolean wantsMore() {
        // What is whole holds nothing back: a caller that leaves is to be noticed.
        return trailers != null || unjudgedBytes + judgedBytes < MAX_WAITING;
    }

    @Override
    public @Nullable HttpContent next() {
        HttpHeaders ending = trailersJudged ? trailers : null;
        long mayLeave = ending != null ? judgedBytes : judgedBytes - slicer.tail();
        byte[] slice = judged.peek();
        if (slice != null && mayLeave > 0) {
            int n = (int) Math.min(mayLeave, slice.length - sent);
            DefaultHttpContent part = new DefaultHttpContent(Unpooled.wrappedBuffer(slice, sent, n));
            sent += n;
            judgedBytes -= n;
            memory.give(n);
            memory.waits(isWaiting());
            if (sent == slice.length) {
                judged.poll();
                sent = 0;
            }
            return part;
        }
        if (ending == null || lastSent || slice != null) {
            return null;
        }
        lastSent = true;
        return new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER, ending);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            slicer.close();
            messages.close();
            memory.give(unjudgedBytes + judgedBytes);
            unjudged.clear();
            judged.clear();
            unjudgedBytes = 0;
            judgedBytes = 0;
        }
    }

    /** What an external scanner is shown besides a message. */
    public static ScanRequest contextOf(ScanRequest head) {
        return new ScanRequest(
                head.host(), head.method(), head.target(), List.of(), BodySource.empty(), List.of(), head.options());
    }
}
