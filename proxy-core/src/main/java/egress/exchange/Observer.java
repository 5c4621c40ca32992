package egress.exchange;

import egress.http.Authority;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Port: what the records hear of. Called on event loops: an observer never blocks, and nothing it throws reaches the
 * exchange.
 */
public interface Observer {
    /** An observer that hears nothing. */
    Observer NONE = new Observer() {};

    default void connectionOpened(SocketAddress downstream) {}

    default void connectionClosed(SocketAddress downstream) {}

    /**
     * A ClientHello was read, whatever becomes of the handshake.
     *
     * @param sni as sent, null when absent
     * @param alpn as offered, in order
     */
    default void clientHello(SocketAddress downstream, Authority authority, @Nullable String sni, List<String> alpn) {}

    /** The caller's TLS handshake is over. */
    default void handshakeDone(SocketAddress downstream, Authority authority, String protocol, long nanos) {}

    /** The caller's TLS handshake failed; the words say why, as far as an alert tells. */
    default void handshakeFailed(SocketAddress downstream, Authority authority, String words) {}

    /**
     * A CONNECT or a connection was refused outside of any exchange.
     *
     * @param authority null when none was understood
     * @param status of the answer; 0 where the connection was only closed
     * @param code as in {@code X-Egress-Deny}
     */
    default void connectionRefused(
            SocketAddress downstream, @Nullable Authority authority, int status, String code, String words) {}

    /** A passthrough tunnel or an upgraded connection is over. */
    default void tunnelEnded(SocketAddress downstream, Authority authority, long bytesUp, long bytesDown) {}

    /** The request head was judged and goes on to the origin. */
    default void requested(ExchangeRecord exchange) {}

    /** Inspection found something. Also after the end: a response is looked at without delaying it. */
    default void found(ExchangeRecord exchange, Inspection.Hit hit) {}

    /** The exchange is over, well or not. Exactly once for each. */
    default void ended(ExchangeRecord exchange) {}
}
