package egress.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;

/**
 * Reads one h1 message after the other (RFC 9112), strictly: bare LF, and whatever two parsers could frame in two ways,
 * is refused. Ours rather than Netty's, because a gate must see exactly the bytes that it passes
 * on, and because after each message it stops until {@link #next} is called: a pipelined request stays bytes.
 *
 * <p>Emits the head, {@code HttpContent} parts and one {@code LastHttpContent}. A violation is one {@link
 * HttpFormatException} through {@code exceptionCaught}; every later byte is dropped. Auto-read is off: where a burst
 * completed no part it asks for the next by itself. When removed, unread bytes go to the next handler.
 */
abstract class H1Decoder extends ChannelInboundHandlerAdapter {
    private static final int MAX_CHUNK_LINE = 1_024;

    private enum State {
        /** Between messages, with the next one wanted. */
        HEAD,
        FIXED,
        UNTIL_CLOSE,
        CHUNK_SIZE,
        CHUNK_DATA,
        CHUNK_END,
        TRAILERS,
        /** A message is complete; the next waits for {@link #next}. */
        WAITING,
        BROKEN
    }

    private final HeadLimits limits;
    private final Sender sender;
    private State state = State.HEAD;
    private @Nullable ByteBuf pending;
    private final LineReader lines = new LineReader(this);

    private long remaining;
    private final ChunkHead chunkHead = new ChunkHead();
    private boolean emitted;
    private boolean decoding;
    private boolean wantsNextHead;
    private long headStartedNanos;

    H1Decoder(HeadLimits limits, Sender sender) {
        this.limits = limits;
        this.sender = sender;
        this.state = sender == Sender.ORIGIN ? State.WAITING : State.HEAD;
    }

    /**
     * Parses a head.
     *
     * @param octets the lines, each ended by CRLF
     * @param length just after the empty line
     */
    abstract HttpMessage head(byte[] octets, int length);

    /**
     * Refuses a start line that is none, before the rest of the head is there: another protocol's banner would wait for an
     * answer.
     *
     * @param octets the line with its CRLF
     */
    abstract void checkStartLine(byte[] octets);

    /** How long the body of the head just parsed is; {@link H1Fields#CHUNKED} or {@link H1Fields#UNTIL_CLOSE}. */
    abstract long bodyLength(HttpMessage head);

    /** Whether the head stands alone: interim responses, after which the next head follows at once. */
    boolean standsAlone(HttpMessage head) {
        return false;
    }

    final HeadLimits limits() {
        return limits;
    }

    /** When the first byte of an unfinished head came ({@link System#nanoTime}); 0 when there is none. */
    public final long headStartedNanos() {
        return headStartedNanos;
    }

    /** Whether bytes wait that belong to no message yet: pipelined requests, or what an origin sent unasked. */
    public final boolean hasPending() {
        return pending != null && pending.isReadable();
    }

    /** How many those are. */
    public final int pendingBytes() {
        ByteBuf held = pending;
        return held == null ? 0 : held.readableBytes();
    }

    /** Whether the last message is complete, and none is under way. */
    public final boolean isBetweenMessages() {
        return state == State.WAITING;
    }

    /** Goes on with the next message; parts of it may be emitted before this returns. */
    public final void next(ChannelHandlerContext ctx) {
        if (state != State.WAITING) {
            return;
        }
        state = State.HEAD;
        if (decoding) {
            wantsNextHead = true; // the loop that emitted the last part goes on, and then asks for more
        } else if (hasPending()) {
            headStartedNanos = System.nanoTime();
            emitted = false;
            decode(ctx);
            channelReadComplete(ctx);
        } else {
            ctx.read();
        }
    }

    /** Drops what is buffered and what still comes: no further message is read. */
    public final void discard() {
        state = State.BROKEN;
        ByteBuf left = pending;
        if (!decoding && left != null) { // else the loop that emitted the last part does it
            pending = null;
            left.release();
        }
    }

    @Override
    public final void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf in)) {
            ctx.fireChannelRead(message);
            return;
        }
        if (state == State.BROKEN || !in.isReadable()) {
            in.release();
            return;
        }
        if (state == State.HEAD && headStartedNanos == 0) {
            headStartedNanos = System.nanoTime();
        }
        pending = pending == null ? in : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), pending, in);
        decode(ctx);
    }

    @Override
    public final void channelReadComplete(ChannelHandlerContext ctx) {
        boolean wantsMore = (!emitted || wantsNextHead) && state != State.WAITING && state != State.BROKEN;
        boolean burstHadParts = emitted;
        emitted = false;
        wantsNextHead = false;
        if (burstHadParts || !wantsMore) {
            ctx.fireChannelReadComplete();
        }
        if (wantsMore) {
            ctx.read();
        }
    }

    @Override
    public final void channelInactive(ChannelHandlerContext ctx) {
        if (state == State.UNTIL_CLOSE) {
            state = State.WAITING;
            emit(ctx, LastHttpContent.EMPTY_LAST_CONTENT);
            emitted = false;
            ctx.fireChannelReadComplete();
        }
        ctx.fireChannelInactive();
    }

    @Override
    public final void handlerRemoved(ChannelHandlerContext ctx) {
        ByteBuf left = pending;
        pending = null;
        if (left == null) {
            return;
        }
        if (left.isReadable() && state != State.BROKEN) {
            ctx.fireChannelRead(left);
            ctx.fireChannelReadComplete();
        } else {
            left.release();
        }
    }

    private void decode(ChannelHandlerContext ctx) {
        if (decoding) {
            return; // emitting called next(): the loop below goes on
        }
        decoding = true;
        try {
            while (pending != null && step(ctx, pending)) {
                // each step consumes a line, a head or a run of data
            }
        } catch (HttpFormatException e) {
            state = State.BROKEN;
            emitted = true;
            ctx.fireExceptionCaught(e);
        } finally {
            decoding = false;
        }
        if (pending != null && (!pending.isReadable() || state == State.BROKEN)) {
            pending.release();
            pending = null;
            lines.beginAnew();
        }
    }

    private boolean step(ChannelHandlerContext ctx, ByteBuf in) {
        if (!in.isReadable()) {
            return false;
        }
        return switch (state) {
            case HEAD -> readHead(ctx, in);
            case FIXED -> readFixed(ctx, in);
            case UNTIL_CLOSE -> {
                emit(ctx, new DefaultHttpContent(take(in, in.readableBytes())));
                yield false;
            }
            case CHUNK_SIZE -> readChunkSize(in);
            case CHUNK_DATA -> readChunkData(ctx, in);
            case CHUNK_END -> readChunkEnd(in);
            case TRAILERS -> readTrailers(ctx, in);
            case WAITING, BROKEN -> false;
        };
    }

    private boolean readHead(ChannelHandlerContext ctx, ByteBuf in) {
        byte[] octets = lines.head(in);
        if (octets == null) {
            return false;
        }
        headStartedNanos = 0;
        HttpMessage head = head(octets, octets.length);
        if (standsAlone(head)) {
            emit(ctx, head);
            return true;
        }
        long length = bodyLength(head);
        chunkHead.beginBody();
        remaining = length;
        if (length == 0) {
            state = State.WAITING;
            emit(ctx, head);
            emit(ctx, LastHttpContent.EMPTY_LAST_CONTENT);
        } else {
            state = length == H1Fields.CHUNKED
                    ? State.CHUNK_SIZE
                    : length == H1Fields.UNTIL_CLOSE ? State.UNTIL_CLOSE : State.FIXED;
            emit(ctx, head);
        }
        return true;
    }

    private boolean readFixed(ChannelHandlerContext ctx, ByteBuf in) {
        int length = (int) Math.min(remaining, in.readableBytes());
        remaining -= length;
        ByteBuf data = take(in, length);
        if (remaining == 0) {
            state = State.WAITING;
            emit(ctx, new DefaultLastHttpContent(data));
        } else {
            emit(ctx, new DefaultHttpContent(data));
        }
        return true;
    }

    /** {@code chunk-size [ chunk-ext ] CRLF} (RFC 9112 §7.1); well-formed extensions are dropped (§7.1.1). */
    private boolean readChunkSize(ByteBuf in) {
        int end = lines.end(in, MAX_CHUNK_LINE, "a chunk's size line is longer than " + MAX_CHUNK_LINE + " bytes");
        if (end < 0) {
            return false;
        }
        long size = chunkHead.size(in, end);
        in.readerIndex(end + 2);
        lines.beginAnew();
        remaining = size;
        state = size == 0 ? State.TRAILERS : State.CHUNK_DATA;
        return true;
    }

    private boolean readChunkData(ChannelHandlerContext ctx, ByteBuf in) {
        int length = (int) Math.min(remaining, in.readableBytes());
        remaining -= length;
        if (remaining == 0) {
            state = State.CHUNK_END;
        }
        emit(ctx, new DefaultHttpContent(take(in, length)));
        return true;
    }

    private boolean readChunkEnd(ByteBuf in) {
        if (in.getByte(in.readerIndex()) != '\r'
                || in.readableBytes() > 1 && in.getByte(in.readerIndex() + 1) != '\n') {
            throw new HttpFormatException("a chunk longer than its size");
        }
        if (in.readableBytes() < 2) {
            return false;
        }
        in.skipBytes(2);
        state = State.CHUNK_SIZE;
        return true;
    }

    private boolean readTrailers(ChannelHandlerContext ctx, ByteBuf in) {
        byte[] octets = lines.trailers(in);
        if (octets == null) {
            return false;
        }
        state = State.WAITING;
        if (octets.length == 2) {
            emit(ctx, LastHttpContent.EMPTY_LAST_CONTENT);
        } else {
            HttpHeaders trailers = H1Fields.parse(octets, 0, octets.length, limits.maxFields(), sender);
            emit(ctx, new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER, trailers));
        }
        return true;
    }

    /** Whether this empty line before a head is forgiven (RFC 9112 §2.2). */
    boolean skipsEmptyLine() {
        throw new HttpFormatException("an empty line where a start line should be");
    }

    /** Moves the whole buffer on where the part is all of it. */
    private ByteBuf take(ByteBuf in, int length) {
        if (length == in.readableBytes()) {
            pending = null;
            lines.beginAnew();
            return in;
        }
        return in.readRetainedSlice(length);
    }

    private void emit(ChannelHandlerContext ctx, HttpObject part) {
        emitted = true;
        ctx.fireChannelRead(part);
    }
}
