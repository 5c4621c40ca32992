package egress.upstream;

import egress.exchange.Dialer;
import egress.exchange.Failure;
import egress.exchange.UpstreamPeer.Timings;
import egress.exchange.Upstreams.Attempt;
import egress.http.Authority;
import egress.share.Claimant;
import egress.upstream.tls.TlsListener;
import egress.upstream.tls.UpstreamTls;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/** A connection to an origin being opened: dialled, and secured where the origin is https. */
final class Opening implements Dialer.Listener, TlsListener, Attempt {
    /** What becomes of it, on the event loop. */
    interface Listener {
        void onOpened(Opening opening, Channel channel, boolean http2, Timings timings, String remoteAddress);

        /**
         * @param noCommonProtocol whether the origin speaks none of the protocols offered
         */
        void onNotOpened(Opening opening, Failure failure, boolean noCommonProtocol);
    }

    private final Authority authority;
    private final boolean tls;
    private final UpstreamTls.Alpn alpn;
    private final Claimant who;
    private final long sinceNanos = System.nanoTime();
    private final UpstreamPipelines pipelines;
    private final Counters counters;
    private final Listener listener;
    private @Nullable Attempt stage;
    private @Nullable Channel channel;
    private String remoteAddress = "";
    private long connectNanos;
    private @Nullable Runnable again;
    private boolean over;

    Opening(
            Authority authority,
            boolean tls,
            UpstreamTls.Alpn alpn,
            Claimant who,
            UpstreamPipelines pipelines,
            Counters counters,
            Listener listener) {
        this.authority = authority;
        this.tls = tls;
        this.alpn = alpn;
        this.who = who;
        this.pipelines = pipelines;
        this.counters = counters;
        this.listener = listener;
    }

    Claimant who() {
        return who;
    }

    long sinceNanos() {
        return sinceNanos;
    }

    void start(Dialer dialer, EventLoop loop) {
        again = () -> dial(dialer, loop);
        dial(dialer, loop);
    }

    private void dial(Dialer dialer, EventLoop loop) {
        stage = null;
        Attempt dial = dialer.dial(loop, who, authority, this);
        if (stage == null) {
            stage = dial;
        }
    }

    @Override
    public void onConnected(Channel connected, String address, long nanos) {
        channel = connected;
        remoteAddress = address;
        connectNanos = nanos;
        if (tls) {
            stage = pipelines.secure(connected, authority, alpn, false, this);
        } else {
            open(connected, false, 0);
        }
    }

    @Override
    public void onFailed(Failure failure) {
        over = true;
        listener.onNotOpened(this, failure, false);
    }

    @Override
    public void onSecured(String protocol, long nanos) {
        counters.handshakes.increment();
        Channel secured = channel;
        if (over || secured == null) {
            return;
        }
        switch (protocol) {
            case "h2" -> open(secured, true, nanos);
            case "http/1.1" -> open(secured, false, nanos);
            default -> {
                secured.close();
                onFailed(new Failure.UpstreamMalformed(authority.host() + " chose a protocol that was not offered"));
            }
        }
    }

    @Override
    public void onUntrusted(Failure failure, Remedy remedy) {
        counters.handshakeFailures.increment();
        if (over) {
            return;
        }
        Runnable retry = again;
        if (remedy == Remedy.ONCE_MORE && retry != null) {
            again = null;
            retry.run();
            return;
        }
        over = true;
        listener.onNotOpened(this, failure, remedy == Remedy.OTHER_PROTOCOL);
    }

    private void open(Channel ready, boolean http2, long tlsNanos) {
        over = true;
        listener.onOpened(this, ready, http2, new Timings(connectNanos, tlsNanos), remoteAddress);
    }

    @Override
    public void cancel() {
        if (!over) {
            over = true;
            if (stage != null) {
                stage.cancel();
            }
        }
    }
}
