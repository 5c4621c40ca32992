package egress.server.metrics;

import egress.ca.LeafCache;
import egress.server.ask.AskCounts;
import egress.server.ask.AskDesk;
import egress.server.ask.AskOutcome;
import egress.server.ask.Question;
import egress.server.dlp.DlpEngine;
import egress.share.FairBudget;
import egress.upstream.UpstreamStatistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.internal.PlatformDependent;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Meters that read the counts which the parts keep anyway. */
public final class ProcessMetrics {
    private ProcessMetrics() {}

    /** Questions to an operator, and grants. */
    public static void asks(MeterRegistry registry, AskDesk desk) {
        AskCounts counts = desk.counts();
        for (Question.Kind kind : Question.Kind.values()) {
            String name = kind.code();
            asks(registry, "egress.asks", "Questions that were opened", name, "", () -> counts.asked(kind));
            for (AskOutcome outcome : AskOutcome.values()) {
                asks(
                        registry,
                        "egress.asks.ended",
                        "Questions that ended, by how",
                        name,
                        outcome.code(),
                        () -> counts.ended(kind, outcome));
            }
            asks(
                    registry,
                    "egress.asks.too.many",
                    "What was denied without asking, since too many questions were open",
                    name,
                    "",
                    () -> counts.tooMany(kind));
            asks(
                    registry,
                    "egress.asks.grant.uses",
                    "Requests that a grant let pass",
                    name,
                    "",
                    () -> counts.used(kind));
            Gauge.builder("egress.asks.open", () -> desk.open(kind))
                    .description("Questions that wait for an answer")
                    .tag("kind", name)
                    .register(registry);
            Gauge.builder("egress.asks.grants", () -> desk.granted(kind))
                    .description("Grants in force")
                    .tag("kind", name)
                    .register(registry);
        }
        counter(
                registry,
                "egress.asks.answers.refused",
                "What lay in place of an answer and was none, or was for no open question",
                counts::answersRefused);
    }

    /** @param outcome empty for a count without that label */
    private static void asks(
            MeterRegistry registry,
            String name,
            String words,
            String kind,
            String outcome,
            Supplier<? extends Number> count) {
        FunctionCounter.Builder<MeterRegistry> made = FunctionCounter.builder(
                        name, registry, any -> count.get().doubleValue())
                .description(words)
                .tag("kind", kind);
        (outcome.isEmpty() ? made : made.tag("outcome", outcome)).register(registry);
    }

    /** Registers a count that only grows. */
    public static void counter(MeterRegistry registry, String name, String words, Supplier<? extends Number> count) {
        // The registry holds the object weakly and the function strongly: the function brings what it needs.
        FunctionCounter.builder(name, registry, any -> count.get().doubleValue())
                .description(words)
                .register(registry);
    }

    /** Of the shadow routes. */
    public static void shadow(MeterRegistry registry, Supplier<? extends Number> lost) {
        counter(registry, "egress.shadow.lost", "Exchanges that the shadow routes had no time to judge", lost);
    }

    public static void gauge(MeterRegistry registry, String name, String words, Supplier<? extends Number> value) {
        Gauge.builder(name, () -> value.get()).description(words).register(registry);
    }

    /**
     * A budget that callers share.
     *
     * @param name one of ours, as the meters' label
     */
    public static void budget(MeterRegistry registry, String name, Supplier<FairBudget.Statistics> budget) {
        budgetGauge(
                registry,
                "egress.budget.capacity",
                "What callers share",
                name,
                () -> budget.get().capacity());
        budgetGauge(
                registry,
                "egress.budget.used",
                "What callers hold of it",
                name,
                () -> budget.get().used());
        budgetGauge(
                registry,
                "egress.budget.callers",
                "Callers that hold some of it",
                name,
                () -> budget.get().callers());
        budgetCounter(
                registry,
                "egress.budget.refused",
                "What was refused for want of a share",
                name,
                () -> budget.get().refused());
        budgetCounter(
                registry,
                "egress.budget.reclaimed",
                "What had to give way",
                name,
                () -> budget.get().reclaimed());
    }

    private static void budgetGauge(
            MeterRegistry registry, String meter, String words, String name, Supplier<? extends Number> value) {
        Gauge.builder(meter, () -> value.get())
                .description(words)
                .tag("budget", name)
                .register(registry);
    }

    private static void budgetCounter(
            MeterRegistry registry, String meter, String words, String name, Supplier<? extends Number> count) {
        FunctionCounter.builder(meter, registry, any -> count.get().doubleValue())
                .description(words)
                .tag("budget", name)
                .register(registry);
    }

    /** Leaf certificates: mints and the cache of them. */
    public static void leaves(MeterRegistry registry, Supplier<LeafCache.Statistics> leaves) {
        counter(
                registry,
                "egress.leaf.hits",
                "Leaf certificates served from the cache",
                () -> leaves.get().hits());
        counter(
                registry,
                "egress.leaf.misses",
                "Leaf certificates waited for",
                () -> leaves.get().misses());
        counter(
                registry,
                "egress.leaf.mints",
                "Leaf certificates signed",
                () -> leaves.get().mints());
        counter(
                registry,
                "egress.leaf.mint.failures",
                "Leaf certificates that could not be signed",
                () -> leaves.get().failures() + leaves.get().refusals());
        counter(
                registry,
                "egress.leaf.evictions",
                "Leaf certificates dropped to make room",
                () -> leaves.get().evictions());
        gauge(
                registry,
                "egress.leaf.cached",
                "Leaf certificates kept",
                () -> leaves.get().size());
    }

    /** The record of exchanges. */
    public static void flows(
            MeterRegistry registry, Supplier<? extends Number> recorded, Supplier<? extends Number> lost) {
        counter(registry, "egress.flows.recorded", "Exchanges and ClientHellos that were recorded", recorded);
        counter(registry, "egress.flows.lost", "Exchanges and ClientHellos that are recorded nowhere", lost);
    }

    /** The pools of connections to origins. */
    public static void upstream(MeterRegistry registry, Supplier<UpstreamStatistics> upstream) {
        counter(
                registry,
                "egress.upstream.connects",
                "Connections made to origins",
                () -> upstream.get().connects());
        counter(
                registry,
                "egress.upstream.connect.failures",
                "Attempts that ended in no connection",
                () -> upstream.get().connectFailures());
        counter(
                registry,
                "egress.upstream.addresses.refused",
                "Addresses the guard refused",
                () -> upstream.get().addressesRefused());
        counter(
                registry,
                "egress.upstream.handshakes",
                "TLS handshakes with origins",
                () -> upstream.get().handshakes());
        counter(
                registry,
                "egress.upstream.handshakes.resumed",
                "Those that resumed a session",
                () -> upstream.get().handshakesResumed());
        counter(
                registry,
                "egress.upstream.handshake.failures",
                "TLS handshakes with origins that failed",
                () -> upstream.get().handshakeFailures());
        counter(
                registry,
                "egress.upstream.reused",
                "Exchanges on a connection that was open already",
                () -> upstream.get().reused());
        gauge(
                registry,
                "egress.upstream.h1.open",
                "h1 connections to origins",
                () -> upstream.get().http1Open());
        gauge(
                registry,
                "egress.upstream.h2.open",
                "h2 connections to origins",
                () -> upstream.get().http2Open());
        gauge(
                registry,
                "egress.upstream.idle",
                "Connections to origins without an exchange",
                () -> upstream.get().idle());
        gauge(
                registry,
                "egress.upstream.streams",
                "Exchanges with a connection or stream",
                () -> upstream.get().streams());
        gauge(
                registry,
                "egress.upstream.waiting",
                "Exchanges that wait for a connection",
                () -> upstream.get().waiting());
    }

    /** Scans for secrets, and what waits for them. */
    public static void dlp(MeterRegistry registry, Supplier<DlpEngine.Statistics> dlp) {
        gauge(
                registry,
                "egress.dlp.memory.left",
                "Bytes that bodies waiting for their verdict may still take of the memory",
                () -> dlp.get().memory().left());
        gauge(
                registry,
                "egress.dlp.spool.left",
                "Bytes that bodies waiting for their verdict may still take of the spool",
                () -> dlp.get().spool().left());
        gauge(
                registry,
                "egress.dlp.waiting",
                "Scans that wait for a thread",
                () -> dlp.get().scans().used());
        gauge(registry, "egress.dlp.scanning", "Scans that run", () -> dlp.get().running());
        budget(registry, "dlp_memory", () -> dlp.get().memory());
        budget(registry, "spool", () -> dlp.get().spool());
        budget(registry, "dlp_remembered", () -> dlp.get().remembered());
        budget(registry, "scans", () -> dlp.get().scans());
        budget(registry, "questions", () -> dlp.get().questions());
    }

    /**
     * Loads of the routes.
     *
     * @param held whether the last load held
     * @param loaded when the routes in use were loaded
     */
    public static void routes(
            MeterRegistry registry,
            Supplier<Long> successes,
            Supplier<Long> failures,
            BooleanSupplier held,
            Supplier<Long> generation,
            Supplier<Instant> loaded) {
        String words = "Reloads of the routes";
        FunctionCounter.builder("egress.reloads", registry, any -> successes.get())
                .description(words)
                .tag("result", "ok")
                .register(registry);
        FunctionCounter.builder("egress.reloads", registry, any -> failures.get())
                .description(words)
                .tag("result", "failed")
                .register(registry);
        gauge(
                registry,
                "egress.routes.reload.ok",
                "1 when the last load of the routes held, 0 when the ones before it stay",
                () -> held.getAsBoolean() ? 1 : 0);
        gauge(registry, "egress.routes.generation", "Counts the loads; 0 without valid routes", generation);
        gauge(
                registry,
                "egress.routes.loaded.seconds",
                "When the routes in use were loaded, in seconds of the epoch",
                () -> loaded.get().toEpochMilli() / 1000.0);
    }

    /**
     * The process itself.
     *
     * @param lost log lines that were never written
     */
    public static void process(MeterRegistry registry, EventLoopLag lag, Supplier<Long> lost, String version) {
        Runtime runtime = Runtime.getRuntime();
        double started = System.currentTimeMillis() / 1000.0;
        gauge(
                registry,
                "egress.event.loop.lag.seconds",
                "Latest timer of 15 s over all event loops",
                lag::worstSeconds);
        gauge(registry, "egress.heap.used.bytes", "Heap in use", () -> runtime.totalMemory() - runtime.freeMemory());
        gauge(registry, "egress.heap.max.bytes", "Heap there may be", runtime::maxMemory);
        gauge(
                registry,
                "egress.direct.memory.bytes",
                "Memory outside of the heap, of buffers",
                () -> Math.max(0, PlatformDependent.usedDirectMemory()));
        gauge(registry, "egress.start.time.seconds", "When the gate started, in seconds of the epoch", () -> started);
        counter(registry, "egress.log.lost", "Log lines lost because they could not be written in time", lost);
        Gauge.builder("egress.info", () -> 1)
                .description("The version, as a label")
                .tag("version", version)
                .register(registry);
    }
}
