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

    /** Data that waits is gathered up to so many bytes: a frame of one byte costs a hundred, and keeps the buffer that it came in. */
    private static final int GATHERED = 4 * 1024;
    /** Field sections that wait, which no window bounds: interim responses, a head and trailers. */
    private static final int MOST_SECTIONS = 16;
    /** What a part that waits to be sent costs beside its bytes. */
    private static final int PART_COST = 256;
    /** A part that is no longer is copied where others wait to be sent before it: it would keep the buffer that it came in. */
    private static final int SMALL_PART = 1024;

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
    private int waitingSections;
    private boolean unsettled;
    private boolean endRead;
    private boolean endWritten;
    private boolean resetRead;
    private boolean abandoned;
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

    /**
     * A frame that waits: a section, or data.
     *
     * @param gathered whether the data is in a buffer of its own, with room for more
     */
    private record Frame(
            @Nullable Http2Headers section, @Nullable ByteBuf data, int padding, boolean end, boolean gathered) {
        int bytes() {
            return data == null ? 0 : data.readableBytes() + padding;
        }
    }

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

    /** Whether the other side has said all, read or not. */
    public boolean isReceived() {
        return endRead;
    }

    /** What was written and has not left costs so many bytes. */
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
        try {
            while (wanted && !waiting.isEmpty()) {
                Frame frame = waiting.remove();
                waitingSections -= frame.section == null ? 0 : 1;
                deliver(frame);
                // In what the connection reads, a burst's end is that one's.
                if (isBurstFull() || waiting.isEmpty() && !session.isReading()) {
                    endRead();
                }
            }
        } finally {
            delivering = false;
        }
        if (closed && waiting.isEmpty()) {
            settleLater();
        }
    }

    void onSection(Http2Headers section, boolean end) throws Http2Exception {
        take(new Frame(section, null, 0, end, false));
    }

    void onData(ByteBuf data, int padding, boolean end) throws Http2Exception {
        take(new Frame(null, data, padding, end, false));
    }

    private void take(Frame frame) throws Http2Exception {
        endRead |= frame.end;
        if (wanted && !delivering && waiting.isEmpty()) {
            delivering = true;
            try {
                deliver(frame);
                if (isBurstFull()) {
                    endRead();
                }
            } finally {
                delivering = false;
            }
        } else {
            keep(frame);
        }
    }

    private void keep(Frame frame) throws Http2Exception {
        ByteBuf data = frame.data;
        if (data == null) {
            if (++waitingSections > MOST_SECTIONS) {
                throw Http2Exception.streamError(
                        id(), Http2Error.ENHANCE_YOUR_CALM, "more than %d field sections that wait", MOST_SECTIONS);
            }
            waiting.add(frame);
        } else if (data.readableBytes() > GATHERED) {
            waiting.add(frame);
        } else {
            gather(data, frame);
        }
    }

    private void gather(ByteBuf data, Frame frame) {
        int length = data.readableBytes();
        Frame last = waiting.peekLast();
        ByteBuf into = last == null || !last.gathered ? null : last.data;
        int padding = frame.padding;
        if (last == null || into == null || into.readableBytes() + length > GATHERED) {
            into = session.ctx().alloc().buffer(length, GATHERED);
        } else {
            waiting.removeLast();
            padding += last.padding;
        }
        into.writeBytes(data);
        data.release();
        waiting.add(new Frame(null, into, padding, frame.end, true));
    }

    private int id() {
        Http2Stream mine = stream;
        return mine == null ? 0 : mine.id();
    }

    /** Bytes that wait to be read. */
    int waitingBytes() {
        int bytes = 0;
        for (Frame frame : waiting) {
            bytes += frame.bytes();
        }
        return bytes;
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
                int length = frame.bytes();
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
            try {
                endRead();
            } finally {
                delivering = false;
            }
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
        resetRead = true;
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
        if (abandoned || accepted && !isKept()) {
            discard();
        }
        if (waiting.isEmpty()) {
            settleLater();
        } else if (wanted && !delivering) {
            deliverWaiting();
        }
    }

    /** An answer that ended first does not take away what the other side had sent before (RFC 9113 §8.1). */
    private boolean isKept() {
        return !waiting.isEmpty() && endRead && endWritten && !resetRead && session.keep(this);
    }

    /** Nobody reads on: what waits goes with the stream, whose window stays closed until then. */
    public void abandon() {
        abandoned = true;
        if (closed) {
            discard();
            settleLater();
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
        try {
            writeHeldHead();
            if (closed && !told && waiting.isEmpty()) {
                told = true;
                session.over(this);
                receiver.onOver();
            }
        } catch (RuntimeException | StackOverflowError e) {
            receiver.onException(e);
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
        if (isClosing()) {
            return; // to Netty an error of the whole connection
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
        if (isClosing() || to == null) {
            data.release();
            return;
        }
        endWritten |= end;
        ChannelHandlerContext ctx = session.ctx();
        int length = data.readableBytes();
        ByteBuf part = data;
        if (unsent > 0 && length > 0 && length <= SMALL_PART) {
            part = ctx.alloc().buffer(length).writeBytes(data);
            data.release();
        }
        int cost = length + PART_COST;
        unsent += cost;
        writable &= unsent <= UNWRITABLE;
        ChannelPromise promise = ctx.newPromise();
        promise.addListener(written -> sent((ChannelFuture) written, cost, end));
        session.encoder().writeData(ctx, to.id(), part, 0, end, promise);
    }

    private void sent(ChannelFuture written, int cost, boolean end) {
        unsent -= cost;
        try {
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
        } catch (RuntimeException | StackOverflowError e) {
            receiver.onException(e); // who completes a promise would only log it
        }
    }

    /** Has what was written leave before what follows, as far as the windows let it. */
    public void writeUnsent() {
        if (unsent > 0) {
            session.writePending();
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
        abandoned = true;
        Http2Stream mine = stream;
        if (closed || mine == null) {
            closed = true;
            discard();
            settleLater();
        } else if (!resetRead
                && !isClosing()) { // else its end is about to be told, and no reset answers a reset (RFC 9113 §5.4.2)
            session.reset(mine, error);
        }
    }

    /** Drops what waits to be read. */
    public void discard() {
        for (Frame frame = waiting.poll(); frame != null; frame = waiting.poll()) {
            ByteBuf data = frame.data;
            if (data != null) {
                int length = frame.bytes();
                data.release();
                consume(length);
            }
        }
        waitingSections = 0;
    }
}
