package egress.downstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.ArrayDeque;

/**
 * First in a caller's pipeline, until it is a tunnel: what is read is work of the caller's turn ({@link LoopTurns}), or waits for it. No
 * more is read meanwhile, since whoever would ask for it has heard of nothing.
 */
final class TurnHandler extends ChannelInboundHandlerAdapter {
    private final LoopTurns.Turn turn;
    private final ArrayDeque<Object> held = new ArrayDeque<>(0);
    private boolean holds = true;

    TurnHandler(LoopTurns.Turn turn) {
        this.turn = turn;
    }

    /** From now on {@link H2Pieces} holds back instead. */
    void passesOn() {
        holds = false;
    }

    /** Bytes that wait. */
    int heldBytes() {
        int bytes = 0;
        for (Object each : held) {
            bytes += each instanceof ByteBuf buffer ? buffer.readableBytes() : 0;
        }
        return bytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!held.isEmpty() || holds && turn.hasNoTime()) {
            held.add(message);
            if (held.size() == 1) {
                turn.later(() -> resume(ctx));
            }
            return;
        }
        boolean begun = turn.begin();
        try {
            ctx.fireChannelRead(message);
        } finally {
            if (begun) {
                turn.end();
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (!held.isEmpty()) {
            return; // told when it was
        }
        boolean begun = turn.begin();
        try {
            ctx.fireChannelReadComplete();
        } finally {
            if (begun) {
                turn.end();
            }
        }
    }

    private void resume(ChannelHandlerContext ctx) {
        Object first = held.poll();
        if (first == null) {
            return; // the connection was closed, or has become a tunnel
        }
        ctx.fireChannelRead(first);
        if (!holds) {
            release(ctx);
        }
        ctx.fireChannelReadComplete();
        if (!held.isEmpty()) {
            turn.later(() -> resume(ctx));
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        releaseAndTell(ctx);
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        releaseAndTell(ctx);
    }

    private void releaseAndTell(ChannelHandlerContext ctx) {
        if (release(ctx)) {
            ctx.fireChannelReadComplete();
        }
    }

    private boolean release(ChannelHandlerContext ctx) {
        boolean any = !held.isEmpty();
        for (Object each = held.poll(); each != null; each = held.poll()) {
            ctx.fireChannelRead(each);
        }
        return any;
    }
}
