package egress.exchange;

import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/** The upstream side, with what only an upstream has. */
public interface UpstreamPeer extends Peer {
    /** Whether the stream is h2: no Connection or Transfer-Encoding fields there (RFC 9113 §8.2.2). */
    boolean isHttp2();

    /** Milliseconds the connect and the TLS handshake took; 0 on a connection that was open already. */
    Timings timings();

    /** What the handshake with the origin agreed on; null over plain http. */
    @Nullable
    TlsFacts tls();

    /** The address dialled, for the records. */
    String remoteAddress();

    /**
     * After a 101 (RFC 9110 §15.2.2): takes the connection out of HTTP and its pool, hands over the bare channel with
     * bytes already received still unread in it; auto-read is off.
     */
    Channel upgraded();

    /**
     * @param connectNanos name lookup and TCP connect
     * @param tlsNanos handshake and certificate verification
     */
    record Timings(long connectNanos, long tlsNanos) {
        public static final Timings REUSED = new Timings(0, 0);
    }
}
