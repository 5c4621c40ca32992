package egress.server;

import egress.ProxyServer;
import egress.exchange.Asking;
import egress.exchange.ProxySnapshot;
import egress.policy.Policy;
import egress.policy.Route;
import egress.server.admin.Readiness;
import egress.server.admin.Readiness.Part;
import egress.server.ask.AskService;
import egress.server.config.Settings;
import egress.server.dlp.DlpService;
import egress.server.dlp.judge.Supervision;
import egress.server.log.EventLog;
import egress.server.log.Notice;
import egress.server.log.Notices;
import egress.server.log.SecretMasker;
import egress.server.metrics.ExchangeMetrics;
import egress.server.routes.Reloader;
import egress.server.routes.RoutesFile;
import egress.server.routes.RoutesSource;
import egress.upstream.UpstreamProxy;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** The routes of the moment: their first load, and what each later one changes in the other parts. */
final class RoutesInForce {
    private final Settings settings;
    private final Notices notices;
    private final Readiness readiness;
    private final ExchangeMetrics metrics;
    private final AtomicReference<String> allowlist = new AtomicReference<>("");

    RoutesInForce(Settings settings, Notices notices, Readiness readiness, ExchangeMetrics metrics) {
        this.settings = settings;
        this.notices = notices;
        this.readiness = readiness;
        this.metrics = metrics;
    }

    /** What the first load of the routes gave. */
    record First(Optional<RoutesSource> source, RoutesFile.Loaded routes, boolean valid, String fingerprint) {}

    /**
     * The parts that work by the routes.
     *
     * @param ask absent where no operator can be asked
     */
    record Users(ProxyServer proxy, EventLog log, DlpService dlp, Optional<AskService> ask) {
        Asking asking() {
            return RoutesInForce.asking(ask);
        }
    }

    static Asking asking(Optional<AskService> ask) {
        return ask.<Asking>map(AskService::desk).orElse(Asking.NOBODY);
    }

    /** The hosts of the routes, for people. */
    String allowlist() {
        return allowlist.get();
    }

    /** Loads them for the first time; where they are invalid, the errors are reported and everything is denied. */
    First load() {
        if (settings.serving().routes().isEmpty()) {
            List<Route> passthrough = settings.serving().passthrough().stream()
                    .map(host -> Route.named(host).passthrough(true).build())
                    .toList();
            return new First(Optional.empty(), RoutesFile.Loaded.of(Policy.allowAll(passthrough), 0), true, "");
        }
        RoutesSource source = new RoutesSource(
                settings.serving().routes().get(), settings.serving().passthrough(), settings.environment());
        String fingerprint = source.fingerprint();
        return switch (source.load()) {
            case RoutesFile.Result.Valid valid -> new First(Optional.of(source), valid.loaded(), true, fingerprint);
            case RoutesFile.Result.Invalid invalid -> {
                invalid.errors().forEach(notices::say);
                notices.say("there are no valid routes: everything is denied until a reload finds some");
                readiness.fault(
                        Part.ROUTES, "no valid routes: " + invalid.errors().getFirst());
                // The words of the file are the operator's business, not the caller's.
                Policy denied =
                        Policy.denyAll("the gate has no valid routes: nothing is allowed until they are mended");
                yield new First(Optional.of(source), RoutesFile.Loaded.of(denied, 1), false, fingerprint);
            }
        };
    }

    static ProxySnapshot snapshot(long generation, RoutesFile.Loaded routes, DlpService dlp, Asking asking) {
        return new ProxySnapshot(
                generation,
                routes.policy(),
                dlp.inspector(routes.policy().routes(), routes.secrets(), new Supervision(asking, generation)));
    }

    /** What the log is to mask, and how much it says. */
    EventLog.Rules rules(RoutesFile.Loaded routes, DlpService dlp) {
        List<String> others = new ArrayList<>(settings.serving().proxyUsers().values());
        others.addAll(routes.secrets());
        settings.upstream().proxy().flatMap(UpstreamProxy::credentials).ifPresent(value -> {
            others.add(value);
            others.add(value.substring(value.indexOf(' ') + 1));
        });
        settings.trace().ifPresent(traces -> others.addAll(traces.secrets()));
        return new EventLog.Rules(
                routes.logLevel(), SecretMasker.of(routes.policy().routes(), others, dlp::masker));
    }

    /** Warns where the routes ask and no operator can answer. */
    void warnOfNobody(Optional<AskService> ask, Policy policy) {
        if (ask.isEmpty() && policy.asks()) {
            notices.say(new Notice.Warning(
                    settings.ask().ofChild()
                            ? "the routes ask an operator, and only the program's own user could answer: ask"
                                    + " means deny (expected: --ask-queue DIR with --ask-owner of another user)"
                            : "the routes ask an operator, and nobody can be asked: ask means deny (expected:"
                                    + " --ask-queue DIR or --inspect)"));
        }
    }

    /** Starts what loads them anew; absent where there is no file. */
    Optional<Reloader> reload(First first, Users users, InstantSource clock) {
        allowlist.set(first.routes().allowlist());
        return first.source().map(source -> {
            Reloader.Listener listener = new Reloader.Listener() {
                @Override
                public void loaded(RoutesFile.Loaded routes, long generation) {
                    DlpService dlp = users.dlp();
                    ProxySnapshot next =
                            snapshot(generation, routes, dlp, users.asking()); // first: the log masks by its scanner
                    users.log().update(rules(routes, dlp));
                    users.proxy().update(next);
                    users.ask().ifPresent(it -> it.desk().reloaded(next));
                    warnOfNobody(users.ask(), routes.policy());
                    metrics.routes(routes.policy());
                    dlp.reloaded();
                    readiness.clear(Part.ROUTES);
                    allowlist.set(routes.allowlist());
                    notices.say(new Notice.Reloaded(
                            routes.line(), generation, routes.policy().routes().size()));
                    routes.warnings().forEach(warning -> notices.say(new Notice.Warning(warning)));
                }

                @Override
                public void failed(List<String> errors) {
                    errors.forEach(notices::say);
                    notices.say(new Notice.ReloadFailed(errors));
                }
            };
            Reloader reloader = new Reloader(
                    source,
                    listener,
                    settings.serving().reloadInterval(),
                    clock,
                    first.valid() ? 1 : 0,
                    first.fingerprint());
            reloader.start();
            return reloader;
        });
    }
}
