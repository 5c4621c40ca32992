package egress.server.log;

import egress.exchange.Event;
import egress.http.Authority;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What happens to connections of callers. */
final class ConnectionEvents {
    private ConnectionEvents() {}

    record Opened(long time, SocketAddress downstream) implements LogEvent.Recorded {
        static Opened of(long time, Event.ConnectionOpened it) {
            return new Opened(time, it.downstream());
        }

        @Override
        public String name() {
            return "egress_connected";
        }

        @Override
        public void json(JsonFields to) {
            // its address says all
        }

        @Override
        public void text(Terminal to) {
            to.line(this, Terminal.Colour.DIM, "connected");
        }
    }

    record Closed(long time, SocketAddress downstream) implements LogEvent.Recorded {
        static Closed of(long time, Event.ConnectionClosed it) {
            return new Closed(time, it.downstream());
        }

        @Override
        public String name() {
            return "egress_disconnected";
        }

        @Override
        public void json(JsonFields to) {
            // its address says all
        }

        @Override
        public void text(Terminal to) {
            to.line(this, Terminal.Colour.DIM, "disconnected");
        }
    }

    /**
     * A CONNECT or a connection was refused outside of any exchange.
     *
     * @param route the name of its host's
     */
    record Refused(
            long time,
            SocketAddress downstream,
            @Nullable Authority authority,
            @Nullable String route,
            int status,
            String code,
            String words)
            implements LogEvent.Recorded {
        static Refused of(long time, Event.ConnectionRefused it) {
            String route = it.route() == null ? null : it.route().name();
            return new Refused(time, it.downstream(), it.authority(), route, it.status(), it.code(), it.words());
        }

        /** With an answer that is not a sign of overload. */
        boolean isBlock() {
            return status >= 400 && status < 500;
        }

        @Override
        public String name() {
            return isBlock() ? "egress_block" : "egress_refused";
        }

        @Override
        public void json(JsonFields to) throws IOException {
            to.authority(authority);
            to.string("route", route);
            to.number("status", status);
            to.string("code", code);
            to.masked("reason", words);
        }

        @Override
        public void text(Terminal to) {
            if (status == 0) {
                to.line(this, Terminal.Colour.YELLOW, words);
                return;
            }
            to.line(this, Terminal.Colour.PLAIN, "CONNECT " + (authority == null ? "?" : authority));
            to.indented("<< ", Terminal.Colour.RED, Terminal.status(status) + " " + code + ": " + to.masked(words));
        }
    }

    /** The caller's TLS handshake failed. */
    record HandshakeFailed(long time, SocketAddress downstream, Authority authority, String words)
            implements LogEvent.Recorded {
        static HandshakeFailed of(long time, Event.HandshakeFailed it) {
            return new HandshakeFailed(time, it.downstream(), it.authority(), it.words());
        }

        @Override
        public String name() {
            return "egress_tls_failed";
        }

        @Override
        public void json(JsonFields to) throws IOException {
            to.authority(authority);
            to.masked("reason", words);
        }

        @Override
        public void text(Terminal to) {
            to.line(this, Terminal.Colour.YELLOW, to.masked(words));
        }
    }

    /** The caller's TLS handshake is over. */
    record HandshakeDone(long time, SocketAddress downstream, Authority authority, String protocol, long nanos)
            implements LogEvent.Recorded {
        static HandshakeDone of(long time, Event.HandshakeDone it) {
            return new HandshakeDone(time, it.downstream(), it.authority(), it.protocol(), it.nanos());
        }

        @Override
        public String name() {
            return "egress_tls";
        }

        @Override
        public void json(JsonFields to) throws IOException {
            to.authority(authority);
            to.string("tls", protocol);
            to.millis("ms", nanos);
        }

        @Override
        public void text(Terminal to) {
            to.line(this, Terminal.Colour.DIM, protocol + " with " + authority + " in " + TerminalText.time(nanos));
        }
    }

    /** A ClientHello came. */
    record HelloSeen(
            long time,
            SocketAddress downstream,
            Authority authority,
            @Nullable String sni,
            List<String> alpn) implements LogEvent.Recorded {
        HelloSeen {
            alpn = List.copyOf(alpn);
        }

        static HelloSeen of(long time, Event.ClientHelloRead it) {
            return new HelloSeen(time, it.downstream(), it.authority(), it.sni(), it.alpn());
        }

        @Override
        public int weight() {
            return 256
                    + alpn.stream().mapToInt(protocol -> 64 + protocol.length()).sum();
        }

        @Override
        public String name() {
            return "egress_client_hello";
        }

        @Override
        public void json(JsonFields to) throws IOException {
            to.authority(authority);
            to.masked("sni", sni);
            to.strings("alpn", alpn);
        }

        @Override
        public void text(Terminal to) {
            String name = sni == null ? "none" : sni;
            to.line(this, Terminal.Colour.DIM, "ClientHello for " + authority + ", SNI " + name + ", ALPN " + alpn);
        }
    }

    /** A passthrough tunnel or an upgraded connection is over. */
    record TunnelEnded(long time, SocketAddress downstream, Authority authority, long bytesUp, long bytesDown)
            implements LogEvent.Recorded {
        static TunnelEnded of(long time, Event.TunnelEnded it) {
            return new TunnelEnded(time, it.downstream(), it.authority(), it.bytesUp(), it.bytesDown());
        }

        @Override
        public String name() {
            return "egress_tunnel";
        }

        @Override
        public void json(JsonFields to) throws IOException {
            to.authority(authority);
            to.number("bytes_up", bytesUp);
            to.number("bytes_down", bytesDown);
        }

        @Override
        public void text(Terminal to) {
            String size = TerminalText.size(bytesUp) + " up, " + TerminalText.size(bytesDown) + " down";
            to.line(this, Terminal.Colour.PLAIN, "tunnel to " + authority + " ended, " + size);
        }
    }
}
