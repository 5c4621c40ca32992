package egress.gate;

import egress.exchange.ExchangeRecord;
import egress.exchange.Observer;
import egress.http.Authority;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

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
    public synchronized void ended(ExchangeRecord exchange) {
        ended.merge(exchange.failure == null ? "ok" : exchange.failure.code(), 1L, Long::sum);
    }

    @Override
    public synchronized void tunnelEnded(SocketAddress downstream, Authority authority, long bytesUp, long bytesDown) {
        tunnels++;
    }

    @Override
    public void connectionRefused(
            SocketAddress downstream, @Nullable Authority authority, int status, String code, String words) {
        fault("a connection to " + authority + " was refused: " + words);
    }

    @Override
    public void handshakeFailed(SocketAddress downstream, Authority authority, String words) {
        fault("a handshake for " + authority + " failed: " + words);
    }
}
