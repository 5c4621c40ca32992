package egress.upstream;

import egress.exchange.Failure;
import egress.exchange.Upstreams.Attempt;
import egress.http.Authority;
import egress.http.HttpFormatException;
import egress.http.InterimResponse;
import egress.upstream.tls.TlsListener;
import egress.upstream.tls.UpstreamTls;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.ReferenceCountUtil;

/** Asks the proxy behind us for a tunnel (RFC 9110 §9.3.6). */
final class ProxyTunnel {
    /** Receives what became of the CONNECT, on the event loop. */
    interface Listener {
        /** The channel leads to the target now; its pipeline is bare but for TLS to the proxy and unread bytes. */
        void onOpen();

        /**
         * The channel is closed.
         *
         * @param onceMore whether another connection to the proxy may be luckier
         */
        void onRefused(Failure failure, boolean onceMore);
    }

    private final UpstreamPipelines pipelines;

    ProxyTunnel(UpstreamPipelines pipelines) {
        this.pipelines = pipelines;
    }

    Attempt open(Channel channel, UpstreamProxy proxy, Authority target, Listener listener) {
        Connect connect = new Connect(channel, proxy, target, listener);
        if (proxy.tls()) {
            return pipelines.secure(channel, proxy.authority(), UpstreamTls.Alpn.H1, true, new TlsListener() {
                @Override
                public void onSecured(String protocol, long nanos) {
                    connect.start();
                }

                @Override
                public void onUntrusted(Failure failure, Remedy remedy) {
                    listener.onRefused(failure, remedy == Remedy.ONCE_MORE);
                }
            });
        }
        connect.start();
        return connect;
    }

    private final class Connect extends ChannelInboundHandlerAdapter implements Attempt {
        private final Channel channel;
        private final UpstreamProxy proxy;
        private final Authority target;
        private final Listener listener;
        private boolean over;

        Connect(Channel channel, UpstreamProxy proxy, Authority target, Listener listener) {
            this.channel = channel;
            this.proxy = proxy;
            this.target = target;
            this.listener = listener;
        }

        void start() {
            ByteBuf request = channel.alloc().buffer(256);
            ByteBufUtil.writeAscii(request, "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n");
            proxy.credentials()
                    .ifPresent(value -> ByteBufUtil.writeAscii(request, "Proxy-Authorization: " + value + "\r\n"));
            ByteBufUtil.writeAscii(request, "\r\n");
            pipelines.askProxy(channel, this).expectResponseTo(HttpMethod.CONNECT);
            channel.writeAndFlush(request, channel.voidPromise());
            pipelines.readAnswer(channel);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object part) {
            if (over || part instanceof InterimResponse || !(part instanceof HttpResponse answer)) {
                ReferenceCountUtil.release(part);
                return;
            }
            HttpResponseStatus status = answer.status();
            if (status.code() / 100 == 2) {
                over = true;
                pipelines.bareAfterProxy(channel);
                listener.onOpen();
            } else if (status.code() == 407) {
                refuse("asks for credentials other than those given (407)");
            } else {
                refuse("answered " + status.code() + " to CONNECT " + target);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            refuse(
                    cause instanceof HttpFormatException
                            ? "sent no HTTP: " + cause.getMessage()
                            : "broke the connection (" + cause.getClass().getSimpleName() + ")");
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            refuse("closed the connection before it answered CONNECT " + target);
        }

        private void refuse(String what) {
            if (!over) {
                cancel();
                listener.onRefused(
                        new Failure.UpstreamUnreachable("the upstream proxy " + proxy.authority() + " " + what), false);
            }
        }

        @Override
        public void cancel() {
            over = true;
            channel.close();
        }
    }
}
