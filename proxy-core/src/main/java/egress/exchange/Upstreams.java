package egress.exchange;

import egress.http.Authority;
import egress.share.Claimant;
import io.netty.channel.EventLoop;

/** Port: streams to verified origins, pooled by event loop and origin. */
public interface Upstreams {
    /**
     * Begins to get a stream to the origin, on the given event loop. Exactly one of {@link Listener#onAcquired} and
     * {@link Listener#onFailed} follows, on that loop, possibly before this method returns.
     *
     * @param who takes it out of its share of the connections
     * @return a handle that gives the attempt up; harmless afterwards
     */
    Attempt acquire(EventLoop loop, Claimant who, Origin origin, Listener listener);

    /**
     * Which connection an exchange needs.
     *
     * @param tls true for https: the certificate is verified for the authority's host before the first request byte
     * @param protocol which versions of HTTP may be negotiated
     */
    record Origin(Authority authority, boolean tls, Protocol protocol) {}

    /** The versions offered to the origin by ALPN. */
    enum Protocol {
        /** h2 and http/1.1, the origin's choice. */
        ANY,
        /** http/1.1 alone at first, h2 where the origin speaks nothing else: the caller's own version, mirrored. */
        PREFER_HTTP_1_1,
        /** http/1.1 alone: a WebSocket cannot be asked for by Upgrade on h2 (RFC 9113 §8.6). */
        HTTP_1_1
    }

    /** An attempt under way. */
    interface Attempt {
        void cancel();
    }

    /** Receives the events of the upstream side, always on the exchange's event loop. */
    interface Listener {
        /**
         * A stream is there: write the request.
         *
         * @param reused true when the connection was open already, and so may turn out to be stale
         */
        void onAcquired(UpstreamPeer peer, boolean reused);

        /** A part of the response, owned by the listener from now on. */
        void onResponsePart(io.netty.handler.codec.http.HttpObject part);

        /** The end of a burst of parts: time to flush and to ask for more. */
        void onResponseReadComplete();

        /** The upstream side takes more again. */
        void onUpstreamWritable();

        /** No stream, or the stream broke before the response was complete. Nothing comes after it. */
        void onFailed(Failure failure);
    }
}
