package egress.exchange;

import egress.share.FairBudget;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What callers share of the gate's own side.
 *
 * @param connections open ones, as many as there are descriptors for
 * @param handshakes TLS handshakes under way
 * @param exchanges heap for requests under way, mostly for their heads, in bytes
 * @param replays heap for copies of small bodies that may have to be sent again, in bytes
 * @param headroom of the memory outside of the heap
 */
public record CallerBudgets(
        FairBudget connections, FairBudget handshakes, FairBudget exchanges, FairBudget replays, Headroom headroom) {
    /** Each holds a TLS engine for a caller that has sent no request yet. */
    private static final int HANDSHAKES = 1_024;

    private static final int EXCHANGES_HEAP_SHARE = 8;
    private static final int REPLAYS_HEAP_SHARE = 16;

    /**
     * @param maxConnections of all callers
     * @param heap greatest size of the heap, in bytes
     */
    public static CallerBudgets of(int maxConnections, long heap) {
        return new CallerBudgets(
                FairBudget.ofUnits(maxConnections),
                FairBudget.ofUnits(Math.min(HANDSHAKES, maxConnections)),
                new FairBudget(heap / EXCHANGES_HEAP_SHARE),
                new FairBudget(heap / REPLAYS_HEAP_SHARE),
                Headroom.ofDirectMemory());
    }

    /** Each by the name of its meters. */
    public Map<String, FairBudget> byName() {
        Map<String, FairBudget> all = new LinkedHashMap<>();
        all.put("connections", connections);
        all.put("handshakes", handshakes);
        all.put("exchanges", exchanges);
        all.put("replays", replays);
        all.put("direct_memory", headroom.holdings());
        return all;
    }
}
