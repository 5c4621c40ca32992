package egress.server.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.Policy;
import egress.server.flows.Flow;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rule that lets a denied request pass, and nothing else. */
class NarrowestRuleTest {
    private final TestFlows flows = new TestFlows();

    private static String yaml(Flow flow) {
        return switch (NarrowestRule.of(flow)) {
            case NarrowestRule.Answer.Rule rule -> rule.yaml();
            case NarrowestRule.Answer.None none -> "none: " + none.words();
        };
    }

    private static boolean allows(String yaml, Flow flow) {
        Policy policy = EvidenceFiles.parse("routes.yaml", yaml);
        return new Judge(policy).judge(RecordedRequest.of(flow).orElseThrow()) instanceof Outcome.Allowed;
    }

    private static String indented(String text, int by) {
        return text.indent(by);
    }

    @Test
    void aHostIsARouteOfItsOwn() {
        Flow flow = flows.denied("host_not_allowed", "POST", "https://new.example/v1/x?y=z");
        String routes = "routes:\n" + indented(yaml(flow), 2);
        assertThat(yaml(flow)).isEqualTo("""
                - host: new.example:443
                  matches:
                    - methods: [POST]
                      paths:
                        - {type: exact, value: /v1/x}
                """);
        assertThat(allows(routes, flow)).isTrue();
        for (String other :
                List.of("https://new.example/v1/", "https://new.example/v1/x/y", "http://new.example/v1/x")) {
            assertThat(allows(routes, flows.allowed("POST", other))).as(other).isFalse();
        }
        assertThat(allows(routes, flows.allowed("GET", "https://new.example/v1/x")))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v2/x", "/v1/@scope%2fname", "/v1/a'b", "/v1/%3f"})
    void aPathIsAnEntryWithEveryReading(String path) {
        Flow flow = flows.denied("path_not_allowed", "api.example", "matches", "PUT", "https://api.example" + path);
        String routes = "routes:\n  - host: api.example\n    matches:\n" + indented(yaml(flow), 6);
        assertThat(allows(routes, flow)).as(routes).isTrue();
        assertThat(allows(routes, flows.allowed("PUT", "https://api.example/v1")))
                .isFalse();
    }

    @Test
    void whatNoRuleOpensSaysSo() {
        assertThat(yaml(flows.denied("git_push", "POST", "https://a.example/x.git/git-receive-pack")))
                .isEqualTo("none: git push passes on no host: it goes through the git gate");
        assertThat(yaml(flows.denied("method_not_allowed", "a.example", "methods", "TRACE", "https://a.example/")))
                .startsWith("none: TRACE");
        assertThat(yaml(flows.denied("overloaded", "GET", "https://a.example/")))
                .startsWith("none: no rule");
        assertThat(yaml(flows.allowed("GET", "https://a.example/"))).isEqualTo("none: it was not denied");
        assertThat(yaml(flows.denied("git_fetch", "GET", "https://a.example/x.git/HEAD")))
                .isEqualTo("git: {fetch: true}\n");
    }

    @Test
    void aFindingIsItsFingerprint() {
        Flow flow = flows.denied("dlp_match", "POST", "https://a.example/");
        Flow found = TestFlows.with(
                flow,
                flow.decision(),
                List.of(
                        new Flow.Finding("entropy", "body", "fp:0000000000000001", "warned"),
                        new Flow.Finding("token_patterns", "body", "fp:0123456789abcdef", "blocked")));
        assertThat(yaml(found)).isEqualTo("dlp: {allow_fingerprints: ['fp:0123456789abcdef']}\n");
        assertThat(EvidenceFiles.parse("routes.yaml", "routes:\n  - host: a.example\n" + indented(yaml(found), 4))
                        .routes())
                .hasSize(1);
    }
}
