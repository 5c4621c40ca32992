package egress.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2LocalFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One h2 stream: parts of messages in both directions, with back pressure in both (RFC 9113 §5.2). What nobody has asked for waits here,
 * unseen, and its window stays closed. Belongs to the loop of its connection.
 */
public final class H2Stream implements H2Codec.Frames {
    /** With more that is written and has not left, no more should be written, in bytes; with less than the other, again. */
    private static final int UNWRITABLE = 64 * 1024;

    private static final int WRITABLE = 32 * 1024;
    /** So many frames are one burst at most: whoever asked is asked whether it wants more. */
    private static final int BURST = 16;
    /** And so many bytes, which with one more frame are less than half of the smallest window: nobody opens it who does not go on reading. */
    private static final int BURST_BYTES = 48 * 1024;

    private static final Receiver NOBODY = new Receiver() {};

    private final H2Session session;
    /** Whether the other side opened it: with the stream's end nobody wants the rest of what it sent. */
    private final boolean accepted;

    private final ArrayDeque<Frame> waiting = new ArrayDeque<>(0);
    private @Nullable H2Codec codec;
    private Receiver receiver = NOBODY;
    private Consumer<HttpObject> parts = ReferenceCountUtil::release;
    private @Nullable Http2Stream stream;
    private boolean wanted;
    private boolean delivering;
    private int burst;
    private int burstBytes;
    private boolean unsettled;
    private boolean endWritten;
    private boolean closed;
    private boolean told;
    private long unsent;
    private boolean writable = true;

    /** What a stream tells, on its loop. */
    public interface Receiver {
        /** Owned by the receiver from now on. */
        default void onPart(HttpObject part) {
            ReferenceCountUtil.release(part);
        }

        /** A burst of what was asked for has ended. */
        default void onReadComplete() {}

        default void onWritable() {}

        /** The other side has reset it. */
        default void onReset(long errorCode) {}

        /** The other side has not taken it, and never will. */
        default void onGoAway() {}

        /** What came is malformed, and nothing more of it is told; or whoever heard of it failed. */
        default void onException(Throwable cause) {}

        /** Something that was written cannot leave. */
        default void onUnsent(Throwable cause) {}

        /** The end of what is written has left. */
        default void onSent() {}

        /** It is over; called last, once, and never from within a call to the stream. */
        default void onOver() {}
    }

    /** A frame that waits: a section, or data. */
    private record Frame(
            @Nullable Http2Headers section, @Nullable ByteBuf data, int padding, boolean end) {}

    /** One that the other side opened. */
    H2Stream(H2Session session, Http2Stream stream) {
        this.session = session;
        this.accepted = true;
        this.stream = stream;
    }

    /** One that its head opens. */
    H2Stream(H2Session session, H2Codec codec) {
        this.session = session;
        this.accepted = false;
        this.codec = codec;
    }

    /** Who hears what comes. */
    public void receiver(Receiver hears) {
        receiver = hears;
        parts = hears::onPart;
    }

    /** Who hears what comes, and what reads it, for a stream that the other side opened. */
    public void receiver(Receiver hears, H2Codec reads) {
        codec = reads;
        receiver(hears);
    }

    private H2Codec codec() {
        H2Codec present = codec;
        if (present == null) {
            throw new IllegalStateException("nobody reads the stream");
        }
        return present;
    }

    /** Whether it is neither whole in both directions nor reset. */
    public boolean isOpen() {
        return !closed;
    }

    /** Whether nothing more can be sent or received on it. */
    boolean isClosing() {
        Http2Stream mine = stream;
        return closed || mine != null && mine.state() == Http2Stream.State.CLOSED;
    }

    /** Netty's, for its flow control; null before it is opened. */
    public @Nullable Http2Stream netty() {
        return stream;
    }

    /** Bytes that were written and have not left. */
    public long unsentBytes() {
        return unsent;
    }

    /** Whether more should be written now. */
    public boolean isWritable() {
        return writable;
    }

    /** Asks for more parts: at least one burst. */
    public void read() {
        wanted = true;
        if (!delivering && !waiting.isEmpty()) {
            deliverWaiting();
        }
    }

    private void deliverWaiting() {
        delivering = true;
        while (wanted && !waiting.isEmpty()) {
            deliver(waiting.remove());
            // In what the connection reads, a burst's end is that one's.
            if (isBurstFull() || waiting.isEmpty() && !session.isReading()) {
                endRead();
            }
        }
        delivering = false;
        if (closed && waiting.isEmpty()) {
            settleLater();
        }
    }

    void onSection(Http2Headers section, boolean end) {
        take(new Frame(section, null, 0, end));
    }

    void onData(ByteBuf data, int padding, boolean end) {
        take(new Frame(null, data, padding, end));
    }

    private void take(Frame frame) {
        if (wanted && !delivering && waiting.isEmpty()) {
            delivering = true;
            deliver(frame);
            if (isBurstFull()) {
                endRead();
            }
            delivering = false;
        } else {
            waiting.add(frame);
        }
    }

    private void deliver(Frame frame) {
        if (burst++ == 0 && session.isReading()) {
            session.heard(this);
        }
        Http2Headers section = frame.section;
        ByteBuf data = frame.data;
        try {
            if (section != null) {
                codec().readSection(section, frame.end, parts);
            } else if (data != null) {
                int length = data.readableBytes() + frame.padding;
                burstBytes += length;
                try {
                    codec().readData(data, frame.end, parts);
                } finally {
                    consume(length);
                }
            }
        } catch (RuntimeException | StackOverflowError e) {
            receiver.onException(e);
        }
    }

    private boolean isBurstFull() {
        return burst >= BURST || burstBytes >= BURST_BYTES;
    }

    /** Lets the other side send as much again. */
    private void consume(int bytes) {
        Http2Stream from = stream;
        if (bytes > 0 && from != null) {
            Http2LocalFlowController flow = session.connection().local().flowController();
            try {
                if (flow.consumeBytes(from, bytes)) {
                    session.awaitTurnEnd();
                }
            } catch (Http2Exception e) {
                session.onError(session.ctx(), true, e);
            }
        }
    }

    /** What the connection read at once has ended. */
    void endBurst() {
        if (burst > 0 && (!closed || !waiting.isEmpty())) {
            delivering = true;
            endRead();
            delivering = false;
            if (wanted && !waiting.isEmpty()) {
                deliverWaiting();
            }
        }
    }

    private void endRead() {
        burst = 0;
        burstBytes = 0;
        wanted = false;
        try {
            receiver.onReadComplete();
        } catch (RuntimeException | StackOverflowError e) {
            receiver.onException(e);
        }
    }

    void onReset(long errorCode) {
        try {
            receiver.onReset(errorCode);
        } catch (RuntimeException | StackOverflowError e) {
            receiver.onException(e);
        }
    }

    void onGoAway() {
        try {
            receiver.onGoAway();
        } catch (RuntimeException | StackOverflowError e) {
            receiver.onException(e);
        }
    }

    /** A stream error (RFC 9113 §5.4.2). */
    void failed(Http2Exception fault) {
        receiver.onException(fault);
        reset(fault.error());
    }

    void onClosed() {
        closed = true;
        if (accepted) {
            discard();
        }
        if (waiting.isEmpty()) {
            settleLater();
        } else if (wanted && !delivering) {
            deliverWaiting();
        }
    }

    private void settleLater() {
        if (!unsettled) {
            unsettled = true;
            session.unsettled(this);
        }
    }

    /** The turn ends: says what waited for it. */
    void settle() {
        unsettled = false;
        writeHeldHead();
        if (closed && !told && waiting.isEmpty()) {
            told = true;
            try {
                receiver.onOver();
            } catch (RuntimeException | StackOverflowError e) {
                receiver.onException(e);
            }
        }
    }

    /** Writes a part, and takes ownership of it. A failure is told. */
    public void write(HttpObject part) {
        if (closed || endWritten) {
            ReferenceCountUtil.release(part);
            return;
        }
        codec().write(part, this);
        if (codec().holdsHead()) {
            settleLater();
        }
    }

    /** What was written leaves when the turn ends. */
    public void flush() {
        session.awaitTurnEnd();
    }

    @Override
    public void section(Http2Headers section, boolean end) {
        if (closed) {
            return;
        }
        endWritten |= end;
        ChannelHandlerContext ctx = session.ctx();
        Http2Stream to = stream;
        ChannelPromise promise = ctx.newPromise();
        int id = to == null ? session.connection().local().incrementAndGetNextStreamId() : to.id();
        if (id < 0) {
            unopened(new IOException("the connection has no more identifiers of streams"));
            return;
        }
        session.encoder().writeHeaders(ctx, id, section, 0, end, promise);
        if (to == null) {
            opened(id, promise);
        }
        if (!promise.isSuccess() || end) {
            promise.addListener(written -> sent((ChannelFuture) written, 0, end));
        }
    }

    private void opened(int id, ChannelPromise promise) {
        Http2Stream mine = session.connection().stream(id);
        stream = mine;
        if (mine != null) {
            mine.setProperty(session.key(), this);
        } else {
            Throwable cause = promise.cause();
            unopened(cause == null ? new IOException("the stream was closed at once") : cause);
        }
    }

    private void unopened(Throwable cause) {
        if (!closed) {
            closed = true;
            receiver.onUnsent(cause);
            settleLater();
        }
    }

    @Override
    public void data(ByteBuf data, boolean end) {
        Http2Stream to = stream;
        if (closed || to == null) {
            data.release();
            return;
        }
        endWritten |= end;
        int length = data.readableBytes();
        unsent += length;
        writable &= unsent <= UNWRITABLE;
        ChannelHandlerContext ctx = session.ctx();
        ChannelPromise promise = ctx.newPromise();
        promise.addListener(written -> sent((ChannelFuture) written, length, end));
        session.encoder().writeData(ctx, to.id(), data, 0, end, promise);
    }

    private void sent(ChannelFuture written, int length, boolean end) {
        unsent -= length;
        if (!written.isSuccess()) {
            if (!closed) {
                receiver.onUnsent(written.cause());
            }
        } else if (end) {
            receiver.onSent();
        }
        if (!writable && unsent < WRITABLE) {
            writable = true;
            if (!closed) {
                receiver.onWritable();
            }
        }
    }

    /** Writes a head that waits for what follows it. */
    public void writeHeldHead() {
        if (!closed) {
            codec().flush(this);
        }
    }

    /** Ends it in both directions (RFC 9113 §6.4), without what waits; nothing where it is over. */
    public void reset(Http2Error error) {
        discard();
        if (closed) {
            settleLater();
            return;
        }
        Http2Stream mine = stream;
        if (mine == null) {
            closed = true;
            settleLater();
        } else {
            ChannelHandlerContext ctx = session.ctx();
            session.encoder().writeRstStream(ctx, mine.id(), error.code(), ctx.newPromise()); // which counts them
            session.awaitTurnEnd();
        }
    }

    /** Drops what waits to be read. */
    public void discard() {
        for (Frame frame = waiting.poll(); frame != null; frame = waiting.poll()) {
            ByteBuf data = frame.data;
            if (data != null) {
                int length = data.readableBytes() + frame.padding;
                data.release();
                consume(length);
            }
        }
    }
}
