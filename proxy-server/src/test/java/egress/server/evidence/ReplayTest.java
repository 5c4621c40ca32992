package egress.server.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.flows.Flow;
import egress.server.flows.FlowBody;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a routes file would have made of what was recorded; what a masked value would decide is never called allowed. */
class ReplayTest {
    private static final String ROUTES = """
            routes:
              - host: api.example
                matches:
                  - {paths: [{type: prefix, value: /v1/}], methods: [GET, POST]}
                  - {paths: [{type: exact, value: /keys/s3cret}], methods: [GET]}
                  - {paths: [{type: prefix, value: /team}], headers: [{name: x-team, value: core}]}
                  - {paths: [{type: prefix, value: /any}], headers: [{name: cookie, value: '.*', type: regex}]}
              - host: open.example
              - host: token.example
                auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}
              - host: pass.example
                tls: passthrough
              - host: git.example
                git: {fetch: true}
              - host: old.example
                path_allowlist: [/a/]
            """;

    private final TestFlows flows = new TestFlows();

    private static Outcome judged(Flow flow) {
        return new Judge(EvidenceFiles.parse("routes.yaml", ROUTES))
                .judge(RecordedRequest.of(flow).orElseThrow());
    }

    private static Replay replay(Flow... all) {
        Replay replay = new Replay(EvidenceFiles.parse("routes.yaml", ROUTES));
        for (Flow flow : all) {
            replay.add(flow);
        }
        return replay;
    }

    private static String kind(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Allowed _ -> "allowed";
            case Outcome.Denied _ -> "denied";
            case Outcome.Undecidable _ -> "undecidable";
        };
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "GET; https://api.example/v1/x; ; allowed",
                "DELETE; https://api.example/v1/x; ; denied",
                "GET; https://other.example/; ; denied",
                "GET; https://token.example/; ; allowed", // whatever this machine has in its variables
                "GET; http://token.example/; ; denied",
                "GET; https://pass.example/; ; allowed",
                "GET; https://api.example:22/; ; denied",
                // a masked segment below a prefix is one value there
                "GET; https://api.example/v1/********/x; ; allowed",
                "DELETE; https://api.example/v1/********/x; ; denied",
                // it may be what an exact rule names
                "GET; https://api.example/keys/********; ; undecidable",
                "POST; https://api.example/keys/********; ; denied",
                // or what a prefix ends in
                "GET; https://api.example/********/x; ; undecidable",
                "GET; https://api.example/v1********; ; undecidable",
                "GET; https://other.example/********; ; denied",
                "GET; https://open.example/********; ; allowed",
                "GET; https://old.example/a/********; ; allowed",
                "GET; https://old.example/********/; ; undecidable",
                // a field that a rule asks about
                "GET; https://api.example/team; x-team=core; allowed",
                "GET; https://api.example/team; x-team=********; undecidable",
                "GET; https://api.example/team; ; denied",
                "GET; https://api.example/any; cookie=********; undecidable", // though the rule holds for the mask
                // itself
                "GET; https://api.example/v1/x; cookie=********; allowed",
                "GET; https://api.example/v1/x; authorization=********; allowed",
                // a field that asks for another path
                "GET; https://api.example/v1/x; x-original-url=/v1/********; undecidable",
                "GET; https://other.example/; x-original-url=/v1/********; denied",
                // a parameter
                "GET; https://api.example/v1/x?key=********; ; allowed",
                "GET; https://api.example/v1/x?_method=********; ; undecidable",
                "GET; https://git.example/x.git/info/refs?service=********; ; undecidable",
            })
    void eachIsJudgedByTheMatcher(String method, String url, @Nullable String field, String expected) {
        String[] fields = field == null ? new String[0] : field.split("=", 2);
        assertThat(kind(judged(flows.allowed(method, url, fields)))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "a=b; false; allowed",
                "_method=DELETE; false; denied",
                "a=b; true; undecidable",
                "client_secret=********&a=b; false; allowed",
                "_method=********; false; undecidable",
                "_method=TRACE; true; undecidable",
            })
    void aFormIsReadAsFarAsItWasKept(String text, boolean truncated, String expected) {
        FlowBody body = new FlowBody(
                truncated ? 1 << 20 : text.length(), truncated, text.getBytes(StandardCharsets.UTF_8), false);
        Flow flow = flows.flow(
                "POST",
                "https://api.example/v1/x",
                null,
                null,
                body,
                "content-type",
                "application/x-www-form-urlencoded");
        assertThat(kind(judged(flow))).isEqualTo(expected);
    }

    @Test
    void flipsAreCountedBothWays() {
        Replay replay = replay(
                flows.allowed("GET", "https://api.example/v1/x", "user-agent", "curl/8"),
                flows.allowed("PUT", "https://api.example/v1/x", "user-agent", "curl/8"),
                flows.denied("host_not_allowed", "GET", "https://open.example/"),
                flows.denied("path_not_allowed", "GET", "https://nowhere.example/"),
                flows.denied("dlp_match", "POST", "https://open.example/"),
                flows.denied("dlp_locked", "GET", "https://open.example/"),
                flows.hello("open.example", 443));
        assertThat(replay.status()).isEqualTo(Replay.FLIPS);
        assertThat(replay.lines())
                .containsExactly(
                        "5 exchanges judged",
                        "      1 now denied",
                        "      1 now allowed",
                        "      0 undecidable",
                        "      3 as before",
                        "      1 ended before any rule was asked, and are left out",
                        "",
                        "now denied:",
                        "  PUT https://api.example/v1/x",
                        "      method_not_allowed (matches[0].methods); once, last 2026-11-30T04:00:02Z, by curl",
                        "",
                        "now allowed:",
                        "  GET https://open.example/",
                        "      was host_not_allowed, allowed by default; once, last 2026-11-30T04:00:03Z, by no User-Agent");
    }

    @Test
    void whatCannotBeToldHasAStatusOfItsOwn() {
        assertThat(replay(flows.allowed("GET", "https://api.example/keys/********"))
                        .status())
                .isEqualTo(Replay.UNDECIDABLE);
        assertThat(replay(flows.denied("path_not_allowed", "GET", "https://api.example/keys/********"))
                        .status())
                .isEqualTo(Replay.UNDECIDABLE);
    }

    @Test
    void rulesThatNobodyNeededAreNamed() {
        Unused unused = new Unused(EvidenceFiles.parse("routes.yaml", ROUTES));
        unused.add(flows.allowed("GET", "https://api.example/v1/x"));
        unused.add(flows.allowed("GET", "https://git.example/x.git/info/refs?service=git-upload-pack"));
        unused.add(flows.denied("host_not_allowed", "GET", "https://open.example/"));
        unused.add(flows.hello("pass.example", 443));
        assertThat(unused.unused().keySet()).containsExactly("api.example", "token.example", "old.example");
        assertThat(unused.unused().get("api.example"))
                .contains("matches[0].methods POST", "matches[1].paths[0] exact /keys/s3cret")
                .doesNotContain("matches[0].paths[0] prefix /v1/", "matches[0].methods GET");
        assertThat(unused.lines()).contains("needed by none of them:", "  token.example  the whole route");
    }
}
