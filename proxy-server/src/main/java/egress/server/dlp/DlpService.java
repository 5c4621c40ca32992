package egress.server.dlp;

import egress.ca.Issuer;
import egress.dlp.builtin.Masker;
import egress.dlp.pipelock.PipelockScanner;
import egress.exchange.Inspector;
import egress.policy.Route;
import egress.server.admin.Readiness;
import egress.server.config.Endpoint;
import egress.server.config.Settings;
import egress.server.dlp.judge.ScanWatch;
import egress.server.dlp.judge.Supervision;
import egress.server.log.Notices;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Who scans what leaves, for as long as the process runs; each load of the routes gets an inspector of its own. */
public final class DlpService implements AutoCloseable {
    private final DlpEngine engine;
    private final Optional<PipelockScanner> pipelock;
    private final Optional<PipelockHealth> watch;
    private final Optional<String> token;
    private final Map<String, String> environment;

    private DlpService(
            DlpEngine engine, Optional<PipelockScanner> pipelock, Optional<PipelockHealth> watch, Settings settings) {
        this.engine = engine;
        this.pipelock = pipelock;
        this.watch = watch;
        this.token = settings.dlp().pipelock().flatMap(asked -> Optional.ofNullable(asked.token()));
        this.environment = settings.environment();
    }

    /**
     * Starts what was chosen, and says what an operator must know of it.
     *
     * @param issuer whose key the fingerprints hang on, so that they stay the same from start to start
     * @param scans is notified of each scan
     * @throws IOException when the spool or the sink cannot be had, with a sentence that names the flag
     */
    public static DlpService start(
            Settings settings, Issuer issuer, Readiness readiness, Notices notices, ScanWatch scans)
            throws IOException {
        SecureRandom random = new SecureRandom();
        Optional<PipelockScanner> pipelock = Optional.empty();
        if (settings.dlp().pipelock().isPresent()) {
            try {
                pipelock = Optional.of(
                        PipelockScanner.start(settings.dlp().pipelock().get(), random));
            } catch (IOException e) {
                throw new IOException("--pipelock-sink: cannot listen: " + e.getMessage(), e);
            }
            pipelock.flatMap(PipelockScanner::sinkAddress)
                    .ifPresent(sink -> notices.say(
                            "pipelock's reverse proxy must have its upstream here: http://" + Endpoint.text(sink)));
            pipelock.flatMap(PipelockScanner::warning).ifPresent(words -> notices.say("warning: " + words));
        }
        if (settings.dlp().isOff()) {
            notices.say("DLP IS OFF: requests leave unscanned, whatever secrets they carry. --dlp builtin scans them.");
        }
        try {
            DlpEngine engine = DlpEngine.start(
                    settings.dlp(), pipelock.map(it -> it), issuer.secretFor("dlp fingerprints"), random, scans);
            Optional<PipelockHealth> watch = pipelock.map(it -> new PipelockHealth(it, readiness, notices));
            watch.ifPresent(PipelockHealth::check);
            return new DlpService(engine, pipelock, watch, settings);
        } catch (IOException | RuntimeException e) {
            pipelock.ifPresent(PipelockScanner::close);
            throw e;
        }
    }

    /**
     * What looks at exchanges under these routes.
     *
     * @param secrets that must not leave, besides the routes' credentials
     * @param supervision who is asked about hits on routes that supervise
     */
    public Inspector inspector(Collection<Route> routes, Collection<String> secrets, Supervision supervision) {
        List<String> known = new ArrayList<>(secrets);
        token.ifPresent(known::add);
        return engine.inspector(routes, known, environment, supervision);
    }

    /** Does something once the built-in scanner was made, and found its test value; never where there is none. */
    public void whenTried(Runnable action) {
        engine.scanner().ifPresent(made -> made.thenRun(action));
    }

    /**
     * Masks records by the scanner of the newest inspector, so that the catalogue is compiled once; where there is none, by one of its
     * own. Waits while that is being made: not for an event loop.
     *
     * @param secrets for one of its own
     */
    public Masker masker(Collection<byte[]> secrets) {
        return engine.scanner().map(made -> new Masker(made.join())).orElseGet(() -> Masker.of(secrets));
    }

    /** Where it listens itself: pipelock's questions come back there. */
    public Optional<InetSocketAddress> listener() {
        return pipelock.flatMap(PipelockScanner::sinkAddress);
    }

    /** New routes hold: pipelock has to prove itself anew. */
    public void reloaded() {
        watch.ifPresent(PipelockHealth::check);
    }

    public DlpEngine.Statistics statistics() {
        return engine.statistics();
    }

    @Override
    public void close() {
        watch.ifPresent(PipelockHealth::close);
        pipelock.ifPresent(PipelockScanner::close);
        engine.close();
    }
}
