package egress.server;

import egress.server.config.Settings;
import egress.server.evidence.ShadowRoutes;
import egress.server.inspect.Inspector;
import egress.server.log.EventLog;
import egress.server.log.Notices;
import egress.server.log.ShadowFlip;
import egress.server.metrics.ExchangeMetrics;
import egress.server.routes.Reloader;
import egress.server.routes.RoutesFile;
import egress.server.routes.RoutesSource;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** The shadow routes of a run: what judges by them, and what loads them. */
record Shadow(ShadowRoutes routes, Reloader reloader) implements AutoCloseable {
    private static final String NAME = "shadow routes: ";

    /** Loads the file that the flag names; an invalid one is reported, and not used until a reload finds it valid. */
    static Optional<Shadow> of(
            Settings settings,
            Notices notices,
            InstantSource clock,
            ExchangeMetrics metrics,
            EventLog log,
            Optional<Inspector> page) {
        return settings.serving().shadowRoutes().map(file -> {
            ShadowRoutes routes = new ShadowRoutes(flip -> {
                metrics.flipped(flip.route(), flip.from(), flip.to());
                page.ifPresent(shown -> shown.flipped(flip.exchange(), flip.from(), flip.to(), flip.rule()));
                log.flipped(
                        new ShadowFlip(
                                clock.millis(),
                                flip.downstream(),
                                flip.exchange(),
                                flip.tls(),
                                flip.authority(),
                                flip.method(),
                                flip.target(),
                                flip.route(),
                                flip.from(),
                                flip.to(),
                                flip.rule()),
                        flip.caller());
            });
            Reloader.Listener listener = new Reloader.Listener() {
                @Override
                public void loaded(RoutesFile.Loaded loaded, long generation) {
                    routes.use(loaded.policy());
                    notices.say(NAME + loaded.line());
                    loaded.warnings().forEach(warning -> notices.say(NAME + "warning: " + warning));
                }

                @Override
                public void failed(List<String> errors) {
                    errors.forEach(error -> notices.say(NAME + error));
                    notices.say(NAME + (routes.isUsed() ? "they stay as they were" : "they are not used"));
                }
            };
            RoutesSource source = new RoutesSource(file, settings.serving().passthrough(), settings.environment());
            String fingerprint = source.fingerprint();
            long generation = 0;
            switch (source.load()) {
                case RoutesFile.Result.Valid valid -> {
                    generation = 1;
                    listener.loaded(valid.loaded(), generation);
                }
                case RoutesFile.Result.Invalid invalid -> listener.failed(invalid.errors());
            }
            return new Shadow(
                    routes,
                    new Reloader(
                            source, listener, settings.serving().reloadInterval(), clock, generation, fingerprint));
        });
    }

    void start() {
        routes.start();
        reloader.start();
    }

    /** Loads the file again; returns at once. */
    void reload() {
        reloader.request();
    }

    /** Exchanges that were not judged. */
    long lost() {
        return routes.lost();
    }

    @Override
    public void close() {
        reloader.close();
        routes.close();
    }
}
