package egress.server;

import egress.exchange.ExchangeRecord;
import egress.exchange.Inspection;
import egress.exchange.Observer;
import egress.http.Authority;
import java.net.SocketAddress;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells several observers; what one throws reaches neither the others nor the exchange. */
final class Observers implements Observer {
    private static final Logger LOG = LoggerFactory.getLogger(Observers.class);

    private final List<Observer> all;

    Observers(Observer... all) {
        this.all = List.of(all);
    }

    private void tell(Consumer<Observer> event) {
        for (Observer observer : all) {
            try {
                event.accept(observer);
            } catch (RuntimeException e) {
                LOG.warn("a record was lost: {}", e.toString(), e);
            }
        }
    }

    @Override
    public void connectionOpened(SocketAddress downstream) {
        tell(observer -> observer.connectionOpened(downstream));
    }

    @Override
    public void connectionClosed(SocketAddress downstream) {
        tell(observer -> observer.connectionClosed(downstream));
    }

    @Override
    public void clientHello(SocketAddress downstream, Authority authority, @Nullable String sni, List<String> alpn) {
        tell(observer -> observer.clientHello(downstream, authority, sni, alpn));
    }

    @Override
    public void handshakeDone(SocketAddress downstream, Authority authority, String protocol, long nanos) {
        tell(observer -> observer.handshakeDone(downstream, authority, protocol, nanos));
    }

    @Override
    public void handshakeFailed(SocketAddress downstream, Authority authority, String words) {
        tell(observer -> observer.handshakeFailed(downstream, authority, words));
    }

    @Override
    public void connectionRefused(
            SocketAddress downstream, @Nullable Authority authority, int status, String code, String words) {
        tell(observer -> observer.connectionRefused(downstream, authority, status, code, words));
    }

    @Override
    public void tunnelEnded(SocketAddress downstream, Authority authority, long bytesUp, long bytesDown) {
        tell(observer -> observer.tunnelEnded(downstream, authority, bytesUp, bytesDown));
    }

    @Override
    public void requested(ExchangeRecord exchange) {
        tell(observer -> observer.requested(exchange));
    }

    @Override
    public void found(ExchangeRecord exchange, Inspection.Hit hit) {
        tell(observer -> observer.found(exchange, hit));
    }

    @Override
    public void ended(ExchangeRecord exchange) {
        tell(observer -> observer.ended(exchange));
    }
}
