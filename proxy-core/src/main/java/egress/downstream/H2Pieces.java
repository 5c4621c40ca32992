package egress.downstream;

import egress.http.H2FrameHeads;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2CodecUtil;
import java.util.ArrayDeque;

/**
 * Between a caller's TLS and the h2 codec: one record can hold hundreds of requests, or a thousand other frames. They are handed on a
 * few at a time, and what is left once the caller has had its slice of the loop's time waits for its turn ({@link LoopTurns}).
 * Nothing more is read from the connection meanwhile.
 */
final class H2Pieces extends ChannelDuplexHandler {
    /** So many frames go on before the time is looked at: an ordinary read is handed on as it came. */
    private static final int FIRST_PIECE = 8;

    private static final int PIECE = 4;

    private final LoopTurns.Turn turn;
    private final H2FrameHeads heads = new H2FrameHeads(true);
    private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>(0);
    /** Where the next head is looked for in the first that waits, where a part of it was handed on; otherwise -1. */
    private int resumeAt = -1;

    private int framesLeft = FIRST_PIECE;
    private boolean stopped;
    private boolean over;

    H2Pieces(LoopTurns.Turn turn) {
        this.turn = turn;
    }

    /** Bytes that wait. */
    int heldBytes() {
        int bytes = 0;
        for (ByteBuf each : waiting) {
            bytes += each.readableBytes();
        }
        return bytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            ctx.fireChannelRead(message);
        } else if (over) {
            bytes.release();
        } else if (!waiting.isEmpty()) {
            waiting.add(bytes);
        } else if (turn.hasNoTime()) {
            waiting.add(bytes);
            await(ctx);
        } else if (!handOn(ctx, bytes, bytes.readerIndex())) {
            await(ctx);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        framesLeft = FIRST_PIECE;
        ctx.fireChannelReadComplete();
    }

    /** The codec asks for more after each read, wanted or not. */
    @Override
    public void read(ChannelHandlerContext ctx) {
        if (waiting.isEmpty()) {
            ctx.read();
        }
    }

    /**
     * Hands on what there is time for.
     *
     * @param at where the next head is looked for
     * @return false where a rest waits
     */
    private boolean handOn(ChannelHandlerContext ctx, ByteBuf bytes, int at) {
        for (int next = heads.next(bytes, at); next >= 0; next = heads.next(bytes, next)) {
            int cut = next - Http2CodecUtil.FRAME_HEADER_LENGTH;
            if (framesLeft <= 0 && cut >= bytes.readerIndex()) {
                framesLeft = PIECE;
                if (cut > bytes.readerIndex()) {
                    ctx.fireChannelRead(bytes.readRetainedSlice(cut - bytes.readerIndex()));
                }
                if (over) {
                    bytes.release();
                    return true;
                }
                if (turn.isSpent()) {
                    waiting.addFirst(bytes);
                    resumeAt = next;
                    return false;
                }
            }
            framesLeft--;
        }
        ctx.fireChannelRead(bytes);
        return true;
    }

    private void await(ChannelHandlerContext ctx) {
        if (!stopped) {
            stopped = true;
            ctx.channel().config().setAutoRead(false);
        }
        turn.later(() -> resume(ctx));
    }

    private void resume(ChannelHandlerContext ctx) {
        framesLeft = PIECE;
        boolean all = true;
        while (all && !waiting.isEmpty()) {
            ByteBuf first = waiting.remove();
            int at = resumeAt < 0 ? first.readerIndex() : resumeAt;
            resumeAt = -1;
            all = handOn(ctx, first, at);
        }
        ctx.fireChannelReadComplete();
        if (!waiting.isEmpty()) {
            await(ctx);
        } else {
            readOn(ctx);
        }
    }

    private void readOn(ChannelHandlerContext ctx) {
        if (stopped) {
            stopped = false;
            ctx.channel().config().setAutoRead(true);
        }
    }

    /** Nothing more of the connection is wanted: what comes is dropped. */
    void discard(ChannelHandlerContext any) {
        over = true;
        drop();
        readOn(any);
    }

    private void drop() {
        for (ByteBuf each = waiting.poll(); each != null; each = waiting.poll()) {
            each.release();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        over = true;
        drop(); // nobody would hear of it
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        over = true;
        drop();
    }
}
