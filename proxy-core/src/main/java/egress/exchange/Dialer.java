package egress.exchange;

import egress.http.Authority;
import egress.share.Claimant;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;

/**
 * Port: bare connections to origins for passthrough, with the same names, address guard, pinned addresses and upstream
 * proxy as {@link Upstreams}, but no TLS, no HTTP and no pool.
 */
public interface Dialer {
    /**
     * Begins to connect on the given event loop. Exactly one of {@link Listener#onConnected} and {@link
     * Listener#onFailed} follows, on that loop, possibly before this method returns.
     *
     * @param who takes it out of its share of the look-ups and connections
     * @return a handle that gives the attempt up, after which neither follows; harmless afterwards
     */
    Upstreams.Attempt dial(EventLoop loop, Claimant who, Authority authority, Listener listener);

    /** What becomes of the attempt. */
    interface Listener {
        /**
         * @param channel the listener's own from now on: auto-read is off, bytes already received are still unread in it
         * @param remoteAddress the address dialled, for the records
         * @param connectNanos name lookup and TCP connect
         */
        void onConnected(Channel channel, String remoteAddress, long connectNanos);

        void onFailed(Failure failure);
    }
}
