package egress.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;

/** Keeps what a codec had read beyond its last message until the channel's new owner reads. */
final class UnreadBytes extends ChannelDuplexHandler {
    private final ArrayDeque<ByteBuf> unread = new ArrayDeque<>(2);
    private boolean open;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (open) {
            ctx.fireChannelRead(message);
        } else if (message instanceof ByteBuf bytes) {
            unread.add(bytes);
        } else {
            ReferenceCountUtil.release(message); // the codec's own end of a message
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (open) {
            ctx.fireChannelReadComplete();
        }
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        if (unread.isEmpty()) {
            open = true;
            ctx.read();
        } else {
            deliver(ctx);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (!unread.isEmpty()) {
            deliver(ctx);
        }
        ctx.fireChannelInactive();
    }

    private void deliver(ChannelHandlerContext ctx) {
        open = true;
        for (ByteBuf bytes = unread.poll(); bytes != null; bytes = unread.poll()) {
            ctx.fireChannelRead(bytes);
        }
        ctx.fireChannelReadComplete();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        for (ByteBuf bytes = unread.poll(); bytes != null; bytes = unread.poll()) {
            bytes.release();
        }
    }
}
