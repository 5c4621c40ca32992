package egress.server.admin;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.util.Optional;

/** Lets a large body in only where the pages behind allow it, by its head, so that no other request can fill memory. */
final class BodyDoor extends ChannelInboundHandlerAdapter {
    private final int small;
    private final Optional<AdminPages> pages;
    private boolean refused;

    /** @param small bytes that every body may have */
    BodyDoor(int small, Optional<AdminPages> pages) {
        this.small = small;
        this.pages = pages;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object part) {
        if (!refused && part instanceof HttpRequest head && isLarge(head)) {
            refused = pages.isPresent() && !pages.get().mayBringBody(head);
            if (refused) {
                FullHttpResponse response = new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, Unpooled.EMPTY_BUFFER);
                response.headers().set(HttpHeaderNames.CONTENT_LENGTH, 0);
                ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
            }
        }
        if (refused) {
            ReferenceCountUtil.release(part);
        } else {
            ctx.fireChannelRead(part);
        }
    }

    private boolean isLarge(HttpRequest head) {
        return HttpUtil.isTransferEncodingChunked(head) || HttpUtil.getContentLength(head, 0L) > small;
    }
}
