package egress.upstream;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Frame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;

/** An origin that answers frame by frame, as a test wants. Speaks h1 too where it is told to. */
final class H2Origin implements AutoCloseable {
    /** What happens when a frame arrives, on the connection's event loop; the frame is released afterwards. */
    @FunctionalInterface
    interface Script {
        void onFrame(Connection connection, Http2Frame frame);
    }

    /** A connection accepted. */
    static final class Connection extends ChannelInboundHandlerAdapter {
        final int number;
        final Channel channel;
        final List<Http2Frame> frames = new CopyOnWriteArrayList<>();
        private final Script script;

        Connection(int number, Channel channel, Script script) {
            this.number = number;
            this.channel = channel;
            this.script = script;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof Http2Frame frame) {
                frames.add(frame);
                script.onFrame(this, frame);
            }
            ReferenceCountUtil.release(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }

        void write(Http2Frame frame) {
            channel.writeAndFlush(frame);
        }

        void head(Http2FrameStream stream, int status, boolean end, String... fields) {
            DefaultHttp2Headers headers = new DefaultHttp2Headers(false);
            headers.status(Integer.toString(status));
            for (int i = 0; i < fields.length; i += 2) {
                headers.add(fields[i], fields[i + 1]);
            }
            write(new DefaultHttp2HeadersFrame(headers, end).stream(stream));
        }

        void data(Http2FrameStream stream, String text, boolean end) {
            ByteBuf data = Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
            write(new DefaultHttp2DataFrame(data, end).stream(stream));
        }

        void answer(Http2FrameStream stream, String body) {
            head(stream, 200, false);
            data(stream, body, true);
        }

        void reset(Http2FrameStream stream, Http2Error error) {
            write(new DefaultHttp2ResetFrame(error).stream(stream));
        }

        /** From now on nothing is read from the socket. */
        void deafen() {
            channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
                @Override
                public void read(ChannelHandlerContext ctx) {
                    // deaf
                }
            });
            channel.config().setAutoRead(false);
        }

        /** Octets past the codec: a whole frame. */
        void raw(int type, int flags, int streamId, byte[] payload) {
            ByteBuf frame = channel.alloc().buffer(9 + payload.length);
            frame.writeMedium(payload.length)
                    .writeByte(type)
                    .writeByte(flags)
                    .writeInt(streamId)
                    .writeBytes(payload);
            channel.writeAndFlush(frame);
        }
    }

    final List<Connection> connections = new CopyOnWriteArrayList<>();
    final List<Channel> http1Connections = new CopyOnWriteArrayList<>();
    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Channel server;

    H2Origin(TestCa.Identity identity, Http2Settings settings, boolean http1Too, Script script) throws SSLException {
        List<String> protocols = http1Too ? List.of("h2", "http/1.1") : List.of("h2");
        SslContext context = SslContextBuilder.forServer(identity.key(), identity.leaf())
                .sslProvider(SslProvider.JDK)
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        ApplicationProtocolConfig.Protocol.ALPN,
                        // with the JDK's TLS, an offer without a common protocol is answered by an alert
                        ApplicationProtocolConfig.SelectorFailureBehavior.FATAL_ALERT,
                        ApplicationProtocolConfig.SelectedListenerFailureBehavior.FATAL_ALERT,
                        protocols))
                .build();
        server = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(context.newHandler(channel.alloc()), new Negotiated(settings, script));
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .syncUninterruptibly()
                .channel();
    }

    /** Answers "ok" to every request that needs no body. */
    static void ok(Connection connection, Http2Frame frame) {
        if (frame instanceof Http2HeadersFrame headers && headers.isEndStream()) {
            connection.answer(headers.stream(), "ok");
        }
    }

    private final class Negotiated extends ApplicationProtocolNegotiationHandler {
        private final Http2Settings settings;
        private final Script script;

        Negotiated(Http2Settings settings, Script script) {
            super(ApplicationProtocolNames.HTTP_1_1);
            this.settings = settings;
            this.script = script;
        }

        @Override
        protected void configurePipeline(ChannelHandlerContext ctx, String protocol) {
            if (!protocol.equals(ApplicationProtocolNames.HTTP_2)) {
                http1Connections.add(ctx.channel());
                ctx.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext context, Object message) {
                        ReferenceCountUtil.release(message);
                        context.writeAndFlush(Unpooled.copiedBuffer(RawOrigin.OK, StandardCharsets.US_ASCII));
                    }

                    @Override
                    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                        context.close();
                    }
                });
                return;
            }
            Connection connection = new Connection(connections.size() + 1, ctx.channel(), script);
            connections.add(connection);
            ctx.pipeline()
                    .addLast(
                            Http2FrameCodecBuilder.forServer()
                                    .initialSettings(settings)
                                    .validateHeaders(false)
                                    .encoderEnforceMaxConcurrentStreams(false)
                                    .gracefulShutdownTimeoutMillis(0)
                                    .build(),
                            connection);
        }

        @Override
        protected void handshakeFailure(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }

    int port() {
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    /** Whether a frame of the kind has come, on any connection. */
    boolean heard(Class<? extends Http2Frame> type) {
        return connections.stream().flatMap(one -> one.frames.stream()).anyMatch(type::isInstance);
    }

    /** From the connection's event loop. */
    void onLoop(int connection, Consumer<Connection> action) {
        Connection one = connections.get(connection);
        one.channel.eventLoop().execute(() -> action.accept(one));
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(10, TimeUnit.SECONDS);
    }
}
