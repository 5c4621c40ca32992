package egress.exchange;

import egress.http.Authority;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps what an observer throws from the traffic: it is logged, and the exchange goes on. */
public final class SafeObserver implements Observer {
    private static final Logger LOG = LoggerFactory.getLogger(SafeObserver.class);

    private final Observer observer;

    public SafeObserver(Observer observer) {
        this.observer = observer;
    }

    private static void safely(Runnable event) {
        try {
            event.run();
        } catch (RuntimeException e) {
            LOG.error("an observer failed", e);
        }
    }

    @Override
    public void connectionOpened(SocketAddress downstream) {
        safely(() -> observer.connectionOpened(downstream));
    }

    @Override
    public void connectionClosed(SocketAddress downstream) {
        safely(() -> observer.connectionClosed(downstream));
    }

    @Override
    public void clientHello(SocketAddress downstream, Authority authority, @Nullable String sni, List<String> alpn) {
        safely(() -> observer.clientHello(downstream, authority, sni, alpn));
    }

    @Override
    public void handshakeDone(SocketAddress downstream, Authority authority, String protocol, long nanos) {
        safely(() -> observer.handshakeDone(downstream, authority, protocol, nanos));
    }

    @Override
    public void handshakeFailed(SocketAddress downstream, Authority authority, String words) {
        safely(() -> observer.handshakeFailed(downstream, authority, words));
    }

    @Override
    public void connectionRefused(
            SocketAddress downstream, @Nullable Authority authority, int status, String code, String words) {
        safely(() -> observer.connectionRefused(downstream, authority, status, code, words));
    }

    @Override
    public void tunnelEnded(SocketAddress downstream, Authority authority, long bytesUp, long bytesDown) {
        safely(() -> observer.tunnelEnded(downstream, authority, bytesUp, bytesDown));
    }

    @Override
    public void requested(ExchangeRecord exchange) {
        safely(() -> observer.requested(exchange));
    }

    @Override
    public void found(ExchangeRecord exchange, Inspection.Hit hit) {
        safely(() -> observer.found(exchange, hit));
    }

    @Override
    public void ended(ExchangeRecord exchange) {
        safely(() -> observer.ended(exchange));
    }
}
