package egress.server.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.server.flows.Flow;
import egress.testkit.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A patch to a file that is there. */
class RoutesPatchTest {
    private static final String FILE = """
            # By hand.
            log: 1
            routes:
              - host: bare.example
                auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}   # ours

              # Narrow already.
              - host: api.example
                matches:
                  - methods: [GET]
                    paths:
                      - {type: prefix, value: /v1/}
                git: {fetch: true}
              - host: last.example
            # The end.
            """;

    @TempDir
    Path directory;

    private final TestFlows flows = new TestFlows();
    private final List<Flow> log = new ArrayList<>();

    private RoutesPatch.Result patch(String file) {
        RoutesPatch patch = new RoutesPatch("routes.yaml", file, Suggestions.Options.DEFAULT);
        log.forEach(patch::add);
        return patch.result();
    }

    private void twice(String method, String url) {
        log.add(flows.allowed(method, url));
        log.add(flows.allowed(method, url));
    }

    @Test
    void makesNoPatternAndTakesNoNameOutOfOne() {
        twice("GET", "https://photos.pattern.example/a");
        twice("POST", "https://b.narrow.example/b");
        RoutesPatch.Result result = patch("""
                routes:
                  - host: "*.pattern.example"
                  - host: "*.narrow.example"
                    matches:
                      - methods: [GET]
                """);
        assertThat(result.diff()).isEmpty();
        assertThat(result.remarks())
                .singleElement()
                .asString()
                .contains("b.narrow.example:443 is under the pattern *.narrow.example");
    }

    @Test
    void putsInWhatIsMissingAndTakesNothingOut() throws Exception {
        twice("GET", "https://api.example/v1/known");
        twice("POST", "https://api.example/v2/new");
        twice("GET", "https://bare.example/a");
        twice("GET", "https://last.example/b");
        twice("GET", "https://aaa.example/c");
        log.add(flows.denied("host_not_allowed", "GET", "https://evil.example/"));
        RoutesPatch.Result result = patch(FILE);
        assertThat(result.remarks()).isEmpty();
        assertThat(result.diff()).noneMatch(line -> line.startsWith("-") && !line.startsWith("---"));
        assertThat(result.text())
                .contains("/v2/new", "# ours", "# The end.", "  # - host: evil.example:443")
                .doesNotContain("/v1/known");
        Path file = Files.writeString(directory.resolve("routes.yaml"), FILE);
        Path diff = Files.write(directory.resolve("routes.diff"), result.diff());
        Tool.require("git", "install git")
                .in(directory)
                .run("apply", "--unsafe-paths", diff.toString())
                .ok();
        assertThat(file).hasContent(result.text());
        Replay replay = new Replay(EvidenceFiles.parse("routes.yaml", result.text()));
        log.forEach(replay::add);
        assertThat(replay.status()).as("%s", replay.lines()).isEqualTo(Replay.SAME);
        assertThat(RoutesDiff.of(EvidenceFiles.parse("old", FILE), EvidenceFiles.parse("new", result.text()))
                        .lines())
                .contains("  + api.example: POST by matches[1].paths[0] exact /v2/new, over plain http too")
                .contains("  - bare.example: any method by default");
    }

    @Test
    void isEmptyWhereNothingIsMissing() {
        twice("GET", "https://api.example/v1/known");
        assertThat(patch(FILE).diff()).isEmpty();
        assertThat(patch(FILE).text()).isEqualTo(FILE);
    }

    @Test
    void saysWhatItCannotPutIn() {
        twice("GET", "https://flow.example/x");
        twice("GET", "https://old.example/x");
        RoutesPatch.Result result = patch("""
                routes:
                  - {host: flow.example}
                  - host: old.example
                    path_allowlist: [/a/]
                """);
        assertThat(result.diff()).isEmpty();
        assertThat(result.remarks())
                .containsExactly(
                        "routes.yaml:2: flow.example is in flow style, to which nothing can be added (expected: one key a line)",
                        "routes.yaml:3: old.example has a path_allowlist, which must hold too (expected: matches, to which entries can be added)");
    }

    @Test
    void aFileWithMistakesIsNotPatched() {
        assertThatThrownBy(() -> patch("routes: [{hots: a.example}]"))
                .hasMessageContaining("routes.yaml:1: routes[0]: unknown key \"hots\"");
    }
}
