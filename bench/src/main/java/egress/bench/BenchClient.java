package egress.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2WindowUpdateFrame;
import io.netty.handler.codec.http2.Http2ChannelDuplexHandler;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/** Asks for the same again and again, on h1 connections or on streams of one h2 connection, so many at once. */
final class BenchClient {
    private static final byte[] END_OF_HEAD = {'\r', '\n', '\r', '\n'};

    /**
     * Where to.
     *
     * @param viaConnect whether the port is a proxy's
     */
    record Target(int port, String host, boolean viaConnect, SslContext tls, boolean h2) {}

    private final Target target;
    private final int bodyBytes;
    private final List<Lane> lanes = new ArrayList<>();
    private final AtomicReference<Batch> batch = new AtomicReference<>();

    /** A connection that can be asked. */
    private interface Lane {
        /** Asks so many times at once; on its loop. */
        void ask(int count);
    }

    /** What is to be done, on one loop: how many were asked for, and how many of them are answered. */
    private static final class Batch {
        private final int size;
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private int asked;
        private int answered;

        Batch(int size) {
            this.size = size;
        }
    }

    BenchClient(EventLoopGroup loop, Target target, int atOnce, int bodyBytes) throws InterruptedException {
        this.target = target;
        this.bodyBytes = bodyBytes;
        List<CompletableFuture<Lane>> opening = new ArrayList<>();
        for (int i = 0; i < (target.h2() ? 1 : atOnce); i++) {
            CompletableFuture<Lane> ready = new CompletableFuture<>();
            opening.add(ready);
            new Bootstrap()
                    .group(loop)
                    .channel(NioSocketChannel.class)
                    .handler(new Opening(ready))
                    .connect("127.0.0.1", target.port())
                    .sync();
        }
        opening.forEach(ready -> lanes.add(ready.join()));
        this.atOnce = atOnce;
        this.loop = loop;
    }

    private final int atOnce;
    private final EventLoopGroup loop;

    /** Asks so many times, and returns when all is answered. */
    void run(int size) {
        Batch next = new Batch(size);
        batch.set(next);
        loop.next().execute(() -> {
            int each = Math.max(1, atOnce / lanes.size());
            for (Lane lane : lanes) {
                int count = Math.min(each, size - next.asked);
                next.asked += count;
                lane.ask(count);
            }
        });
        next.done.join();
    }

    /** Whether to ask once more, after an answer; on the loop. */
    private boolean answered() {
        Batch current = batch.get();
        if (++current.answered == current.size) {
            current.done.complete(null);
        }
        if (current.asked < current.size) {
            current.asked++;
            return true;
        }
        return false;
    }

    private void failed(Throwable cause) {
        Batch current = batch.get();
        if (current != null) {
            current.done.completeExceptionally(cause);
        }
    }

    /** CONNECT where there is a proxy, TLS, then a lane. */
    private final class Opening extends ChannelInboundHandlerAdapter {
        private final CompletableFuture<Lane> ready;

        Opening(CompletableFuture<Lane> ready) {
            this.ready = ready;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            if (target.viaConnect()) {
                String authority = target.host() + ":443";
                ctx.writeAndFlush(ascii("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n"));
            } else {
                secure(ctx);
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object bytes) {
            String answer = ((ByteBuf) bytes).toString(StandardCharsets.US_ASCII);
            ((ByteBuf) bytes).release();
            if (answer.startsWith("HTTP/1.1 200")) {
                secure(ctx);
            } else {
                exceptionCaught(ctx, new IOException(answer));
            }
        }

        private void secure(ChannelHandlerContext ctx) {
            ctx.pipeline().addFirst(target.tls().newHandler(ctx.alloc(), target.host(), 443));
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SslHandshakeCompletionEvent handshake) {
                if (!handshake.isSuccess()) {
                    ready.completeExceptionally(handshake.cause());
                    return;
                }
                if (target.h2()) {
                    Http2FrameCodec codec = Http2FrameCodecBuilder.forClient()
                            .initialSettings(Http2Settings.defaultSettings().initialWindowSize(1 << 20))
                            .build();
                    H2Lane lane = new H2Lane(ctx.channel());
                    ctx.pipeline().addLast(codec, lane);
                    ready.complete(lane);
                } else {
                    H1Lane lane = new H1Lane(ctx.channel());
                    ctx.pipeline().addLast(lane);
                    ready.complete(lane);
                }
                ctx.pipeline().remove(this);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ready.completeExceptionally(cause);
            ctx.close();
        }
    }

    private static ByteBuf ascii(String text) {
        return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.US_ASCII));
    }

    private final class H1Lane extends ChannelInboundHandlerAdapter implements Lane {
        private final Channel channel;
        private final ByteBuf request =
                ascii("GET /v1/things HTTP/1.1\r\nHost: " + target.host() + "\r\nAccept: */*\r\n\r\n");
        private ByteBuf head = Unpooled.EMPTY_BUFFER;
        private int owed;

        H1Lane(Channel channel) {
            this.channel = channel;
        }

        @Override
        public void ask(int count) {
            if (count > 0) {
                channel.writeAndFlush(request.retainedDuplicate(), channel.voidPromise());
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            if (owed == 0) {
                head = Unpooled.wrappedBuffer(head, bytes);
                int end = ByteBufUtil.indexOf(Unpooled.wrappedBuffer(END_OF_HEAD), head);
                if (end < 0) {
                    return;
                }
                String answer = head.toString(StandardCharsets.US_ASCII);
                if (!answer.startsWith("HTTP/1.1 200 ")) {
                    failed(new IOException(answer));
                    return;
                }
                owed = bodyBytes;
                head.readerIndex(end + END_OF_HEAD.length);
                bytes = head;
                head = Unpooled.EMPTY_BUFFER;
            }
            owed -= bytes.readableBytes();
            bytes.release();
            if (owed == 0 && answered()) {
                ask(1);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            failed(new IOException("the connection was closed"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            failed(cause);
            ctx.close();
        }
    }

    private final class H2Lane extends Http2ChannelDuplexHandler implements Lane {
        private final Channel channel;
        private final Http2Headers request = new DefaultHttp2Headers()
                .method("GET")
                .scheme("https")
                .authority(target.host())
                .path("/v1/things")
                .set("accept", "*/*");

        H2Lane(Channel channel) {
            this.channel = channel;
        }

        @Override
        public void ask(int count) {
            for (int i = 0; i < count; i++) {
                channel.write(new DefaultHttp2HeadersFrame(request, true).stream(newStream()));
            }
            channel.flush();
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object frame) {
            switch (frame) {
                case Http2DataFrame data -> {
                    if (data.initialFlowControlledBytes() > 0) {
                        ctx.write(new DefaultHttp2WindowUpdateFrame(data.initialFlowControlledBytes())
                                .stream(data.stream()));
                    }
                    boolean end = data.isEndStream();
                    data.release();
                    if (end && answered()) {
                        ctx.write(new DefaultHttp2HeadersFrame(request, true).stream(newStream()));
                    }
                }
                case Http2HeadersFrame head
                when !"200".contentEquals(head.headers().status()) ->
                    failed(new IOException("answered " + head.headers().status()));
                case Http2ResetFrame reset -> failed(new IOException("reset by " + reset.errorCode()));
                default -> ReferenceCountUtil.release(frame);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.flush();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            failed(new IOException("the connection was closed"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            failed(cause);
            ctx.close();
        }
    }
}
