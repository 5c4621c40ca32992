package egress.server;

import egress.share.FairBudget;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Meters of what callers share: five for each budget, with its name as their label. */
final class BudgetMeters {
    private BudgetMeters() {}

    /** @param budget a word, as in docs/running.md */
    static void register(MeterRegistry registry, String budget, Supplier<FairBudget.Statistics> how) {
        gauge(registry, budget, how, "capacity", "What there is of a shared budget", FairBudget.Statistics::capacity);
        gauge(registry, budget, how, "used", "What callers hold of a shared budget", FairBudget.Statistics::used);
        gauge(registry, budget, how, "callers", "Callers that hold some of it", FairBudget.Statistics::callers);
        counter(registry, budget, how, "refused", "Takes that were refused", FairBudget.Statistics::refused);
        counter(registry, budget, how, "reclaimed", "Takers that were to give way", FairBudget.Statistics::reclaimed);
    }

    private static void gauge(
            MeterRegistry registry,
            String budget,
            Supplier<FairBudget.Statistics> how,
            String meter,
            String words,
            ToDoubleFunction<FairBudget.Statistics> value) {
        Gauge.builder("egress.budget." + meter, () -> value.applyAsDouble(how.get()))
                .description(words)
                .tag("budget", budget)
                .register(registry);
    }

    private static void counter(
            MeterRegistry registry,
            String budget,
            Supplier<FairBudget.Statistics> how,
            String meter,
            String words,
            ToDoubleFunction<FairBudget.Statistics> value) {
        FunctionCounter.builder("egress.budget." + meter, registry, any -> value.applyAsDouble(how.get()))
                .description(words)
                .tag("budget", budget)
                .register(registry);
    }
}
