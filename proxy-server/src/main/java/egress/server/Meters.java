package egress.server;

import egress.ProxyServer;
import egress.ca.Issuer;
import egress.ca.LeafCache;
import egress.exchange.CallerBudgets;
import egress.server.admin.Readiness;
import egress.server.ask.AskService;
import egress.server.cli.Version;
import egress.server.dlp.DlpService;
import egress.server.flows.FlowObserver;
import egress.server.log.AsyncWriter;
import egress.server.metrics.EventLoopLag;
import egress.server.metrics.ProcessMetrics;
import egress.server.routes.Reloader;
import egress.server.trace.Tracing;
import egress.share.FairExecutor;
import egress.upstream.PooledUpstreams;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Objects;
import java.util.Optional;

/** The parts of the gate that keep counts, for the page of metrics. */
record Meters(
        Issuer issuer,
        LeafCache leaves,
        FairExecutor mints,
        PooledUpstreams upstreams,
        ProxyServer proxy,
        CallerBudgets budgets,
        AsyncWriter log,
        Readiness readiness,
        Optional<Reloader> reloader,
        Optional<Shadow> shadow,
        DlpService dlp,
        Optional<FlowObserver> flows,
        Optional<AskService> ask,
        Optional<Tracing> tracing,
        EventLoopLag lag) {
    PrometheusMeterRegistry register() {
        PrometheusMeterRegistry made = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        ProcessMetrics.process(made, lag, log::lost, Version.number());
        budgets.byName().forEach((name, budget) -> ProcessMetrics.budget(made, name, budget::statistics));
        ProcessMetrics.budget(made, "log", log::statistics);
        for (String name : upstreams.budgets().keySet()) {
            ProcessMetrics.budget(
                    made, name, () -> Objects.requireNonNull(upstreams.budgets().get(name)));
        }
        ProcessMetrics.leaves(made, leaves::statistics);
        ProcessMetrics.budget(made, "mints", mints::statistics);
        long end = issuer.certificate().getNotAfter().toInstant().getEpochSecond();
        ProcessMetrics.gauge(made, "egress.ca.expiry.seconds", "When the CA ends, as Unix time", () -> end);
        ProcessMetrics.upstream(made, upstreams::statistics);
        ProcessMetrics.gauge(made, "egress.connections.open", "Open connections of callers", proxy::openConnections);
        ProcessMetrics.gauge(
                made, "egress.ready", "1 when ready", () -> readiness.whyNot().isEmpty() ? 1 : 0);
        reloader.ifPresent(it -> ProcessMetrics.routes(
                made, it::successes, it::failures, it::lastHeld, it::generation, it::lastSuccess));
        ProcessMetrics.dlp(made, dlp::statistics);
        shadow.ifPresent(it -> ProcessMetrics.shadow(made, it::lost));
        if (tracing.isPresent()) {
            register(made, tracing.get());
        }
        flows.ifPresent(it -> {
            ProcessMetrics.flows(made, it::recorded, it::lost);
            ProcessMetrics.budget(made, "flows", it::statistics);
        });
        ask.ifPresent(it -> ProcessMetrics.asks(made, it.desk()));
        return made;
    }

    private static void register(PrometheusMeterRegistry made, Tracing tracing) {
        ProcessMetrics.budget(made, "traces", () -> tracing.statistics().memory());
        ProcessMetrics.counter(
                made,
                "egress.traces.sent",
                "Exchanges whose spans the receiver took",
                () -> tracing.statistics().sent());
        ProcessMetrics.counter(
                made,
                "egress.traces.lost",
                "Sampled exchanges whose spans were lost",
                () -> tracing.statistics().lost());
    }
}
