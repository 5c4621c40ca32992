package egress.server;

import egress.ca.CaException;
import egress.ca.Issuer;
import egress.exchange.Observer;
import egress.server.cli.CaOptions;
import egress.server.cli.CommandLineFactory;
import egress.server.config.Endpoint;
import egress.server.config.Settings;
import egress.server.log.LogbackSetup;
import egress.server.log.Notices;
import egress.server.log.Streams;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.security.SecureRandom;
import java.security.Security;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The program. */
public final class Main {
    private static final int FAILED = 1;

    private final Map<String, String> environment;
    private final Streams streams;
    private final Signals signals;
    private final Notices notices;

    Main(Map<String, String> environment, Streams streams, Signals signals) {
        this.environment = Map.copyOf(environment);
        this.streams = streams;
        this.signals = signals;
        this.notices = new Notices(streams.err());
    }

    /** Runs until it is told to stop; exits with 0 then, with 2 when called wrongly, with 1 when it cannot work. */
    public static void main(String[] arguments) {
        Signals signals = Signals.install();
        DirectMemory.bound();
        keepNoNames();
        Thread.setDefaultUncaughtExceptionHandler(Main::uncaught);
        Map<String, String> environment = System.getenv();
        // Not System.out and System.err: their locks and buffers are for other programs.
        Streams streams = new Streams(
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                showsColours(environment));
        System.exit(new Main(environment, streams, signals).run(arguments));
    }

    /** The JDK would keep names below us for its own times, 10 s where there is none; must come before the first look-up. */
    private static void keepNoNames() {
        Security.setProperty("networkaddress.cache.ttl", "0");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
        Security.setProperty("networkaddress.cache.stale.ttl", "0");
    }

    /** An error on some thread is that thread's; the gate goes on. */
    private static void uncaught(Thread thread, Throwable error) {
        Logger log = LoggerFactory.getLogger(Main.class);
        log.error("thread {} ended: {}", thread.getName(), error.toString(), error);
    }

    @SuppressWarnings("SystemConsoleNull") // it still is where it is no terminal, unless another console is chosen
    private static boolean showsColours(Map<String, String> environment) {
        if (!environment.getOrDefault("NO_COLOR", "").isEmpty() || "dumb".equals(environment.get("TERM"))) {
            return false;
        }
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /** Runs a command to its end. */
    int run(String... arguments) {
        return CommandLineFactory.run(environment, this::serve, notices, arguments);
    }

    private int serve(Settings settings, CaOptions ca) {
        ProxyProcess gate;
        if (settings.log().verbose()) {
            LogbackSetup.verbose();
        }
        try {
            gate = Wiring.start(settings, inBackground(ca), streams, notices, InstantSource.system(), Observer.NONE);
        } catch (CaException | IOException e) {
            notices.say(String.valueOf(e.getMessage()));
            return FAILED;
        }
        announce(settings, gate);
        if (ca.replacedCertificate()) {
            notices.say("--ca-cert-out: the certificate of another CA was there, and this one is in its place: who"
                    + " trusted that one must be given this one");
        }
        try (gate) {
            return serve(gate);
        } catch (InterruptedException e) {
            return FAILED;
        }
    }

    /** Loads the authority while the routes are read. */
    private static Wiring.IssuerSource inBackground(CaOptions ca) {
        FutureTask<Issuer> loading = new FutureTask<>(() -> ca.issuer(InstantSource.system(), new SecureRandom()));
        Thread.ofPlatform().daemon().name("egress-ca").start(loading);
        return () -> {
            try {
                return loading.get();
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case CaException bad -> throw bad;
                    case RuntimeException bug -> throw bug;
                    case null, default -> throw new IllegalStateException(e);
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        };
    }

    private void announce(Settings settings, ProxyProcess gate) {
        if (settings.serving().routes().isEmpty()) {
            notices.say("NO ROUTES: a debugging proxy. It allows everything, reaches private addresses, and neither"
                    + " strips nor injects credentials. --routes FILE makes it a gate.");
        } else if (gate.snapshot().generation() > 0) {
            notices.say(gate.firstRoutes().line());
            gate.firstRoutes().warnings().forEach(warning -> notices.say("warning: " + warning));
        }
        settings.upstream()
                .proxy()
                .ifPresent(proxy -> notices.say("every origin is reached through " + proxy
                        + ", which decides by itself which addresses may be reached"));
        settings.trace()
                .ifPresent(traces -> notices.say("traces of " + traces.sampling() + " go to " + traces.receiver()));
        warnOfUnknownVariables(settings.unknownVariables(), gate.firstRoutes().variables());
        signals.onHangup(gate::reload);
        if (settings.serving().routes().isPresent() && signals.onHangup() != Signals.Hangup.HANDLED) {
            notices.say(
                    signals.onHangup() == Signals.Hangup.IGNORED
                            ? "SIGHUP is ignored (nohup?), so it reloads nothing; --reload-interval does"
                            : "there is no SIGHUP here to reload the routes; --reload-interval does");
        }
        notices.say("mitm ca fingerprint: sha256:" + gate.issuer().fingerprint());
        notices.say("listening on " + Endpoint.text(gate.address()));
    }

    private void warnOfUnknownVariables(Set<String> candidates, Set<String> tokens) {
        Set<String> unknown = new TreeSet<>(candidates);
        unknown.removeAll(tokens);
        if (!unknown.isEmpty()) {
            notices.say("unknown variable(s), ignored: " + String.join(", ", unknown) + " (--help lists the flags;"
                    + " each has a variable)");
        }
    }

    private int serve(ProxyProcess gate) throws InterruptedException {
        Thread stopper = Thread.ofVirtual().start(() -> {
            try {
                signals.awaitStop();
                gate.ended().complete("");
                signals.awaitSecondStop();
                gate.giveUp();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        String fatal = gate.ended().join();
        if (!fatal.isEmpty()) {
            notices.say(fatal);
            return FAILED;
        }
        notices.say("stopping: no new connections, exchanges under way may end");
        gate.drain();
        stopper.interrupt();
        return 0;
    }
}
