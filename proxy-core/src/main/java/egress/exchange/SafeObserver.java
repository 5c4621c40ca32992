package egress.exchange;

import egress.policy.DenyReason;
import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells several observers. Whatever one of them throws, an {@link Error} too, is logged and reaches neither the others nor the exchange,
 * which would otherwise stop halfway through its end.
 */
public final class SafeObserver implements Observer {
    private static final Logger LOG = LoggerFactory.getLogger(SafeObserver.class);

    private static final Admission NO_RECORD = new Admission.Refused(
            new Failure.Denied(DenyReason.RECORD_UNAVAILABLE, "the record of this request failed"));

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

    @Override
    public Admission admit() {
        return admit(Observer::admit);
    }

    @Override
    public Admission admit(ExchangeRecord exchange) {
        return admit(observer -> observer.admit(exchange));
    }

    @Override
    public Admission admit(Event.ClientHelloRead hello) {
        return admit(observer -> observer.admit(hello));
    }

    /** Admitted by all; one that throws does not admit. */
    private Admission admit(Function<Observer, Admission> asked) {
        for (Observer observer : all) {
            try {
                if (asked.apply(observer) instanceof Admission.Refused refused) {
                    return refused;
                }
            } catch (RuntimeException | Error e) {
                LOG.error("a record may be lost: {} failed", observer.getClass().getSimpleName(), e);
                return NO_RECORD;
            }
        }
        return Admission.ADMITTED;
    }

    /** Of the first observer that wants to read. */
    @Override
    public Optional<ChannelHandler> webSocket(ExchangeRecord exchange, HttpHeaders responseFields) {
        for (Observer observer : all) {
            try {
                Optional<ChannelHandler> reader = observer.webSocket(exchange, responseFields);
                if (reader.isPresent()) {
                    return reader;
                }
            } catch (RuntimeException | Error e) {
                LOG.error("a record was lost: {} failed", observer.getClass().getSimpleName(), e);
            }
        }
        return Optional.empty();
    }
}
