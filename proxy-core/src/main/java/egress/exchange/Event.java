package egress.exchange;

import egress.http.Authority;
import egress.policy.Route;
import egress.share.Caller;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What observers receive. Of a connection: its address and caller identify it among those that are open. Of an exchange: {@link
 * Started} comes first and {@link Ended} last, each exactly once, and only a {@link Found} may come after it. What an event refers to is
 * valid during the call alone.
 */
public sealed interface Event {
    /** A connection was accepted and has its share. */
    record ConnectionOpened(SocketAddress downstream, Caller caller) implements Event {}

    record ConnectionClosed(SocketAddress downstream, Caller caller) implements Event {}

    /**
     * A CONNECT, a request or a connection was refused outside of any exchange.
     *
     * @param scan as {@link ExchangeRecord#scan}
     * @param authority null when none was understood
     * @param route of its host; null where there is none
     * @param request the head that was refused; null where none was understood
     * @param answer to it; null where there is none
     * @param status of the answer; 0 where the connection was only closed
     * @param code as in {@code X-Egress-Deny}
     */
    record ConnectionRefused(
            SocketAddress downstream,
            Caller caller,
            String scan,
            @Nullable Authority authority,
            @Nullable Route route,
            @Nullable HttpRequest request,
            @Nullable LocalResponse answer,
            int status,
            String code,
            String words)
            implements Event {}

    /**
     * A ClientHello was read, whatever becomes of the handshake; also of one that is passed through.
     *
     * @param scan as {@link ExchangeRecord#scan}
     * @param sni as sent, null when absent
     * @param alpn as offered, in order
     */
    record ClientHelloRead(
            SocketAddress downstream,
            Caller caller,
            String scan,
            Authority authority,
            @Nullable String sni,
            List<String> alpn)
            implements Event {
        public ClientHelloRead {
            alpn = List.copyOf(alpn);
        }
    }

    /**
     * The caller's TLS handshake is over.
     *
     * @param protocol {@code h2} or {@code http/1.1}
     * @param nanos from the whole ClientHello on
     */
    record HandshakeDone(SocketAddress downstream, Caller caller, Authority authority, String protocol, long nanos)
            implements Event {}

    /** The caller's TLS handshake failed; the words have the reason, as far as an alert has it. */
    record HandshakeFailed(SocketAddress downstream, Caller caller, Authority authority, String words)
            implements Event {}

    /** A passthrough tunnel or an upgraded connection is over. */
    record TunnelEnded(SocketAddress downstream, Caller caller, Authority authority, long bytesUp, long bytesDown)
            implements Event {}

    /** A request's head is there; nothing was judged yet. */
    record Started(ExchangeRecord exchange) implements Event {}

    /** Policy and inspection let the head go on to the origin; one that is refused goes on to {@link Ended}, which has the reason. */
    record Allowed(ExchangeRecord exchange) implements Event {}

    /** A part of the request's body as the caller sent it, before it is inspected; the last one has the trailers. Not to be consumed. */
    record RequestPart(ExchangeRecord exchange, HttpContent part) implements Event {}

    /** Inspection found something; also in a response, which is not delayed by it. */
    record Found(ExchangeRecord exchange, Inspection.Hit hit) implements Event {}

    /** A response's head goes to the caller, the origin's or our own; interim responses are no events. */
    record ResponseHead(ExchangeRecord exchange) implements Event {}

    /** A part of the response's body as the caller gets it; the last one has the trailers. Not to be consumed. */
    record ResponsePart(ExchangeRecord exchange, HttpContent part) implements Event {}

    /** The exchange is over, well or not, or the connection that it was upgraded to. */
    record Ended(ExchangeRecord exchange) implements Event {}
}
