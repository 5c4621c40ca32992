package egress.server.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.Policy;
import egress.server.flows.Flow;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is suggested of what was seen. */
class SuggestionsTest {
    private final TestFlows flows = new TestFlows();
    private final List<Flow> log = new ArrayList<>();

    private void twice(String method, String url, String... fields) {
        log.add(flows.allowed(method, url, fields));
        log.add(flows.allowed(method, url, fields));
    }

    private String suggested(Suggestions.Options options) {
        Suggestions suggestions = new Suggestions(options);
        log.forEach(suggestions::add);
        return suggestions.yaml();
    }

    private String suggested() {
        return suggested(Suggestions.Options.DEFAULT);
    }

    private Replay replay(String yaml) {
        Replay replay = new Replay(policy(yaml));
        log.forEach(replay::add);
        return replay;
    }

    private static Policy policy(String yaml) {
        return EvidenceFiles.parse("suggested.yaml", yaml);
    }

    /** The lines without comments, and without what is commented out. */
    private static List<String> standing(String yaml) {
        return yaml.lines()
                .map(line -> line.contains("#") ? line.substring(0, line.indexOf('#')) : line)
                .map(String::stripTrailing)
                .filter(line -> !line.isBlank())
                .toList();
    }

    @Test
    void whatIsNeverTheSameTwiceStaysAsItIs() {
        twice("GET", "https://api.example/v1/models");
        twice("POST", "https://api.example/v1/messages", "user-agent", "sdk/1.2 (linux)");
        assertThat(standing(suggested()))
                .containsExactly(
                        "routes:",
                        "  - host: api.example:443",
                        "    matches:",
                        "      - methods: [GET]",
                        "        paths:",
                        "          - {type: exact, value: /v1/models}",
                        "      - methods: [POST]",
                        "        paths:",
                        "          - {type: exact, value: /v1/messages}");
        assertThat(suggested()).contains("# 2 times, last 2026-11-30T04:00:04Z, by sdk\n");
    }

    @Test
    void threeValuesThatAreAlikeMakeAPlaceFree() {
        for (String name : List.of("alpha", "beta", "gamma")) {
            twice("GET", "https://index.example/simple/" + name + "/");
        }
        assertThat(standing(suggested())).contains("          - {type: prefix, value: /simple/}");
        assertThat(replay(suggested()).status()).isEqualTo(Replay.SAME);
    }

    @Test
    void twoDoNot() {
        twice("GET", "https://index.example/simple/alpha/");
        twice("GET", "https://index.example/simple/beta/");
        assertThat(standing(suggested()))
                .contains(
                        "          - {type: exact, value: /simple/alpha/}",
                        "          - {type: exact, value: /simple/beta/}");
    }

    @Test
    void valuesThatAreNotAlikeDoNotEither() {
        twice("GET", "https://api.example/v1/models");
        twice("POST", "https://api.example/v1/messages");
        twice("DELETE", "https://api.example/v1/files");
        assertThat(suggested()).doesNotContain("prefix", "regex");
    }

    @Test
    void anObviousIdIsFreeFromTheFirstOn() {
        twice("GET", "https://api.example/v1/threads/7/messages");
        twice("GET", "https://api.example/v1/files/0b3d1c7e-9a2f-4c55-8e0b-1d2f3a4b5c6d");
        twice("GET", "https://api.example/v1/batches/msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d/results");
        assertThat(standing(suggested()))
                .contains(
                        "          - {type: regex, value: '/v1/threads/[0-9]+/messages'}",
                        "          - {type: regex, value: '/v1/batches/[0-9A-Za-z_-]+/results'}");
        assertThat(policy(suggested())).isNotNull();
        assertThat(suggested()).contains("/v1/files/[0-9a-fA-F]{8}-");
    }

    @Test
    void aPlaceInTheMiddleIsOneSegment() {
        for (String name : List.of("left-pad", "lodash", "react")) {
            twice("GET", "https://npm.example/" + name);
            twice("GET", "https://npm.example/" + name + "/-/" + name + "-1.0.0.tgz");
        }
        assertThat(standing(suggested()))
                .contains(
                        "          - {type: regex, value: '/[^/]+'}",
                        "          - {type: regex, value: '/[^/]+/-/[^/]+'}");
        assertThat(suggested()).doesNotContain("type: prefix");
    }

    @Test
    void everyReadingOfAPathIsAllowed() {
        twice("GET", "https://npm.example/@scope%2fname");
        assertThat(standing(suggested()))
                .contains(
                        "          - {type: exact, value: '/@scope%2fname'}",
                        "          - {type: exact, value: /@scope/name}");
        assertThat(replay(suggested()).status()).isEqualTo(Replay.SAME);
    }

    @Test
    void whatWasSeenOnceStandsCommentedOut() {
        twice("GET", "https://api.example/v1/models");
        log.add(flows.allowed("GET", "https://api.example/v1/secrets"));
        log.add(flows.allowed("GET", "https://once.example/"));
        String yaml = suggested();
        assertThat(standing(yaml)).noneMatch(line -> line.contains("secrets") || line.contains("once.example"));
        assertThat(yaml)
                .contains("      # seen once:\n      # - methods: [GET]\n", "  # - host: once.example:443")
                .contains("      #     - {type: exact, value: /v1/secrets} # once, last");
        assertThat(replay(yaml).closed()).isEqualTo(2);
        assertThat(replay(suggested(Suggestions.Options.EVERYTHING_SEEN)).status())
                .isEqualTo(Replay.SAME);
    }

    @Test
    void whatIsCommentedOutHoldsOnceTheMarksAreTakenAway() {
        log.add(flows.allowed("GET", "https://once.example/a"));
        log.add(flows.denied("host_not_allowed", "POST", "https://evil.example/b?c=d"));
        String yaml = suggested();
        assertThat(policy(yaml).routes()).isEmpty();
        String taken = yaml.replace("routes: [] # nothing stands: see below", "routes:")
                .replaceAll("(?m)^  # ", "  ");
        assertThat(policy(taken).routes()).hasSize(2);
        assertThat(replay(taken).lines()).contains("      1 now allowed");
    }

    @Test
    void whatWasDeniedStandsCommentedOutHoweverOften() {
        for (int i = 0; i < 30; i++) {
            log.add(flows.denied("path_not_allowed", "GET", "https://api.example/admin/" + i));
            log.add(flows.allowed("GET", "https://api.example/v1/models"));
        }
        String yaml = suggested();
        assertThat(yaml).contains("# denied (path_not_allowed):", "10 more that were denied (path_not_allowed)");
        assertThat(standing(yaml)).noneMatch(line -> line.contains("admin"));
        assertThat(replay(yaml).status()).isEqualTo(Replay.SAME);
    }

    @Test
    void gitMayFetchWhereItDidAndNeverPushes() {
        twice("GET", "https://git.example/team/tool.git/info/refs?service=git-upload-pack", "user-agent", "git/2.40");
        twice("POST", "https://git.example/team/tool.git/git-upload-pack", "user-agent", "git/2.40");
        log.add(flows.denied("git_push", "POST", "https://git.example/team/tool.git/git-receive-pack"));
        String yaml = suggested();
        assertThat(yaml).contains("git: {fetch: true} # 4 times, last", "git push, once");
        assertThat(replay(yaml).status()).isEqualTo(Replay.SAME);
    }

    @Test
    void aHostOfWhichNothingStandsIsNeverOpenedWhole() {
        log.add(flows.allowed("OPTIONS", "https://api.example/"));
        log.add(flows.hello("pass.example", 443));
        String yaml = suggested();
        assertThat(policy(yaml).routes()).isEmpty();
        assertThat(yaml).contains("#   tls: passthrough");
    }

    @Test
    void plainHttpIsAllowedWhereItWasSeenAlone() {
        twice("GET", "http://plain.example/a");
        twice("GET", "https://tls.example/a");
        twice("GET", "https://both.example/a");
        twice("GET", "http://both.example/a");
        twice("GET", "http://odd.example:8080/a");
        String yaml = suggested();
        assertThat(standing(yaml))
                .contains("  - host: plain.example:80", "  - host: tls.example:443", "  - host: both.example")
                .noneMatch(line -> line.contains("odd.example"));
        assertThat(yaml).contains("no route can name it");
    }

    @Test
    void whatAgentsSendIsNoYaml() {
        twice("GET", "https://api.example/a'b,{c}:%20[d]", "user-agent", "evil\n  - host: evil.example");
        twice("GET", "https://api.example/%D1%82?x");
        String yaml = suggested();
        assertThat(policy(yaml).routes()).hasSize(1);
        assertThat(replay(yaml).closed()).isZero();
        assertThat(yaml.chars()).allMatch(c -> c == '\n' || c >= ' ' && c < 0x7f);
        assertThat(yaml).doesNotContain("evil.example");
    }

    @Test
    void aPathOfManyThousandSegmentsStaysAsItIs() {
        for (String end : List.of("x", "y", "z")) {
            twice("GET", "https://api.example" + "/a".repeat(10_000) + "/" + end);
        }
        String yaml = suggested();
        assertThat(yaml).doesNotContain("regex", "prefix");
        assertThat(replay(yaml).status()).isEqualTo(Replay.SAME);
    }

    @Test
    void aMaskedSegmentIsAnyValueThere() {
        twice("POST", "https://bot.example/bot********/send");
        String yaml = suggested();
        assertThat(standing(yaml)).contains("          - {type: regex, value: '/[^/]+/send'}");
        assertThat(replay(yaml).lines()).contains("      2 undecidable");
    }

    @Test
    void itsOwnAuthorizationIsToldOf() {
        twice("GET", "https://api.example/v1/models", "authorization", "********");
        assertThat(suggested()).contains("carried its own authorization 2 times, which the gate takes off");
        assertThat(replay(suggested()).status()).isEqualTo(Replay.SAME);
    }
}
