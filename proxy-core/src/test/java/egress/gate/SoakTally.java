package egress.gate;

import egress.exchange.Event;
import egress.exchange.ExchangeRecord;
import egress.exchange.Observer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a long run amounts to, from both of its sides: what callers did and got, and how the gate says that it ended. */
final class SoakTally implements Observer {
    private static final int KEPT = 20;

    private final Map<String, Long> asked = new TreeMap<>();
    private final Map<String, Long> expected = new TreeMap<>();
    private final Map<String, Long> ended = new TreeMap<>();
    private final List<String> faults = new ArrayList<>();
    private long faultCount;
    private long tunnels;

    /**
     * A caller did one piece of work, and all was as it should be.
     *
     * @param code how the gate must say that its exchanges ended
     */
    synchronized void done(SoakWork work, String code, int exchanges) {
        asked.merge(work.name(), 1L, Long::sum);
        if (exchanges > 0) {
            expected.merge(code, (long) exchanges, Long::sum);
        }
    }

    /** Something was not as it should be. */
    synchronized void fault(String words) {
        faultCount++;
        if (faults.size() < KEPT) {
            faults.add(words);
        }
    }

    synchronized List<String> faults() {
        List<String> all = new ArrayList<>(faults);
        if (faultCount > faults.size()) {
            all.add("and " + (faultCount - faults.size()) + " more");
        }
        return all;
    }

    synchronized long asked() {
        return asked.values().stream().mapToLong(Long::longValue).sum();
    }

    synchronized Map<String, Long> askedByWork() {
        return Map.copyOf(asked);
    }

    synchronized Map<String, Long> expected() {
        return new TreeMap<>(expected);
    }

    synchronized Map<String, Long> ended() {
        return new TreeMap<>(ended);
    }

    synchronized long tunnels() {
        return tunnels;
    }

    @Override
    public void on(Event event) {
        switch (event) {
            case Event.Ended over -> ended(over.exchange());
            case Event.TunnelEnded _ -> tunnelEnded();
            case Event.ConnectionRefused refused ->
                fault("a connection to " + refused.authority() + " was refused: " + refused.words());
            case Event.HandshakeFailed failed ->
                fault("a handshake for " + failed.authority() + " failed: " + failed.words());
            case Event.ConnectionOpened _, Event.ConnectionClosed _ -> {}
            case Event.ClientHelloRead _, Event.HandshakeDone _ -> {}
            case Event.Started _, Event.Allowed _, Event.Found _ -> {}
            case Event.RequestPart _, Event.ResponseHead _, Event.ResponsePart _ -> {}
        }
    }

    private synchronized void ended(ExchangeRecord exchange) {
        ended.merge(exchange.failure == null ? "ok" : exchange.failure.code(), 1L, Long::sum);
    }

    private synchronized void tunnelEnded() {
        tunnels++;
    }
}
