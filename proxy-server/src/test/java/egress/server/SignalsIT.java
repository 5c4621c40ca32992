package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.Tool;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.Origin;
import egress.testkit.origin.OriginExchange;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program and the signals that steer it. */
final class SignalsIT {
    private static final String ROUTES = "routes:\n  - host: a.example\n";
    private static final String OTHER_ROUTES = "routes:\n  - host: b.example\n";
    private static final String BROKEN = "routes:\n  - host: a.example\n    surprise: 1\n";

    private static final Duration DRAIN = Duration.ofSeconds(4);

    @TempDir
    private Path directory;

    private Path routes;
    private final TestCa authority = TestCa.create("origin authority");

    @BeforeEach
    void writeRoutes() throws IOException {
        routes = Files.writeString(directory.resolve("routes.yaml"), ROUTES);
    }

    private Origin origin() throws IOException {
        return Origin.tls(authority.leaf("a.example"), Alpn.H1);
    }

    private Child start(Origin origin, String... more) throws IOException {
        List<String> flags = new ArrayList<>(List.of(
                "--routes",
                routes.toString(),
                "--ca-cert-out",
                caFile().toString(),
                "--upstream-ca",
                authority.writePem(directory.resolve("origin.pem")).toString(),
                "--connect-to",
                "a.example:443:127.0.0.1:" + origin.port()));
        flags.addAll(List.of(more));
        return Child.start(flags.toArray(String[]::new));
    }

    private Path caFile() {
        return directory.resolve("ca.pem");
    }

    private RawClient client(Child child) throws IOException, InterruptedException {
        return RawClient.connect(child.port())
                .tunnel("a.example:443")
                .tls(TlsClient.of("a.example", caFile()).alpn("http/1.1"));
    }

    private ReceivedResponse get(Child child, String path) throws IOException, InterruptedException {
        try (RawClient client = client(child)) {
            return client.get(path, "a.example");
        }
    }

    @Test
    void theStartLinesComeOnStandardErrorInTheirOrder() throws Exception {
        try (Child child = Child.start("--routes", routes.toString())) {
            child.port();
            child.awaitErr("the built-in scanner was tried, and finds its test value");
            // The first three are those of the gate before this one.
            assertThat(child.err()).hasSize(5);
            assertThat(child.err().get(0)).isEqualTo("egress: loaded 1 route(s): a.example [log=off]");
            assertThat(child.err().get(1)).matches("egress: mitm ca fingerprint: sha256:[0-9a-f]{64}");
            assertThat(child.err().get(2)).matches("egress: listening on 127\\.0\\.0\\.1:\\d+");
            assertThat(child.err().get(3))
                    .isEqualTo("egress: trust the certificate from http://_egress.local/ through the proxy");
            child.signal("TERM");
            assertThat(child.awaitExit()).isZero();
            assertThat(child.out()).isEmpty();
        }
    }

    @Test
    void asJsonStartReloadAndStopAreEvents() throws Exception {
        try (Child child = Child.start("--routes", routes.toString(), "--log-format", "json")) {
            assertThat(child.awaitErr("egress_started"))
                    .contains("\"listen\":\"127.0.0.1:", "\"ca_fingerprint\":\"sha256:");
            Files.writeString(routes, OTHER_ROUTES);
            child.signal("HUP");
            assertThat(child.awaitErr("egress_reloaded")).contains("\"generation\":2", "\"routes\":1");
            Files.writeString(routes, BROKEN);
            child.signal("HUP");
            assertThat(child.awaitErr("egress_reload_failed")).contains("surprise");
            child.signal("TERM");
            assertThat(child.awaitExit()).isZero();
            child.awaitErr("egress_stopping");
            assertThat(child.err()).allMatch(line -> line.startsWith("{\"time\":\""));
        }
    }

    @Test
    void aHangupReloadsByPathWhateverBecameOfTheFile() throws Exception {
        try (Child child = Child.start("--routes", routes.toString())) {
            child.port();
            Files.writeString(routes, OTHER_ROUTES);
            child.signal("HUP");
            child.awaitErr("loaded 1 route(s): b.example");
            Path next = Files.writeString(directory.resolve("next.yaml"), "routes: []\nlog: 2\n");
            Files.move(next, routes, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            child.signal("HUP");
            child.awaitErr("loaded 0 route(s): [log=full]");
        }
    }

    @Test
    @Row("39.xb")
    void aBrokenFileKeepsTheOldRulesAndSaysWhereItBroke() throws Exception {
        try (Origin origin = origin();
                Child child = start(origin)) {
            assertThat(get(child, "/echo").status()).isEqualTo(200);
            Files.writeString(routes, BROKEN);
            child.signal("HUP");
            assertThat(child.awaitErr("surprise")).contains("routes.yaml:3");
            child.awaitErr("the routes stay as they were");
            assertThat(get(child, "/echo").status()).isEqualTo(200);
            Files.delete(routes);
            child.signal("HUP");
            child.awaitErr("the routes stay as they were", 2);
            assertThat(get(child, "/echo").status()).isEqualTo(200);
            Files.writeString(routes, ROUTES);
            child.signal("HUP");
            child.awaitErr("loaded 1 route(s)", 2);
        }
    }

    @Test
    @Row(value = "39.xc", allowed = true)
    void aHangupFromTheFirstPrintedLineOnEndsNothing() throws Exception {
        AtomicBoolean sent = new AtomicBoolean();
        Child[] self = new Child[1];
        try (Child child = Child.start(
                line -> {
                    Child started = self[0];
                    if (started != null && sent.compareAndSet(false, true)) {
                        hangup(started);
                    }
                },
                "--routes",
                routes.toString())) {
            self[0] = child;
            child.port();
            child.signal("HUP");
            child.awaitErr("loaded 1 route(s)", 2);
            assertThat(child.isAlive()).isTrue();
        }
    }

    private static void hangup(Child child) {
        try {
            child.signal("HUP");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    @Row(value = "39.xe", allowed = true)
    void twoHundredHangupsASecondAreTakenTogether() throws Exception {
        try (Child child = Child.start("--routes", routes.toString())) {
            child.port();
            Tool shell = Tool.require("sh", "install a POSIX shell");
            shell.run("-c", "i=0; while [ $i -lt 200 ]; do kill -HUP " + child.pid() + "; i=$((i+1)); done")
                    .ok();
            Files.writeString(routes, OTHER_ROUTES);
            child.signal("HUP");
            child.awaitErr("loaded 1 route(s): b.example");
            assertThat(child.isAlive()).isTrue();
        }
    }

    @Test
    void underNohupItSaysThatReloadIsOffAndLives() throws Exception {
        Tool nohup = Tool.require("nohup", "install coreutils");
        List<String> command = new ArrayList<>(Child.command());
        command.addAll(
                List.of("--listen", "127.0.0.1:0", "--admin", "off", "--ca-ephemeral", "--routes", routes.toString()));
        try (Child child = Child.of(nohup, command.toArray(String[]::new))) {
            child.awaitErr("SIGHUP is ignored (nohup?), so it reloads nothing; --reload-interval does");
            child.port();
            child.signal("HUP");
            child.signal("TERM");
            assertThat(child.awaitExit()).isZero();
        }
    }

    @Test
    void terminationLetsAnExchangeUnderWayEnd() throws Exception {
        try (Origin origin = origin();
                Child child = start(origin);
                RawClient client = client(child)) {
            client.send("GET " + Origin.HELD + " HTTP/1.1\r\nHost: a.example\r\n\r\n");
            OriginExchange held = origin.takeHeld();
            child.signal("TERM");
            child.awaitErr("stopping");
            held.respond(200, "to the end");
            assertThat(client.readResponse("GET").text()).isEqualTo("to the end");
            assertThat(child.awaitExit()).isZero();
        }
    }

    /** With an origin that does not answer, a caller that does not read and one that says nothing: the whole end counts. */
    @Test
    void terminationTakesNoLongerThanTheDrainTimeout() throws Exception {
        Duration least = timeToEnd();
        for (int i = 1;
                i < 3 && least.compareTo(DRAIN) > 0;
                i++) { // what else the machine does is not the program's doing
            Duration next = timeToEnd();
            least = next.compareTo(least) < 0 ? next : least;
        }
        assertThat(least).isBetween(DRAIN.minusSeconds(1), DRAIN);
    }

    private Duration timeToEnd() throws Exception {
        try (Origin origin = origin();
                Child child = start(origin, "--drain-timeout", DRAIN.toSeconds() + "s");
                RawClient waiting = client(child);
                RawClient stalled = client(child);
                RawClient silent = RawClient.connect(child.port())) {
            stalled.send("GET /bytes/50000000 HTTP/1.1\r\nHost: a.example\r\n\r\n");
            assertThat(stalled.readHead().status()).isEqualTo(200);
            silent.send("GET /");
            waiting.send("GET " + Origin.HELD + " HTTP/1.1\r\nHost: a.example\r\n\r\n");
            origin.takeHeld();
            long begin = System.nanoTime();
            child.signal("TERM");
            assertThat(child.awaitExit()).isZero();
            return Duration.ofNanos(System.nanoTime() - begin);
        }
    }

    @Test
    void aSecondSignalEndsTheWait() throws Exception {
        try (Origin origin = origin();
                Child child = start(origin, "--drain-timeout", "1h");
                RawClient client = client(child)) {
            client.send("GET " + Origin.HELD + " HTTP/1.1\r\nHost: a.example\r\n\r\n");
            origin.takeHeld();
            child.signal("INT");
            child.awaitErr("stopping");
            child.signal("INT");
            assertThat(child.awaitExit()).isZero();
        }
    }
}
