package egress.downstream;

import egress.exchange.Event;
import egress.exchange.TlsFacts;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;

/** Waits for the end of the caller's handshake, which decides between h1 and h2 (RFC 7301). */
final class AlpnHandler extends ChannelInboundHandlerAdapter {
    private final DownstreamContext context;
    private final DownstreamConnection connection;
    private final DownstreamPipelines pipelines;
    private final long startedNanos = System.nanoTime();

    AlpnHandler(DownstreamContext context, DownstreamConnection connection, DownstreamPipelines pipelines) {
        this.context = context;
        this.connection = connection;
        this.pipelines = pipelines;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (!(event instanceof SslHandshakeCompletionEvent completion)) {
            ctx.fireUserEventTriggered(event);
            return;
        }
        if (!completion.isSuccess()) {
            context.observer()
                    .on(new Event.HandshakeFailed(
                            connection.address(),
                            connection.caller(),
                            connection.authority(),
                            HandshakeFaults.words(completion.cause(), connection.authority())));
            ctx.close();
            return;
        }
        SslHandler tls = ctx.pipeline().get(SslHandler.class);
        boolean h2 = ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol());
        context.observer()
                .on(new Event.HandshakeDone(
                        connection.address(),
                        connection.caller(),
                        connection.authority(),
                        h2 ? "h2" : "http/1.1",
                        System.nanoTime() - startedNanos));
        connection.secured(TlsFacts.ofCaller(tls));
        connection.phases().handshakeDone();
        connection.http();
        if (h2) {
            pipelines.h2(connection);
        } else {
            pipelines.h1(connection);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message); // nothing comes before the handshake's end
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Unexpected.log("a handshake is under way", cause);
        ctx.close(); // the completion event has reported the rest
    }
}
