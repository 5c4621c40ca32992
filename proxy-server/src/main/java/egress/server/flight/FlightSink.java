package egress.server.flight;

import egress.exchange.Event;
import egress.exchange.ExchangeRecord;
import java.net.SocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;
import org.jspecify.annotations.Nullable;

/** Makes events of what happens while a recording wants them. */
final class FlightSink implements FlightRecords.Sink {
    private final ConcurrentMap<Long, ExchangeEvent> exchanges = new ConcurrentHashMap<>();
    private final ConcurrentMap<SocketAddress, HandshakeEvent> handshakes = new ConcurrentHashMap<>();

    private final UnaryOperator<String> masker;

    /** Loads the events, which takes milliseconds: not when an event loop needs the first of them. */
    private FlightSink(UnaryOperator<String> masker) {
        this.masker = masker;
        for (jdk.jfr.Event event :
                List.of(new ExchangeEvent(), new HandshakeEvent(), new MintEvent(), new ScanEvent())) {
            event.isEnabled();
        }
    }

    /**
     * Tells when there is a recorder: at once where there is one, perhaps never.
     *
     * @param masker takes secrets out of a text; called by event loops
     */
    static void whenRecorderIsThere(UnaryOperator<String> masker, Consumer<FlightRecords.Sink> then) {
        if (FlightRecorder.isAvailable()) {
            FlightRecorder.addListener(new FlightRecorderListener() {
                @Override
                public void recorderInitialized(FlightRecorder recorder) {
                    then.accept(new FlightSink(masker));
                }
            });
        }
    }

    @Override
    public void on(Event event) {
        switch (event) {
            case Event.Started started -> {
                ExchangeEvent made = new ExchangeEvent();
                if (made.isEnabled()) {
                    made.begin();
                    exchanges.put(started.exchange().id, made);
                }
            }
            case Event.Ended ended -> ended(ended.exchange());
            case Event.ClientHelloRead hello -> {
                HandshakeEvent made = new HandshakeEvent();
                if (made.isEnabled()) {
                    made.begin();
                    String sni = hello.sni();
                    made.host = masker.apply(hello.authority().host());
                    made.serverName = sni == null ? null : masker.apply(sni);
                    handshakes.put(hello.downstream(), made);
                }
            }
            case Event.HandshakeDone done -> handshakeOver(done.downstream(), done.protocol(), null);
            case Event.HandshakeFailed failed -> handshakeOver(failed.downstream(), null, failed.words());
            // One that is passed through, or whose caller left, has no handshake here.
            case Event.ConnectionClosed closed -> handshakes.remove(closed.downstream());
            case Event.ConnectionOpened _, Event.ConnectionRefused _, Event.TunnelEnded _ -> {}
            case Event.Allowed _, Event.Found _ -> {}
            case Event.RequestPart _, Event.ResponseHead _, Event.ResponsePart _ -> {}
        }
    }

    private void ended(ExchangeRecord exchange) {
        ExchangeEvent event = exchanges.remove(exchange.id);
        if (event != null) {
            event.end();
            if (event.shouldCommit()) {
                event.fill(exchange, masker);
                event.commit();
            }
        }
    }

    private void handshakeOver(SocketAddress downstream, @Nullable String protocol, @Nullable String failure) {
        HandshakeEvent event = handshakes.remove(downstream);
        if (event != null) {
            event.end();
            event.protocol = protocol;
            event.failure = failure == null ? null : masker.apply(failure);
            event.commit();
        }
    }

    @Override
    public Mint begins(String name) {
        MintEvent event = new MintEvent();
        event.begin();
        return failure -> {
            event.end();
            if (event.shouldCommit()) {
                event.name = masker.apply(name);
                event.failure = failure == null ? null : masker.apply(failure.toString());
                event.commit();
            }
        };
    }

    @Override
    public Scan begins(Place place, long bytes) {
        ScanEvent event = new ScanEvent();
        event.begin();
        return verdict -> {
            event.end();
            if (event.shouldCommit()) {
                event.place = place.name().toLowerCase(Locale.ROOT);
                event.bytes = bytes;
                event.verdict = verdict;
                event.commit();
            }
        };
    }
}
