package egress.upstream;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpObject;
import io.netty.util.ReferenceCountUtil;

/** The last handler of an h1 channel and of an h2 stream: translates events into calls. */
final class ResponseHandler extends ChannelInboundHandlerAdapter {
    /** Receives the events of an upstream channel. */
    interface Receiver {
        /** Owned by the receiver from now on. */
        void onPart(HttpObject part);

        void onReadComplete();

        void onWritable();

        /** Released after the call. */
        void onEvent(Object event);

        void onException(Throwable cause);

        void onInactive();
    }

    private final Receiver receiver;

    ResponseHandler(Receiver receiver) {
        this.receiver = receiver;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object part) {
        if (part instanceof HttpObject object) {
            receiver.onPart(object);
        } else {
            ReferenceCountUtil.release(part);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        receiver.onReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            receiver.onWritable();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        try {
            receiver.onEvent(event);
        } finally {
            ReferenceCountUtil.release(event);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        receiver.onException(cause);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        receiver.onInactive();
    }
}
