package egress.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Opens TLS connections with one exchange on each, so many at once, and never resumes a session: what callers that come anew cost.
 * One process for a whole run of the rig, so that its own warm-up falls on nobody. {@code Handshakes TRUST.pem}; each line of
 * standard input is an order, each line of standard output the answer to it, in JSON:
 *
 * <pre>PROXY_PORT HOST PORT FIRST MOST AT_ONCE MILLIS</pre>
 *
 * 0 for the proxy's port is an origin on 127.0.0.1 without a proxy. A {@code %d} in the host is the number of the connection, from FIRST
 * on. It ends after MOST connections or MILLIS, whichever is first. The certificate of the first connection is verified; the others'
 * are not, which would cost the caller as much as all the rest.
 */
public final class Handshakes {
    private static final int FIELDS = 7;
    private static final long PATIENCE_SECONDS = 30;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final SslContext verifying;
    private final SslContext trusting;

    private Handshakes(File trust) throws SSLException {
        verifying = unresumed(SslContextBuilder.forClient().trustManager(trust));
        trusting = unresumed(SslContextBuilder.forClient().trustManager(InsecureTrustManagerFactory.INSTANCE));
    }

    private static SslContext unresumed(SslContextBuilder builder) throws SSLException {
        SslContext context = builder.sslProvider(SslProvider.OPENSSL).build();
        ((OpenSslSessionContext) context.sessionContext()).setSessionCacheEnabled(false);
        return context;
    }

    /** What one line asks for. */
    private record Order(int proxyPort, String host, int port, int first, int most, int atOnce, long nanos) {
        static Order parse(String line) {
            String[] fields = line.split(" ", -1);
            if (fields.length != FIELDS) {
                throw new IllegalArgumentException(
                        "\"" + line + "\" (expected: PROXY_PORT HOST PORT FIRST MOST AT_ONCE MILLIS)");
            }
            return new Order(
                    Integer.parseInt(fields[0]),
                    fields[1],
                    Integer.parseInt(fields[2]),
                    Integer.parseInt(fields[3]),
                    Integer.parseInt(fields[4]),
                    Integer.parseInt(fields[5]),
                    TimeUnit.MILLISECONDS.toNanos(Long.parseLong(fields[6])));
        }

        String host(int number) {
            return host.replace("%d", String.valueOf(number));
        }
    }

    /** An order under way; everything on one event loop. */
    private final class Round {
        private final Order order;
        private final EventLoop loop;
        private final CompletableFuture<String> answer = new CompletableFuture<>();
        private final long begin = System.nanoTime();
        private long[] micros = new long[1 << 10];
        private int done;
        private int started;
        private int underWay;
        private int failed;
        private String firstFailure = "";

        Round(Order order, EventLoop loop) {
            this.order = order;
            this.loop = loop;
        }

        void begin() {
            for (int i = 0; i < order.atOnce(); i++) {
                next();
            }
        }

        /** Opens one more, or tells that it was the last; a connection that fails is not tried again. */
        private void next() {
            if (started < order.most() && System.nanoTime() - begin < order.nanos()) {
                int number = order.first() + started;
                Visit visit = new Visit(this, order.host(number), started == 0 ? verifying : trusting);
                started++;
                underWay++;
                ChannelFuture connected = new Bootstrap()
                        .group(loop)
                        .channel(NioSocketChannel.class)
                        .handler(visit)
                        .connect("127.0.0.1", order.proxyPort() == 0 ? order.port() : order.proxyPort());
                connected.addListener(future -> {
                    if (!future.isSuccess()) {
                        visit.over(future.cause().toString());
                    }
                });
            } else if (underWay == 0) {
                answer.complete(answer());
            }
        }

        private void over(long took, @Nullable String failure) {
            underWay--;
            if (failure == null) {
                if (done == micros.length) {
                    micros = Arrays.copyOf(micros, done * 2);
                }
                micros[done++] = TimeUnit.NANOSECONDS.toMicros(took);
            } else if (failed++ == 0) {
                firstFailure = failure;
            }
            loop.execute(this::next); // not from within: a refusal at once must not nest
        }

        private String answer() {
            double seconds = (System.nanoTime() - begin) / 1e9;
            long[] sorted = Arrays.copyOf(micros, done);
            Arrays.sort(sorted);
            return String.format(
                    Locale.ROOT,
                    "{\"done\": %d, \"seconds\": %.3f, \"p50\": %d, \"p99\": %d, \"failed\": %d, \"failure\": \"%s\"}",
                    done,
                    seconds,
                    done == 0 ? 0 : sorted[done / 2],
                    done == 0 ? 0 : sorted[done * 99 / 100],
                    failed,
                    firstFailure.replaceAll("[^ -~]|[\"\\\\]", " "));
        }
    }

    /** One connection and its exchange: CONNECT where there is a proxy, TLS, a GET, and all of the answer. */
    private static final class Visit extends ChannelInboundHandlerAdapter {
        private final Round round;
        private final String host;
        private final SslContext tls;
        private final long begin = System.nanoTime();
        private boolean tunnelled;
        private boolean over;
        private String status = "";

        Visit(Round round, String host, SslContext tls) {
            this.round = round;
            this.host = host;
            this.tls = tls;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            if (round.order.proxyPort() == 0) {
                ask(ctx);
            } else {
                ctx.writeAndFlush(ascii("CONNECT " + authority() + " HTTP/1.1\r\nHost: " + authority() + "\r\n\r\n"));
            }
        }

        private void ask(ChannelHandlerContext ctx) {
            tunnelled = true;
            ctx.pipeline().addFirst(tls.newHandler(ctx.alloc(), host, round.order.port()));
            ctx.writeAndFlush(ascii("GET /1k.txt HTTP/1.1\r\nHost: " + authority() + "\r\nConnection: close\r\n\r\n"));
        }

        private String authority() {
            return host + ":" + round.order.port();
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            String text = status.isEmpty() || !tunnelled ? bytes.toString(StandardCharsets.US_ASCII) : "";
            bytes.release();
            if (tunnelled) {
                status += text;
            } else if (text.startsWith("HTTP/1.1 200")) {
                ask(ctx);
            } else {
                fail(ctx.channel(), "CONNECT: " + firstLine(text));
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            over(status.startsWith("HTTP/1.1 200 ") ? null : "answer: " + firstLine(status));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            fail(ctx.channel(), cause.toString());
        }

        private void fail(Channel channel, String failure) {
            over(failure);
            channel.close();
        }

        private void over(@Nullable String failure) {
            if (!over) {
                over = true;
                round.over(System.nanoTime() - begin, failure);
            }
        }
    }

    private static String firstLine(String text) {
        return text.isEmpty() ? "none" : text.lines().findFirst().orElse("");
    }

    private static ByteBuf ascii(String text) {
        return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.US_ASCII));
    }

    private String run(Order order) throws InterruptedException, ExecutionException, TimeoutException {
        EventLoop loop = group.next();
        Round round = new Round(order, loop);
        loop.execute(round::begin);
        return round.answer.get(TimeUnit.NANOSECONDS.toSeconds(order.nanos()) + PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** {@code TRUST.pem}: whose certificates the first connection of an order takes. */
    public static void main(String[] arguments)
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        if (arguments.length != 1) {
            throw new IllegalArgumentException("arguments: " + arguments.length + " (expected: TRUST.pem)");
        }
        Handshakes handshakes = new Handshakes(new File(arguments[0]));
        try (BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = orders.readLine(); line != null; line = orders.readLine()) {
                System.out.println(handshakes.run(Order.parse(line)));
            }
        } finally {
            handshakes.group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }
}
