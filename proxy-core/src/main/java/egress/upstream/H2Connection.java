package egress.upstream;

import egress.exchange.UpstreamPeer.Timings;
import egress.exchange.Upstreams.Listener;
import egress.http.H2Session;
import egress.http.H2Stream;
import egress.share.Claimant;
import egress.share.FairBudget;
import egress.upstream.tls.RenegotiationWatch;
import egress.upstream.tls.TlsWords;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One h2 connection, shared by the exchanges of a loop (RFC 9113). Takes as many streams as the origin's SETTINGS
 * allow, none after GOAWAY, and asks by PING whether a silent origin lives.
 */
final class H2Connection extends ChannelInboundHandlerAdapter implements H2Session.Listener {
    /** Until the origin's SETTINGS come: what RFC 9113 §6.5.2 advises them to allow at least. */
    private static final int ASSUMED_STREAMS = 100;
    /** gRPC servers end a connection that asks more often while nothing is sent. */
    private static final long PING_AGAIN_NANOS = TimeUnit.MINUTES.toNanos(5);

    private final Channel channel;
    private final OriginPool pool;
    private final UpstreamPipelines pipelines;
    private final OriginShare share;
    private final FairBudget windows;
    private final H2Windows flow;
    private final UpstreamLimits limits;
    private final UpstreamTimeouts timeouts;
    private final Timings timings;
    private final String remoteAddress;
    private final H2Session session;
    private int allowed;
    private int open;
    private int opened;
    private boolean settled;
    /** Whether it is counted as one without an exchange. */
    private boolean idle;

    private boolean draining;
    private boolean goingAway;
    private boolean gone;
    private @Nullable String why;
    private long idleSinceNanos;
    private long heardNanos;
    private long pingedNanos;
    private boolean pingUnanswered;
    private boolean pingedInSilence;
    private boolean burstWasPing;

    H2Connection(
            Channel channel, OriginPool pool, OriginShare share, Pool loop, Timings timings, String remoteAddress) {
        this.channel = channel;
        this.pool = pool;
        this.share = share;
        this.windows = loop.windows();
        this.pipelines = loop.pipelines();
        this.limits = loop.limits();
        this.timeouts = loop.timeouts();
        this.timings = timings;
        this.remoteAddress = remoteAddress;
        this.allowed = Math.min(ASSUMED_STREAMS, limits.streamsPerConnection());
        this.heardNanos = System.nanoTime();
        this.idleSinceNanos = heardNanos;
        this.session = pipelines.http2(channel, this);
        this.flow = new H2Windows(session, limits);
        countIdle(!gone);
    }

    boolean hasRoom() {
        return !draining && !gone && open < allowed && channel.isActive();
    }

    /** Whether a stream whose head is not sent yet would not be processed. */
    boolean takesNoMore() {
        return goingAway || gone;
    }

    /** Opens a stream for an exchange; there must be room. */
    void begin(Claimant who, Place place, Listener listener) {
        boolean reused = opened > 0;
        boolean fresh = open == 0 && reused;
        countIdle(false);
        if (open == 0) {
            Dialing.begins(channel, who);
        }
        open++;
        opened++;
        if (opened >= limits.streamsInConnectionLife()) {
            draining = true;
        }
        pool.streamBegun(reused);
        if (fresh && System.nanoTime() - heardNanos > timeouts.pingAfter().toNanos()) {
            ping();
        }
        H2UpstreamStream peer = new H2UpstreamStream(
                session.newStream(pipelines.http2Codec()),
                this,
                listener,
                place,
                new Place(windows, who),
                reused ? Timings.REUSED : timings,
                remoteAddress);
        pool.watch(peer);
        listener.onAcquired(peer, reused);
    }

    Channel channel() {
        return channel;
    }

    /** So many bytes a stream receives before it gets a larger window. */
    long growsAt() {
        return limits.streamWindow() / 2;
    }

    /** Lets the origin send more on a stream that is read; false where the caller has its share of what may be unread. */
    boolean grow(H2Stream stream, Place window) {
        if (!flow.grows(stream) || !window.take(flow.growth())) {
            return false;
        }
        flow.grow(stream);
        stream.flush();
        return true;
    }

    /** A stream is over, complete or not; its place is not given to another yet. */
    void streamEnded(H2UpstreamStream stream, boolean grown) {
        open--;
        if (grown) {
            flow.shrunk();
        }
        pool.streamEnded(stream);
        if (open == 0) {
            idleSinceNanos = System.nanoTime();
            if (draining) {
                close();
                return;
            }
            countIdle(!gone);
            Dialing.idles(channel, () -> channel.eventLoop().execute(this::giveUp));
        }
    }

    void onRoom() {
        pool.onStreamRoom();
    }

    /** Others need the descriptor. */
    private void giveUp() {
        if (open == 0) {
            close();
        }
    }

    /** The origin wants this request on HTTP/1.1 (RFC 9113 §7, HTTP_1_1_REQUIRED): so it gets every later one there. */
    void requireHttp1() {
        pool.requireHttp1();
        drain();
    }

    /** No new streams; closes after the last. */
    void drain() {
        draining = true;
        if (open == 0) {
            close();
        }
    }

    private void countIdle(boolean now) {
        if (idle != now) {
            idle = now;
            pool.idle(now);
        }
    }

    private void close() {
        gone = true;
        countIdle(false);
        channel.close();
    }

    /** What became of the connection, for a stream that it took along. */
    String why() {
        return why == null ? "the origin closed the connection" : why;
    }

    /** Regular care: an unused connection is closed, a silent one asked. */
    void tick(long nowNanos) {
        if (open == 0) {
            if (nowNanos - idleSinceNanos >= timeouts.poolIdle().toNanos()) {
                close();
            }
            return;
        }
        if (pingUnanswered) {
            if (nowNanos - pingedNanos >= timeouts.pingAnswer().toNanos()) {
                why = "the origin left a PING unanswered for "
                        + timeouts.pingAnswer().toMillis() + " ms";
                close();
            }
        } else if (nowNanos - heardNanos >= timeouts.pingAfter().toNanos()
                && (!pingedInSilence || nowNanos - pingedNanos >= PING_AGAIN_NANOS)) {
            ping();
        }
    }

    private void ping() {
        if (!pingUnanswered) {
            pingUnanswered = true;
            pingedInSilence = true;
            pingedNanos = System.nanoTime();
            session.ping(pingedNanos);
        }
    }

    @Override
    public boolean onOpened(H2Stream stream) {
        return false; // nothing may be pushed (RFC 9113 §8.4)
    }

    @Override
    public void onPingAnswered() {
        pingUnanswered = false;
        burstWasPing = true;
    }

    @Override
    public void onSettings(Http2Settings settings) {
        Long most = settings.maxConcurrentStreams();
        if (most != null) {
            allowed = (int) Math.min(most, limits.streamsPerConnection());
        } else if (!settled) {
            allowed = limits.streamsPerConnection(); // RFC 9113 §6.5.2: no value, no limit
        }
        settled = true;
        share.allows(Math.max(1, allowed));
        pool.onStreamRoom();
    }

    /** A GOAWAY came: no stream is opened any more. */
    void goesAway() {
        goingAway = true;
        draining = true;
    }

    @Override
    public void onGoAway(long errorCode) {
        if (errorCode != 0) {
            why = "the origin ended the connection (h2 error " + errorCode + ")";
        }
        goingAway = true;
        drain();
        pool.onRoom(); // a waiter for room here needs another connection
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        heardNanos = System.nanoTime();
        pingedInSilence &= burstWasPing;
        burstWasPing = false;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == RenegotiationWatch.Event.ASKED) {
            why = RenegotiationWatch.WORDS;
        } else if (event instanceof SslCloseCompletionEvent) {
            close();
        }
        ReferenceCountUtil.release(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (why == null && !gone) {
            Http2Exception violation = Http2CodecUtil.getEmbeddedHttp2Exception(cause);
            String tls = TlsWords.ofBroken(cause);
            why = violation == null
                    ? tls == null ? "the connection broke (" + cause.getClass().getSimpleName() + ")" : tls
                    : "the origin broke h2 (" + violation.error() + ")";
        }
        // The codec answers a violation with GOAWAY and closes; everything else here leaves nothing to save.
        close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        gone = true;
        countIdle(false);
        pool.closed(this);
    }
}
