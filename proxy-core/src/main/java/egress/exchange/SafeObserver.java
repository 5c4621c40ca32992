package egress.exchange;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells several observers. Whatever one of them throws, an {@link Error} too, is logged and reaches neither the others nor the exchange,
 * which would otherwise stop halfway through its end.
 */
public final class SafeObserver implements Observer {
    private static final Logger LOG = LoggerFactory.getLogger(SafeObserver.class);

    private final Observer[] all;

    public SafeObserver(List<Observer> all) {
        this.all = all.toArray(Observer[]::new);
    }

    @Override
    public void on(Event event) {
        for (Observer observer : all) {
            try {
                observer.on(event);
            } catch (RuntimeException | Error e) {
                LOG.error("a record was lost: {} failed", observer.getClass().getSimpleName(), e);
            }
        }
    }
}
