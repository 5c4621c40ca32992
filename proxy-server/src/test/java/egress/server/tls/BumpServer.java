package egress.server.tls;

import egress.exchange.LeafCertificates;
import egress.share.Claimant;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The least of a gate: a caller sends a line with a name, gets {@code ok}, and then speaks TLS with that name; after the handshake it is told the
 * application protocol and the TLS version, and everything it sends comes back.
 */
final class BumpServer implements AutoCloseable {
    private final LeafCertificates certificates;
    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    private final Channel listener;

    /** Why handshakes failed. */
    final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();

    BumpServer(LeafCertificates certificates) {
        this.certificates = certificates;
        this.listener = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new LineBasedFrameDecoder(300), new NameHandler());
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    /** A connection on which the next byte begins the TLS handshake. */
    Socket connect(String name) throws IOException {
        Socket socket = new Socket(address().getAddress(), address().getPort());
        socket.setSoTimeout(30_000);
        socket.setTcpNoDelay(true);
        socket.getOutputStream().write((name + "\n").getBytes(StandardCharsets.US_ASCII));
        byte[] answer = socket.getInputStream().readNBytes(3);
        if (!new String(answer, StandardCharsets.US_ASCII).equals("ok\n")) {
            socket.close();
            throw new IOException("no leaf for " + name);
        }
        return socket;
    }

    private final class NameHandler extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf line) {
            ctx.pipeline().remove(LineBasedFrameDecoder.class);
            certificates
                    .prepare(Claimant.SELF, line.toString(StandardCharsets.US_ASCII))
                    .whenCompleteAsync((tls, e) -> begin(ctx, tls, e), ctx.executor());
        }

        private void begin(ChannelHandlerContext ctx, LeafCertificates.@Nullable ServerTls tls, @Nullable Throwable e) {
            if (tls == null) {
                failures.add(Objects.requireNonNull(e));
                ctx.close();
                return;
            }
            ctx.pipeline().addLast(new SslHandler(tls.newEngine(ctx.alloc())), new EchoHandler());
            ctx.pipeline().remove(this);
            ByteBuf ok = ByteBufUtil.writeAscii(ctx.alloc(), "ok\n");
            ctx.pipeline().firstContext().writeAndFlush(ok); // from the first handler on: in clear
        }
    }

    private final class EchoHandler extends ChannelInboundHandlerAdapter {
        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SslHandshakeCompletionEvent handshake) {
                if (!handshake.isSuccess()) {
                    failures.add(handshake.cause());
                    ctx.close();
                    return;
                }
                SslHandler tls = ctx.pipeline().get(SslHandler.class);
                String told = tls.applicationProtocol() + " "
                        + tls.engine().getSession().getProtocol() + "\n";
                ctx.writeAndFlush(ByteBufUtil.writeAscii(ctx.alloc(), told));
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object bytes) {
            ctx.writeAndFlush(bytes);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            failures.add(cause);
            ctx.close();
        }
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
