package egress.server;

import egress.ca.CaException;
import egress.ca.Issuer;
import egress.exchange.Observer;
import egress.server.cli.CaOptions;
import egress.server.cli.ChildProgram;
import egress.server.cli.CommandLineFactory;
import egress.server.cli.ProxyCommand;
import egress.server.cli.Version;
import egress.server.config.Endpoint;
import egress.server.config.LogSettings;
import egress.server.config.Settings;
import egress.server.inspect.Inspector;
import egress.server.log.LogbackSetup;
import egress.server.log.Notice;
import egress.server.log.Notices;
import egress.server.log.Streams;
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
    private static final int DEFAULT_PORT = 9099;

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

    /** Runs until a signal stops it; exits with 0 then, with 2 when called wrongly, with 1 when it cannot work. */
    public static void main(String[] arguments) {
        Signals signals = Signals.install();
        DirectMemory.bound();
        keepNoNames();
        trackNoBuffers();
        Thread.setDefaultUncaughtExceptionHandler(Main::uncaught);
        Map<String, String> environment = System.getenv();
        // Not System.out and System.err: their locks and buffers are for other programs.
        Streams streams = new Streams(
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                Consoles.showsColours(environment),
                Consoles.isOneTerminal());
        System.exit(new Main(environment, streams, signals).run(arguments));
    }

    /** The JDK would keep names below us for its own times, 10 s where there is none; must come before the first look-up. */
    private static void keepNoNames() {
        Security.setProperty("networkaddress.cache.ttl", "0");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
        Security.setProperty("networkaddress.cache.stale.ttl", "0");
    }

    /** Netty would keep a stack for one buffer of 128; leaks are looked for in tests. Must come before Netty is loaded. */
    private static void trackNoBuffers() {
        String level = "io.netty.leakDetection.level";
        if (System.getProperty(level) == null) {
            System.setProperty(level, "disabled");
        }
    }

    /** An error on some thread ends that thread alone. */
    private static void uncaught(Thread thread, Throwable error) {
        Logger log = LoggerFactory.getLogger(Main.class);
        log.error("thread {} ended: {}", thread.getName(), error.toString(), error);
    }

    /** Runs a command to its end. */
    int run(String... arguments) {
        return CommandLineFactory.run(environment, new Program(), notices, arguments);
    }

    private final class Program implements ProxyCommand.Runner {
        @Override
        public int run(Settings settings, CaOptions ca) {
            return serve(settings, ca);
        }

        @Override
        public int runAround(Settings settings, CaOptions ca, ChildProgram child) {
            return new RunSession(environment, streams, signals, notices).run(settings, inBackground(ca), child);
        }
    }

    private int serve(Settings settings, CaOptions ca) {
        ProxyProcess gate;
        if (settings.log().verbose()) {
            LogbackSetup.verbose();
        }
        if (settings.log().format() == LogSettings.Format.JSON) {
            notices.asJson();
            LogbackSetup.json();
        }
        try {
            gate = Wiring.start(settings, inBackground(ca), streams, notices, InstantSource.system(), Observer.NONE);
        } catch (CaException | IOException e) {
            notices.say(new Notice.Failed(String.valueOf(e.getMessage())));
            return FAILED;
        }
        announce(settings, gate, ca);
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

    private void announce(Settings settings, ProxyProcess gate, CaOptions ca) {
        if (settings.serving().routes().isEmpty()) {
            notices.say("NO ROUTES: a debugging proxy. It allows everything, reaches private addresses, and neither"
                    + " strips nor injects credentials. --routes FILE makes it a gate.");
        } else if (gate.snapshot().generation() > 0) {
            notices.say(gate.firstRoutes().line());
            gate.firstRoutes().warnings().forEach(warning -> notices.say(new Notice.Warning(warning)));
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
        if (settings.log().format() == LogSettings.Format.TEXT) {
            notices.say("mitm ca fingerprint: sha256:" + gate.issuer().fingerprint());
        }
        gate.inspector().ifPresent(this::announce);
        notices.say(new Notice.Started(
                Endpoint.text(gate.address()),
                gate.adminAddresses().stream().map(Endpoint::text).toList(),
                gate.issuer().fingerprint(),
                gate.snapshot().generation(),
                Version.number()));
        // Behind the lines that supervisors of the gate before this one know.
        if (settings.log().format() == LogSettings.Format.TEXT) {
            notices.say(trust(ca, gate));
        }
        gate.whenScannerTried(() -> notices.say("dlp: the built-in scanner was tried, and finds its test value"));
    }

    /** Where the certificate is, and the shortest ways to trust it. */
    private static String trust(CaOptions ca, ProxyProcess gate) {
        String site = "http://_egress.local/ through the proxy";
        String where = ca.clientCertificate().map(file -> "trust " + file).orElse("trust the certificate from " + site);
        // Where it listens for others, they are not on this machine.
        boolean isLocal = gate.address().getAddress().isLoopbackAddress();
        String shell = ca.forEnv()
                .filter(flags -> isLocal)
                .map(flags -> ": eval \"$(egress-proxy env" + (flags.isEmpty() ? "" : " " + flags)
                        + (gate.address().getPort() == DEFAULT_PORT
                                ? ""
                                : " --proxy http://" + Endpoint.text(gate.address()))
                        + ")\", or see " + site)
                .orElse("");
        return where + shell;
    }

    private void announce(Inspector inspector) {
        notices.say("inspect: " + inspector.url());
        try {
            inspector.publish();
        } catch (IOException e) {
            notices.say(new Notice.Warning(
                    "\"egress-proxy tail\" will not find this gate: cannot write " + e.getMessage()));
        }
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
            notices.say(new Notice.Failed(fatal));
            return FAILED;
        }
        notices.say(new Notice.Stopping("stopping: no new connections, exchanges under way may end"));
        gate.drain();
        stopper.interrupt();
        return 0;
    }
}
