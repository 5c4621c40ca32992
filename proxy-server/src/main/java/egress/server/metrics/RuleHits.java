package egress.server.metrics;

import egress.policy.Policy;
import egress.policy.Route;
import egress.policy.RuleNames;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * How many requests each rule of the routes in force has let through: those that no request needs stand at 0. A rule that a reload takes out is no
 * longer shown, so that there are never more labels than rules in the file; the count of one that stays continues.
 */
final class RuleHits {
    private volatile Map<String, Map<String, LongAdder>> counts = Map.of();
    private final Map<LongAdder, Meter> meters = new HashMap<>();
    private @Nullable MeterRegistry registry;

    /** Counts are written to this registry from now on. */
    synchronized void ready(MeterRegistry made) {
        registry = made;
        register(made);
    }

    /** These rules are in force. */
    synchronized void routes(Policy policy) {
        Map<String, Map<String, LongAdder>> before = counts;
        Map<String, Map<String, LongAdder>> next = new HashMap<>();
        for (Route route : policy.routes()) {
            Map<String, LongAdder> known = before.getOrDefault(route.name(), Map.of());
            Map<String, LongAdder> rules = new HashMap<>();
            for (String rule : RuleNames.of(route)) {
                LongAdder count = known.get(rule);
                rules.put(rule, count == null ? new LongAdder() : count);
            }
            next.put(route.name(), Map.copyOf(rules));
        }
        counts = Map.copyOf(next);
        MeterRegistry made = registry;
        if (made != null) {
            register(made);
        }
    }

    /** A request was let through. One that is judged by routes that are gone counts no more. */
    void hit(Route route, @Nullable String rule) {
        Map<String, LongAdder> rules = counts.get(route.name());
        LongAdder count = rules == null || rule == null ? null : rules.get(rule);
        if (count != null) {
            count.increment();
        }
    }

    private void register(MeterRegistry made) {
        Map<LongAdder, Meter> gone = new HashMap<>(meters);
        counts.values().forEach(rules -> rules.values().forEach(gone::remove));
        gone.forEach((count, meter) -> {
            made.remove(meter);
            meters.remove(count);
        });
        counts.forEach((route, rules) -> rules.forEach((rule, count) -> meters.computeIfAbsent(
                count,
                added -> FunctionCounter.builder("egress.rule.hits", added, LongAdder::sum)
                        .description("Requests that each rule of the routes in force let through")
                        .tag("route", route)
                        .tag("rule", rule)
                        .register(made))));
    }
}
