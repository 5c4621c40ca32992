package egress.server.inspect;

import egress.server.flows.Flow;
import egress.server.flows.FlowSink;
import java.util.LinkedHashMap;
import java.util.Map;

/** How often each rule let something through, and each reason refused it, since the gate's start: also of flows that are no longer held. */
final class PolicyTally implements FlowSink {
    /** Rules are as many as the routes files of this run had. */
    private static final int MOST = 20_000;

    private final Map<Key, Count> rules = new LinkedHashMap<>();
    private final Map<String, Count> denials = new LinkedHashMap<>();

    private record Key(String route, String rule) {}

    /** @param last milliseconds of the Unix epoch; 0 for never */
    record Count(long count, long last) {
        static final Count NONE = new Count(0, 0);

        private Count and(long time) {
            return new Count(count + 1, Math.max(last, time));
        }
    }

    @Override
    public boolean isLive() {
        return false;
    }

    @Override
    public void started(Flow flow) {
        // Nothing was decided yet.
    }

    @Override
    public void responded(Flow flow) {
        // Counted at its end.
    }

    @Override
    public synchronized void ended(Flow flow) {
        Flow.Decision decision = flow.decision();
        long time = flow.timestamp().toEpochMilli();
        if (!flow.isExchange()) {
            return;
        }
        if (decision.verdict().equals("denied")) {
            count(denials, decision.code() == null ? "denied" : decision.code(), time);
        } else if (decision.route() != null && decision.rule() != null) {
            count(rules, new Key(decision.route(), decision.rule()), time);
        }
    }

    private static <K> void count(Map<K, Count> counts, K key, long time) {
        Count known = counts.get(key);
        if (known != null || counts.size() < MOST) {
            counts.put(key, (known == null ? Count.NONE : known).and(time));
        }
    }

    @Override
    public void message(long id, Flow.Message message) {
        // Of an exchange that is counted at its end.
    }

    synchronized Count hits(String route, String rule) {
        return rules.getOrDefault(new Key(route, rule), Count.NONE);
    }

    /** By reason. */
    synchronized Map<String, Count> denials() {
        return Map.copyOf(denials);
    }
}
