package egress.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** An origin that answers each GET with the same body, and does nothing else. */
final class BenchOrigin {
    private static final byte[] END_OF_HEAD = {'\r', '\n', '\r', '\n'};

    private final byte[] body;

    private BenchOrigin(byte[] body) {
        this.body = body;
    }

    /** Starts one; returns its port. */
    static int start(EventLoopGroup loops, SslContext tls, boolean h2, int bodyBytes) throws InterruptedException {
        BenchOrigin origin =
                new BenchOrigin("0123456789abcde\n".repeat(bodyBytes / 16).getBytes(StandardCharsets.US_ASCII));
        Channel listener = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                        if (h2) {
                            channel.pipeline()
                                    .addLast(Http2FrameCodecBuilder.forServer()
                                            .initialSettings(Http2Settings.defaultSettings())
                                            .build())
                                    .addLast(origin.new H2());
                        } else {
                            channel.pipeline().addLast(origin.new H1());
                        }
                    }
                })
                .bind("127.0.0.1", 0)
                .sync()
                .channel();
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    private final class H1 extends ChannelInboundHandlerAdapter {
        private final ByteBuf answer = Unpooled.wrappedBuffer(
                ("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " + body.length
                                + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII),
                body);
        private ByteBuf unread = Unpooled.EMPTY_BUFFER;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object bytes) {
            unread = Unpooled.wrappedBuffer(unread, (ByteBuf) bytes);
            int end = ByteBufUtil.indexOf(Unpooled.wrappedBuffer(END_OF_HEAD), unread);
            while (end >= 0) {
                unread.readerIndex(end + END_OF_HEAD.length);
                ctx.write(answer.retainedDuplicate());
                end = ByteBufUtil.indexOf(Unpooled.wrappedBuffer(END_OF_HEAD), unread);
            }
            if (!unread.isReadable()) {
                unread.release();
                unread = Unpooled.EMPTY_BUFFER;
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }

    private final class H2 extends ChannelInboundHandlerAdapter {
        private final Http2Headers head = new DefaultHttp2Headers()
                .status("200")
                .set("content-type", "application/octet-stream")
                .set("content-length", String.valueOf(body.length)); // or an h1 caller would get it in chunks
        private final ByteBuf bytes = Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(body));

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object frame) {
            if (frame instanceof Http2HeadersFrame request) {
                ctx.write(new DefaultHttp2HeadersFrame(head, false).stream(request.stream()));
                ctx.write(new DefaultHttp2DataFrame(bytes.duplicate(), true).stream(request.stream()));
            } else {
                ReferenceCountUtil.release(frame);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
