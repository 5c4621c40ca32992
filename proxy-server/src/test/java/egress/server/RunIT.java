package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.Tool;
import egress.testkit.origin.Origin;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code egress-proxy run} around real programs. */
final class RunIT {
    private static final String URL = "https://a.example/echo";
    private static final String ROUTES = """
            routes:
              - host: a.example
                auth: {scheme: Bearer, token_env: GATE_KEY}
                path_allowlist: ["/echo"]
            """;

    @TempDir
    private Path directory;

    private final TestCa authority = TestCa.create("origin authority");
    private Origin origin;
    private Path temporary;

    @BeforeEach
    void start() throws IOException {
        origin = Origin.tls(authority.leaf("a.example"), Alpn.H2_AND_H1);
        temporary = Files.createDirectory(directory.resolve("tmp"));
    }

    @AfterEach
    void nothingIsLeftBehind() throws IOException {
        origin.close();
        try (Stream<Path> left = Files.list(temporary)) {
            assertThat(left.filter(path -> path.getFileName().toString().startsWith("egress-run-"))
                            .toList())
                    .isEmpty();
        }
    }

    private Tool program() {
        return Tool.of(Path.of(command().getFirst()));
    }

    private List<String> command() {
        List<String> command = new ArrayList<>(Child.command());
        command.add(1, "-Djava.io.tmpdir=" + temporary);
        return command;
    }

    private String[] arguments(List<String> flags, String... child) throws IOException {
        List<String> all = new ArrayList<>(command());
        all.removeFirst();
        all.add("run");
        all.addAll(List.of(
                "--upstream-ca",
                authority.writePem(directory.resolve("origin.pem")).toString(),
                "--connect-to",
                "a.example:443:127.0.0.1:" + origin.port()));
        all.addAll(flags);
        all.add("--");
        all.addAll(List.of(child));
        return all.toArray(String[]::new);
    }

    private Tool.Result run(List<String> flags, String... child) throws IOException, InterruptedException {
        return program().run(arguments(flags, child));
    }

    private Path routes() throws IOException {
        return Files.writeString(directory.resolve("routes.yaml"), ROUTES);
    }

    private static Path resource(String name) throws URISyntaxException {
        URL found = RunIT.class.getResource("/run/" + name);
        if (found == null) {
            throw new AssertionError("no test resource run/" + name);
        }
        return Path.of(found.toURI());
    }

    @Test
    void curlNeedsNoMoreThanItsUrlAndStandardOutputIsItsOwn() throws Exception {
        Tool.require("curl", "install curl");
        Tool.Result result = run(List.of(), "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}\n", URL)
                .ok();
        assertThat(result.out()).isEqualTo("200\n");
        assertThat(result.err().lines())
                .containsExactly(
                        "egress: no routes: curl may do everything, and is sent here by variables that it may ignore."
                                + " --routes FILE makes this a gate, docs/image.md a wall.",
                        "egress: curl ended with 0: 1 exchange, 0 denied, 0 failed");
    }

    @Test
    void pythonAndNodeTrustItToo() throws Exception {
        Tool.require("python3", "install python3");
        Tool.require("node", "install nodejs");
        String program = "import urllib.request,sys; print(urllib.request.urlopen(sys.argv[1]).status)";
        assertThat(run(List.of("-q"), "python3", "-c", program, URL).ok().out()).isEqualTo("200\n");
        assertThat(run(List.of("-q"), "node", resource("fetch.mjs").toString(), URL)
                        .ok()
                        .out())
                .isEqualTo("200\n");
    }

    @Test
    void whatWasDeniedIsSaidOnceWhenItHasEnded() throws Exception {
        Tool.Result result = program()
                .with("GATE_KEY", "gate-token-0123456789")
                .run(arguments(
                        List.of("--routes", routes().toString()),
                        "sh",
                        "-c",
                        "for path in echo secret secret; do curl -s -o /dev/null https://a.example/$path; done;"
                                + " curl -s -o /dev/null https://b.example/; exit 7"));
        assertThat(result.exit()).isEqualTo(7);
        assertThat(result.out()).isEmpty();
        assertThat(result.err())
                .contains("egress: loaded 1 route(s): a.example [log=off]")
                .contains("which are a courtesy and no wall")
                .contains("which a program of the same user could read in this process's memory")
                .contains("egress: sh ended with 7: 4 exchanges, 3 denied, 0 failed")
                .contains("egress: denied 2x: GET https://a.example/secret: 403 path_not_allowed: ")
                .contains("egress: denied: GET https://b.example/: 403 host_not_allowed: ")
                .doesNotContain("gate-token");
        assertThat(origin.takeRequest().value("authorization")).contains("Bearer gate-token-0123456789");
    }

    @Test
    void verboseTellsOfEveryExchange() throws Exception {
        assertThat(run(List.of("-v"), "curl", "-s", "-o", "/dev/null", URL).ok().err())
                .containsPattern(
                        "\\d\\d:\\d\\d:\\d\\d\\.\\d{3} 127\\.0\\.0\\.1:\\d+: GET https://a\\.example/echo HTTP/2\\.0\n")
                .contains("<< HTTP/2.0 200 OK ");
    }

    @Test
    void theChildHasNothingOfTheGates() throws Exception {
        Tool.Result result = program()
                .with("GATE_KEY", "gate-token-0123456789")
                .with("SAME", "gate-token-0123456789")
                .with("EGRESS_TOKEN_7", "other-token-0123456789")
                .with("BOT_BOTTLE_SENSITIVE_PREFIXES", "VAULT_")
                .with("VAULT_ADDR", "x")
                .with("all_proxy", "socks5://127.0.0.1:1")
                .with("KEPT", "yes")
                .run(arguments(List.of("--routes", routes().toString()), "env"));
        assertThat(result.ok().out())
                .doesNotContain("EGRESS_", "GATE_KEY", "SAME=", "VAULT_ADDR", "gate-token", "other-token", "all_proxy")
                .contains("KEPT=yes\n")
                .contains("NO_PROXY=localhost,127.0.0.1,::1\n", "no_proxy=localhost,127.0.0.1,::1\n")
                .containsPattern("(?m)^https_proxy=http://127\\.0\\.0\\.1:\\d+$")
                .containsPattern("(?m)^HTTPS_PROXY=http://127\\.0\\.0\\.1:\\d+$");
    }

    @ParameterizedTest
    @CsvSource({"exit 3,3", "kill -TERM $$,143", "kill -KILL $$,137"})
    void itsStatusIsTheChilds(String script, int status) throws Exception {
        assertThat(run(List.of(), "sh", "-c", script).exit()).isEqualTo(status);
    }

    @Test
    void whatCannotBeRunIsSaidAsShellsDo() throws Exception {
        Tool.Result missing = run(List.of(), "no-such-program");
        assertThat(missing.exit()).isEqualTo(127);
        assertThat(missing.err()).endsWith("egress: no-such-program: there is no such program on the PATH\n");
        assertThat(run(List.of(), directory.toString()).exit()).isEqualTo(126);
        Tool.Result nothing = program().run(arguments(List.of()));
        assertThat(nothing.exit()).isEqualTo(2);
        assertThat(nothing.err()).contains("run: no command (expected: egress-proxy run [flags] -- COMMAND ARG...)");
    }

    @Test
    void routesThatDoNotHoldStartNothing() throws Exception {
        Path bad = Files.writeString(directory.resolve("bad.yaml"), "routes: [{hots: a.example}]\n");
        Path mark = directory.resolve("mark");
        Tool.Result result = run(List.of("--routes", bad.toString()), "touch", mark.toString());
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("did you mean host?");
        assertThat(mark).doesNotExist();
    }

    @Test
    void whatItDidIsLearntAndIsEnoughForTheSameAgain() throws Exception {
        Path learnt = directory.resolve("learnt.yaml");
        String[] program = {
            "sh", "-c", "curl -sS -o /dev/null -w '%{http_code}\\n' " + URL + " https://a.example/status/201"
        };
        assertThat(run(List.of("--learn", learnt.toString()), program).ok().err())
                .contains("egress: wrote " + learnt + " from 2 exchange(s): read it before you use it");
        assertThat(learnt).content().contains("host: a.example");
        Tool.Result again = run(List.of("--routes", learnt.toString()), program);
        assertThat(again.err()).contains("2 exchanges, 0 denied, 0 failed");
        Tool.Result other = run(List.of("--routes", learnt.toString()), "curl", "-s", "-X", "DELETE", URL);
        assertThat(other.err()).contains("1 exchange, 1 denied");
        assertThat(run(List.of("--learn", learnt.toString()), program).exit()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"TERM,143", "HUP,129", "INT,130", "USR1,138"})
    void signalsReachTheChild(String signal, int status) throws Exception {
        Tool.require("env", "install coreutils");
        List<String> all = new ArrayList<>(List.of(command().getFirst()));
        all.addAll(List.of(arguments(List.of(), "sh", "-c", "echo ready >&2; exec sleep 60")));
        try (Child child = Child.of(all)) {
            child.awaitErr("ready");
            child.signal(signal);
            assertThat(child.awaitExit()).isEqualTo(status);
            assertThat(child.err().getLast()).startsWith("egress: nothing came through the gate");
        }
    }

    @Test
    void aChildThatDoesNotEndIsKilledWithWhatItStarted() throws Exception {
        List<String> all = new ArrayList<>(List.of(command().getFirst()));
        all.addAll(
                List.of(
                        arguments(
                                List.of("--drain-timeout", "2s"),
                                "sh",
                                "-c",
                                "trap '' TERM; (trap '' TERM; sleep 61 & echo $! >&2; wait) & sleep 1; echo ready >&2; sleep 60; sleep 60")));
        long grandchild;
        try (Child child = Child.of(all)) {
            child.awaitErr("ready");
            grandchild = child.err().stream()
                    .filter(line -> line.matches("[0-9]+"))
                    .mapToLong(Long::parseLong)
                    .findFirst()
                    .orElseThrow();
            child.signal("TERM");
            assertThat(child.awaitExit()).isEqualTo(137);
        }
        ProxyUnderTest.await("the end of the grandchild", () -> !isAlive(grandchild));
    }

    private static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    /** A shell that takes Ctrl-C, and one that it ends: the terminal tells the child itself, once, and the gate outlives it. */
    @ParameterizedTest
    @CsvSource({"trap 'echo caught; n=$((n+1))' INT,5", "true,130"})
    void controlCOnATerminalIsTheChildsBusiness(String trap, int status) throws Exception {
        Tool python = Tool.require("python3", "install python3").within(Duration.ofMinutes(2));
        List<String> all = new ArrayList<>(List.of(resource("terminal.py").toString(), "ready"));
        all.add(command().getFirst());
        all.addAll(List.of(arguments(
                List.of(),
                "sh",
                "-c",
                trap + "; n=0; echo ready; sleep 2; curl -s -o /dev/null " + URL + "; echo after $n; exit 5")));
        String shown = python.run(all.toArray(String[]::new)).ok().out().replace("\r", "");
        assertThat(shown).endsWith("\nEXIT " + status + "\n");
        if (status == 5) {
            assertThat(shown)
                    .containsOnlyOnce("caught\n")
                    .contains("after 1\n")
                    .contains("egress: sh ended with 5: 1 exchange, 0 denied, 0 failed");
        } else {
            assertThat(shown).doesNotContain("after").contains("egress: sh ended with 130: ");
        }
    }

    @Test
    void theProgramsInputIsItsOwn() throws Exception {
        assertThat(program()
                        .runWithInput("to the program\n", arguments(List.of("-q"), "cat"))
                        .ok()
                        .out())
                .isEqualTo("to the program\n");
    }
}
