package egress.server;

import egress.ca.CaException;
import egress.server.cli.ChildProgram;
import egress.server.config.Endpoint;
import egress.server.config.LogSettings;
import egress.server.config.Settings;
import egress.server.config.TraceVariables;
import egress.server.dlp.judge.KnownSecrets;
import egress.server.log.LogbackSetup;
import egress.server.log.Notice;
import egress.server.log.Notices;
import egress.server.log.Streams;
import egress.server.run.ChildEnvironment;
import egress.server.run.ChildProcess;
import egress.server.run.KeptOutput;
import egress.server.run.LearntRoutes;
import egress.server.run.RunReport;
import egress.server.run.SignalRelay;
import egress.server.run.TrustFolder;
import egress.upstream.tls.TrustedRoots;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** A gate around one program, for as long as that runs. The terminal is the program's meanwhile: what there is to say waits. */
final class RunSession {
    private static final int FAILED = 1;

    private final Map<String, String> environment;
    private final Streams streams;
    private final Signals signals;
    private final Notices notices;
    private final RunReport report = new RunReport();
    private final KeptOutput kept = new KeptOutput();
    private final SignalRelay relay = new SignalRelay();
    private final LearntRoutes learnt = new LearntRoutes();

    RunSession(Map<String, String> environment, Streams streams, Signals signals, Notices notices) {
        this.environment = environment;
        this.streams = streams;
        this.signals = signals;
        this.notices = notices;
    }

    /** Runs it to its end; its exit status, or one for why it did not run. */
    int run(Settings settings, Wiring.IssuerSource issuer, ChildProgram child) {
        signals.relay(relay::accept);
        boolean json = settings.log().format() == LogSettings.Format.JSON;
        if (settings.log().verbose()) {
            LogbackSetup.verbose();
        }
        if (json) {
            notices.asJson();
            LogbackSetup.json();
        }
        OutputStream lines = json || settings.log().verbose() ? kept : OutputStream.nullOutputStream();
        // What the routes ask to be audited is part of the report.
        Streams inside = new Streams(lines, OutputStream.nullOutputStream(), streams.colours());
        try (ProxyProcess gate = Wiring.start(
                        settings,
                        issuer,
                        inside,
                        notices,
                        InstantSource.system(),
                        report,
                        child.learn().isPresent() ? List.of(learnt) : List.of());
                TrustFolder trust = TrustFolder.create(
                        gate.issuer().certificate(),
                        TrustedRoots.ofMachine(environment).certificates(),
                        environment)) {
            if (settings.serving().routes().isPresent() && gate.snapshot().generation() == 0) {
                return FAILED; // which was said: everything would be denied
            }
            introduce(settings, gate, child);
            return run(settings, gate, trust, child);
        } catch (CaException | IOException | GeneralSecurityException e) {
            notices.say(new Notice.Failed(String.valueOf(e.getMessage())));
            return FAILED;
        } catch (InterruptedException e) {
            return FAILED;
        }
    }

    private void introduce(Settings settings, ProxyProcess gate, ChildProgram child) {
        if (settings.serving().routes().isEmpty()) {
            notices.say("no routes: " + child.name() + " may do everything, and is sent here by variables that it may"
                    + " ignore. --routes FILE makes this a gate, docs/image.md a wall.");
        } else {
            notices.say(gate.firstRoutes().line());
            gate.firstRoutes().warnings().forEach(warning -> notices.say(new Notice.Warning(warning)));
            notices.say(child.name() + " is sent here by variables, which are a courtesy and no wall: a program that"
                    + " ignores them is not stopped (docs/image.md has walls)");
            if (!gate.firstRoutes().secrets().isEmpty()) {
                notices.say("the routes hold credentials, which a program of the same user could read in this process's"
                        + " memory (docs/image.md has walls)");
            }
        }
        gate.inspector().ifPresent(inspector -> notices.say("inspect: " + inspector.url()));
        if (settings.log().verbose()) {
            notices.say("listening on " + Endpoint.text(gate.address()));
        }
    }

    private int run(Settings settings, ProxyProcess gate, TrustFolder trust, ChildProgram program)
            throws InterruptedException, IOException {
        Set<String> hidden = new HashSet<>(program.hidden());
        hidden.addAll(gate.firstRoutes().variables());
        hidden.addAll(KnownSecrets.variables(environment));
        hidden.addAll(TraceVariables.SECRETS);
        Map<String, String> variables = ChildEnvironment.of(
                environment,
                trust.variables(URI.create("http://" + Endpoint.text(gate.address()))),
                hidden,
                gate.firstRoutes().secrets());
        OptionalInt interrupted = relay.status();
        if (interrupted.isPresent()) {
            return interrupted.getAsInt();
        }
        return switch (ChildProcess.start(
                program.command(), variables, settings.timeouts().drain())) {
            case ChildProcess.Start.Failed failed -> {
                notices.say(new Notice.Failed(failed.words()));
                yield failed.status();
            }
            case ChildProcess.Start.Started started -> {
                int status = await(started.child());
                report(settings, gate, program, status);
                yield status;
            }
        };
    }

    private int await(ChildProcess child) throws InterruptedException {
        notices.hold();
        try {
            relay.to(child);
            return child.await();
        } finally {
            notices.release();
        }
    }

    private void report(Settings settings, ProxyProcess gate, ChildProgram program, int status) throws IOException {
        String fatal = gate.ended().getNow("");
        gate.close(); // writes what waits, and hands over the last flows
        if (!fatal.isEmpty()) {
            notices.say(new Notice.Failed(fatal));
        }
        if (settings.log().verbose() || settings.log().format() == LogSettings.Format.JSON) {
            long lost = kept.writeTo(streams.err());
            if (lost > 0) {
                notices.say(lost + " bytes of log lost: there was no room to keep them");
            }
        }
        if (program.learn().isPresent()) {
            Path file = program.learn().get();
            long exchanges = learnt.write(file);
            notices.say("wrote " + file + " from " + exchanges + " exchange(s): read it before you use it");
        }
        if (settings.log().detail() > 0) {
            report.lines(program.name(), status, gate.masker()::text).forEach(notices::say);
        }
    }
}
