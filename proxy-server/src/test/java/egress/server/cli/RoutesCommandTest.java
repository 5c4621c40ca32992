package egress.server.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import egress.server.log.Notices;
import egress.testkit.Tool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@code egress-proxy routes}: what each of its commands prints, and the status with which it ends. */
final class RoutesCommandTest {
    private static final String API = """
            routes:
              - host: api.example:443
                matches:
                  - methods: [GET]
                    paths:
                      - {type: prefix, value: /v1/}
            """;
    private static final String BAD_LINE = "{\"event\":\"http\"}\n";

    @TempDir
    Path directory;

    private int count;

    /** What a command said, with the names of files instead of their paths. */
    private record Ran(int status, String out, String err) {
        List<String> lines() {
            return out.lines().toList();
        }

        /** The lines of a routes file without comments, and without what is commented out. */
        List<String> standing() {
            return out.lines()
                    .map(line -> line.split("#", 2)[0].stripTrailing())
                    .filter(line -> !line.isEmpty())
                    .toList();
        }
    }

    private Ran routes(String... arguments) {
        List<String> all = new ArrayList<>(List.of("routes"));
        all.addAll(List.of(arguments));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        ByteArrayOutputStream notices = new ByteArrayOutputStream();
        CommandLine line = CommandLineFactory.of(Map.of(), (settings, ca) -> 9, new Notices(notices));
        int status =
                line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(all.toArray(String[]::new));
        return new Ran(status, shortened(out.toString()), shortened(err + notices.toString(US_ASCII)));
    }

    private String shortened(String text) {
        return text.replace(directory + "/", "");
    }

    private String file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text).toString();
    }

    /** A line of a flow log; with a code, of a request that was denied. */
    private String flow(String method, String host, String path, @Nullable String code) {
        count++;
        return """
                {"scan_id":"","timestamp":"2026-11-30T04:00:%02dZ","event":"http","method":"%s","scheme":"https",\
                "host":"%s","port":443,"path":"%s","http_version":"HTTP/1.1","request_headers":[["host","%s"]],\
                "request_body":{"empty":true},"response_status":%d,"response_reason":"","response_headers":[],\
                "response_body":{"empty":true},"client":"127.0.0.1:1","exchange":%d,"verdict":"%s"%s}
                """.formatted(
                        count,
                        method,
                        host,
                        path,
                        host,
                        code == null ? 200 : 403,
                        count,
                        code == null ? "allowed" : "denied",
                        code == null ? "" : ",\"code\":\"" + code + "\"");
    }

    private String get(String path) {
        return flow("GET", "api.example", path, null);
    }

    // suggest

    @Test
    void suggestWritesAFileOfAllLogsAndSaysWhatItMakesOfThem() throws IOException {
        String first = file("first.jsonl", get("/v1/models") + get("/v1/once"));
        String second = file("second.jsonl", get("/v1/models") + flow("GET", "evil.example", "/", "host_not_allowed"));
        Ran ran = routes("suggest", first, second);
        assertThat(ran.status()).isZero();
        assertThat(ran.standing())
                .containsExactly(
                        "routes:",
                        "  - host: api.example:443",
                        "    matches:",
                        "      - methods: [GET]",
                        "        paths:",
                        "          - {type: exact, value: /v1/models}");
        assertThat(ran.out()).contains("2 times, last 2026-11-30T04:00:03Z", "/v1/once", "evil.example");
        assertThat(ran.err())
                .isEqualTo(
                        "egress: of 4 exchange(s), 3 are decided as they were, 1 would be denied (seen once: --keep-once"
                                + " lets them stand)\n");

        // What it writes is a routes file, and replays as it said.
        Ran replayed = routes("replay", "--routes", file("suggested.yaml", ran.out()), first, second);
        assertThat(replayed.status()).isEqualTo(1);
        assertThat(replayed.lines())
                .contains("      1 now denied", "      3 as before", "  GET https://api.example/v1/once");
    }

    @Test
    void suggestKeepsWhatWasSeenOnceWhereThatIsAskedFor() throws IOException {
        String log = file("flows.jsonl", get("/v1/models") + get("/v1/once"));
        Ran ran = routes("suggest", "--keep-once", log);
        assertThat(ran.status()).isZero();
        assertThat(ran.standing()).contains("          - {type: exact, value: /v1/once}");
        assertThat(ran.err()).isEqualTo("egress: of 2 exchange(s), 2 are decided as they were, 0 would be denied\n");
        assertThat(routes("replay", "--routes", file("suggested.yaml", ran.out()), log)
                        .status())
                .isZero();
    }

    @Test
    void suggestFreesAPlaceFromTheNumberOfValuesThatDistinctSays() throws IOException {
        String log = file("flows.jsonl", get("/simple/alpha/") + get("/simple/beta/"));
        String free = "          - {type: prefix, value: /simple/}";
        assertThat(routes("suggest", "--keep-once", log).standing())
                .contains("          - {type: exact, value: /simple/alpha/}")
                .doesNotContain(free);
        assertThat(routes("suggest", "--keep-once", "--distinct", "2", log).standing())
                .contains(free);
        Ran wrong = routes("suggest", "--distinct", "1", log);
        assertThat(wrong.status()).isEqualTo(2);
        assertThat(wrong.out()).isEmpty();
        assertThat(wrong.err()).isEqualTo("egress: --distinct: 1 (expected: at least 2)\n");
    }

    @Test
    void suggestFromAFileIsAPatchToIt() throws Exception {
        String routes = file("routes.yaml", API);
        String log = file("flows.jsonl", get("/v1/known") + get("/v1/known") + get("/v2/new") + get("/v2/new"));
        Ran ran = routes("suggest", "--from", routes, log);
        assertThat(ran.status()).isZero();
        assertThat(ran.lines()).anyMatch(line -> line.startsWith("+") && line.contains("/v2/new"));
        assertThat(ran.out()).doesNotContain("/v1/known");
        assertThat(ran.err()).isEqualTo("egress: of 4 exchange(s), 4 are decided as they were, 0 would be denied\n");

        Path diff = Files.writeString(directory.resolve("routes.diff"), ran.out());
        Tool.require("git", "install git")
                .in(directory)
                .run("apply", "--unsafe-paths", diff.toString())
                .ok();
        assertThat(routes("replay", "--routes", routes, log).status()).isZero();
        Ran again = routes("suggest", "--from", routes, log);
        assertThat(again.status()).isZero();
        assertThat(again.out()).isEmpty();
        assertThat(again.err()).startsWith("egress: nothing is missing in routes.yaml\n");
    }

    @Test
    void suggestSaysWhatIsWrongWithTheFileThatItIsToPatch() throws IOException {
        String log = file("flows.jsonl", get("/v1/known"));
        Ran mistake = routes("suggest", "--from", file("routes.yaml", "routes: [{hots: a.example}]\n"), log);
        assertThat(mistake.status()).isEqualTo(1);
        assertThat(mistake.out()).isEmpty();
        assertThat(mistake.err()).startsWith("routes.yaml:1: routes[0]: unknown key \"hots\"");
        Ran missing = routes("suggest", "--from", directory.resolve("none.yaml").toString(), log);
        assertThat(missing.status()).isEqualTo(1);
        assertThat(missing.err()).isEqualTo("egress: none.yaml: cannot be read (expected: a routes file in UTF-8)\n");
    }

    // diff

    @Test
    void diffEndsWithOneWhereSomethingOpens() throws IOException {
        String before = file("old.yaml", API);
        String after = file("new.yaml", API.replace("[GET]", "[GET, DELETE]"));
        Ran same = routes("diff", before, before);
        assertThat(same.status()).isZero();
        assertThat(same.out()).isEqualTo("nothing opens and nothing closes\n");

        Ran opens = routes("diff", before, after);
        assertThat(opens.status()).isEqualTo(1);
        assertThat(opens.lines())
                .contains("opens:", "      such as DELETE https://api.example/v1/", "1 opened, 0 closed");
        Ran allowed = routes("diff", "--allow-opening", before, after);
        assertThat(allowed.status()).isZero();
        assertThat(allowed.out()).isEqualTo(opens.out());

        Ran closes = routes("diff", after, before);
        assertThat(closes.status()).isZero();
        assertThat(closes.lines()).contains("closes:", "0 opened, 1 closed");
        assertThat(opens.err() + closes.err()).isEmpty();
    }

    @Test
    void diffOfAFileThatDoesNotHoldEndsWithOneWhateverIsAllowed() throws IOException {
        String good = file("old.yaml", API);
        Ran mistake = routes("diff", "--allow-opening", good, file("new.yaml", "routes: [{hots: a.example}]\n"));
        assertThat(mistake.status()).isEqualTo(1);
        assertThat(mistake.out()).isEmpty();
        assertThat(mistake.err()).startsWith("new.yaml:1: routes[0]: unknown key \"hots\"");
        Ran missing = routes(
                "diff", "--allow-opening", good, directory.resolve("none.yaml").toString());
        assertThat(missing.status()).isEqualTo(1);
        assertThat(missing.err()).contains("none.yaml").hasLineCount(1);
    }

    // replay

    @ParameterizedTest
    @CsvSource({
        "GET,    /v1/x,         ,                   0, '      1 as before'",
        "DELETE, /v1/x,         method_not_allowed, 0, '      1 as before'",
        "DELETE, /v1/x,         ,                   1, '      1 now denied'",
        "GET,    /v1/x,         path_not_allowed,   1, '      1 now allowed'",
        "GET,    /********/x,   ,                   3, '      1 undecidable'",
        "GET,    /********/x,   path_not_allowed,   3, '      1 undecidable'"
    })
    void replayEndsWithWhatFlips(String method, String path, @Nullable String code, int status, String counted)
            throws IOException {
        String log = file("flows.jsonl", flow(method, "api.example", path, code));
        Ran ran = routes("replay", "--routes", file("routes.yaml", API), log);
        assertThat(ran.status()).isEqualTo(status);
        assertThat(ran.lines()).startsWith("1 exchange judged").contains(counted);
        assertThat(ran.err()).isEmpty();
    }

    @Test
    void replayOfSeveralLogsIsOne() throws IOException {
        String routes = file("routes.yaml", API);
        String good = file("good.jsonl", get("/v1/x") + get("/v1/y"));
        String masked = file("masked.jsonl", get("/********"));
        String flips = file("flips.jsonl", get("/v2/x"));
        assertThat(routes("replay", "--routes", routes, good, good).status()).isZero();
        assertThat(routes("replay", "--routes", routes, good, masked).status()).isEqualTo(3);
        Ran all = routes("replay", "--routes", routes, good, masked, flips);
        assertThat(all.status()).isEqualTo(1); // what flips weighs more than what cannot be told
        assertThat(all.lines())
                .contains("4 exchanges judged", "      1 now denied", "      1 undecidable", "      2 as before");
    }

    // unused

    @Test
    void unusedEndsWithOneWhereARuleWasNotNeeded() throws IOException {
        String routes = file("routes.yaml", API + "  - host: other.example:443\n");
        String api = file("api.jsonl", get("/v1/x"));
        String other = file("other.jsonl", flow("GET", "other.example", "/", null));
        Ran some = routes("unused", "--routes", routes, api);
        assertThat(some.status()).isEqualTo(1);
        assertThat(some.lines())
                .containsExactly(
                        "1 exchange judged, 2 route(s)",
                        "",
                        "needed by none of them:",
                        "  other.example:443  the whole route");
        Ran none = routes("unused", "--routes", routes, api, other);
        assertThat(none.status()).isZero();
        assertThat(none.lines()).containsExactly("2 exchanges judged, 2 route(s)", "every rule was needed");
        assertThat(some.err() + none.err()).isEmpty();
    }

    // all of them

    /** A log that was not read whole is no evidence that all is well: the status says so, and the answer is given all the same. */
    @ParameterizedTest
    @CsvSource({"suggest --keep-once, 1", "replay --routes routes.yaml, 3", "unused --routes routes.yaml, 1"})
    void aLineThatIsNoFlowIsSaidAndCounts(String command, int status) throws IOException {
        file("routes.yaml", API);
        String good = file("good.jsonl", get("/v1/x"));
        String bad = file("bad.jsonl", get("/v1/x") + BAD_LINE + "no json\n" + get("/v1/x"));
        String[] words = command.replace(
                        "routes.yaml", directory.resolve("routes.yaml").toString())
                .split(" ");
        assertThat(routes(with(words, good, good)).status()).isZero();
        Ran ran = routes(with(words, good, bad));
        assertThat(ran.status()).isEqualTo(status);
        assertThat(ran.out()).isNotEmpty();
        assertThat(ran.err())
                .endsWith("egress: 2 line(s) are no flows and are left out; the first is bad.jsonl:2: timestamp: \"\""
                        + " (expected: RFC 3339)\n");
    }

    @Test
    void whatFlipsIsTheStatusOfReplayAlsoWhereALineIsNoFlow() throws IOException {
        String log = file("flows.jsonl", get("/v2/x") + BAD_LINE);
        assertThat(routes("replay", "--routes", file("routes.yaml", API), log).status())
                .isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "suggest",
                "suggest --from routes.yaml",
                "replay --routes routes.yaml",
                "unused --routes routes.yaml"
            })
    void aLogThatIsNotThereIsSaidByItsNameBeforeAnythingIsPrinted(String command) throws IOException {
        file("routes.yaml", API);
        String[] words = command.replace(
                        "routes.yaml", directory.resolve("routes.yaml").toString())
                .split(" ");
        Ran ran = routes(with(
                words,
                file("good.jsonl", get("/v1/x")),
                directory.resolve("none.jsonl").toString()));
        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).isEqualTo("egress: none.jsonl: cannot be read (expected: a flow log)\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"replay", "unused"})
    void aRoutesFileThatDoesNotHoldIsNoEvidence(String command) throws IOException {
        String log = file("flows.jsonl", get("/v1/x"));
        Ran ran = routes(command, "--routes", file("routes.yaml", "routes: [{hots: a.example}]\n"), log);
        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).startsWith("routes.yaml:1: routes[0]: unknown key \"hots\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "'';                       routes: what is to be done? (expected: suggest, diff, replay or unused)",
                "suggest;                  Missing required parameter: 'FLOWS.jsonl'",
                "diff one.yaml;            Missing required parameter: 'NEW'",
                "replay flows.jsonl;       Missing required option: '--routes=FILE'",
                "unused flows.jsonl;       Missing required option: '--routes=FILE'",
                "replay --routes one.yaml; Missing required parameter: 'FLOWS.jsonl'",
                "sugest flows.jsonl;       did you mean suggest?",
                "diff --allow-openning a b; did you mean --allow-opening?"
            })
    void wrongUseIsOneSentence(String command, String words) {
        Ran ran = routes(command.isEmpty() ? new String[0] : command.split(" "));
        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).contains(words).hasLineCount(1);
    }

    private static String[] with(String[] words, String... more) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }
}
