package egress.exchange;

import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Optional;

/**
 * Port: what the records hear of. Called on event loops: an observer never blocks, and copies what it needs later. Each switches over
 * {@link Event} without a default, so that a new event does not compile until every observer handles it.
 */
@FunctionalInterface
public interface Observer {
    /** An observer that ignores every event. */
    Observer NONE = event -> {};

    void on(Event event);

    /** Whether a tunnel may be asked for: where everything must be recorded and nothing can be, none may. */
    default Admission admit() {
        return Admission.ADMITTED;
    }

    /** Whether a request that policy allows may go on: where it must be recorded, it needs a place in the record. */
    default Admission admit(ExchangeRecord exchange) {
        return Admission.ADMITTED;
    }

    /** Whether a tunnel may go on, whose ClientHello was the event before this. */
    default Admission admit(Event.ClientHelloRead hello) {
        return Admission.ADMITTED;
    }

    /**
     * What reads the bytes of a connection that is upgraded to a WebSocket, as they pass: it delays and changes none.
     *
     * @param responseFields of the 101, which name the extensions agreed on
     */
    default Optional<ChannelHandler> webSocket(ExchangeRecord exchange, HttpHeaders responseFields) {
        return Optional.empty();
    }
}
