package egress.server.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.Policy;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a change opens and closes. */
class RoutesDiffTest {
    private static Policy policy(String routes) {
        return EvidenceFiles.parse("routes.yaml", "routes: [" + routes + "]");
    }

    private static RoutesDiff diff(String before, String after) {
        return RoutesDiff.of(policy(before), policy(after));
    }

    private static String route(String rest) {
        return "{host: 'a.example:443', matches: [" + rest + "]}";
    }

    private static String path(String type, String value) {
        return "{paths: [{type: " + type + ", value: '" + value + "'}], methods: [GET]}";
    }

    @ParameterizedTest(name = "{0} {1} -> {2} {3}: {4}")
    @CsvSource(
            delimiter = ';',
            value = {
                "exact  ; /a       ; exact  ; /a            ; same",
                "exact  ; /a       ; exact  ; /b            ; both",
                "prefix ; /a       ; exact  ; /a            ; closes",
                "exact  ; /a       ; prefix ; /a            ; opens",
                "prefix ; /a       ; prefix ; /a/           ; closes",
                "prefix ; /a/      ; prefix ; /a/b          ; closes",
                "prefix ; /a/      ; prefix ; /ab/          ; both",
                "regex  ; /a/[0-9]+ ; regex ; /a/[^/]+      ; opens",
                "regex  ; /a/[^/]+ ; regex  ; /a/[0-9]+     ; closes",
                "regex  ; /a/[^/]+ ; prefix ; /a/           ; opens",
                "prefix ; /a/      ; regex  ; /a/.*         ; same",
                "regex  ; /a/(x|y) ; regex ; /a/[xy]      ; same",
                "regex  ; /a/x{2,3} ; regex ; /a/xx(x)?     ; same",
                "regex  ; /a/x{2,3} ; regex ; /a/x{2,4}     ; opens",
                "regex  ; /a/x+    ; regex  ; /a/xx*        ; same",
                "regex  ; (?i)/A   ; regex  ; /a            ; closes",
                "regex  ; /a/\\d+  ; regex  ; /a/[0-9]+     ; same",
                "regex  ; ^/a$     ; exact  ; /a            ; same",
                "regex  ; /a\\.b   ; regex  ; /a.b          ; opens",
                "regex  ; /[a-y]   ; regex  ; /[a-z]        ; opens",
                "regex  ; /.*      ; regex  ; /[ -~]*       ; closes",
                "regex  ; /\\bx    ; regex  ; /\\bx         ; same",
            })
    void pathsAreComparedForAllTheyHold(String type, String value, String otherType, String other, String expected) {
        RoutesDiff diff = diff(route(path(type, value)), route(path(otherType, other)));
        String found = diff.opens() ? diff.closes() ? "both" : "opens" : diff.closes() ? "closes" : "same";
        assertThat(found).as("%s", diff.lines()).isEqualTo(expected);
    }

    @Test
    void whatCannotBeComparedIsTakenForAnOpening() {
        RoutesDiff diff = diff(route(path("regex", "/a/.+")), route(path("regex", "/a/\\bx+")));
        assertThat(diff.opens()).isTrue();
        assertThat(String.join("\n", diff.lines())).contains("cannot be compared");
    }

    @Test
    void aNewHostOpensEachOfItsRules() {
        RoutesDiff diff = diff("{host: a.example}", "{host: a.example}, {host: b.example, path_allowlist: [/v1/]}");
        assertThat(diff.lines()).contains("opens:", "      such as GET https://b.example/v1/", "1 opened, 0 closed");
        assertThat(diff.lines().get(1))
                .isEqualTo("  + b.example: any method by path_allowlist[0] prefix /v1/, over plain http too");
    }

    @Test
    void whatIsToldToTheOriginIsAnOpening() {
        RoutesDiff diff = diff("{host: a.example}", "{host: a.example, trace: true}");
        assertThat(diff.lines())
                .containsExactly(
                        "opens:",
                        "  + a.example: its origin is told the gate's traceparent, where the gate traces",
                        "",
                        "1 opened, 0 closed");
        assertThat(diff("{host: a.example, trace: true}", "{host: a.example}").lines())
                .contains("closes:", "  - a.example: its origin is no longer told the gate's traceparent");
        assertThat(diff("", "{host: 'a.example:443', trace: true}").lines())
                .contains("  + a.example:443: its origin is told the gate's traceparent, where the gate traces");
        assertThat(diff("{host: a.example, trace: true}", "{host: a.example, trace: true}")
                        .lines())
                .containsExactly("nothing opens and nothing closes");
    }

    @Test
    void aHostThatIsGoneCloses() {
        RoutesDiff diff = diff("{host: a.example}, {host: b.example}", "{host: a.example}");
        assertThat(diff.opens()).isFalse();
        assertThat(String.join("\n", diff.lines())).contains("- b.example: any method by default, over plain http too");
    }

    @Test
    void methodsFieldsAndGitAreComparedToo() {
        assertThat(String.join(
                        "\n",
                        diff(route("{methods: [GET]}"), route("{methods: [GET, DELETE]}"))
                                .lines()))
                .contains("+ a.example:443: DELETE by matches[0].methods", "such as DELETE https://a.example/");
        assertThat(String.join(
                        "\n",
                        diff(
                                        route("{headers: [{name: x-team, value: core}]}"),
                                        route("{headers: [{name: x-team, value: 'core|infra', type: regex}]}"))
                                .lines()))
                .contains("with x-team: infra");
        assertThat(String.join(
                        "\n",
                        diff(
                                        route("{headers: [{name: x-team, value: core}], methods: [GET]}"),
                                        route("{methods: [GET]}"))
                                .lines()))
                .contains("+ a.example:443: GET by matches[0].methods");
        assertThat(diff(route("{methods: [GET]}"), route("{headers: [{name: x-team, value: core}], methods: [GET]}"))
                        .opens())
                .isFalse();
        assertThat(String.join(
                        "\n",
                        diff("{host: 'g.example:443'}", "{host: 'g.example:443', git: {fetch: true}}")
                                .lines()))
                .contains("+ g.example:443: git fetch by git.fetch", "service=git-upload-pack");
    }

    @Test
    void bothListsMustHold() {
        RoutesDiff diff = diff(
                "{host: 'a.example:443', path_allowlist: [/v1/], matches: [{methods: [GET]}]}",
                "{host: 'a.example:443', path_allowlist: [/v1/], matches: [{paths: [{type: prefix, value: /v2/}]}]}");
        assertThat(diff.opens()).isFalse();
        assertThat(diff.closes()).isTrue();
    }

    @Test
    void credentialsPassthroughAndDlpAreSaidInWords() {
        assertThat(String.join(
                        "\n",
                        diff(
                                        "{host: a.example}",
                                        "{host: a.example, auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}}")
                                .lines()))
                .contains("+ a.example: sends Authorization of EGRESS_TOKEN_0 with every request");
        assertThat(String.join(
                        "\n",
                        diff("{host: a.example}", "{host: a.example, tls: passthrough}")
                                .lines()))
                .contains("+ a.example: relays its TLS unread");
        RoutesDiff off = diff("{host: a.example}", "{host: a.example, dlp: {outbound_detectors: false}}");
        assertThat(off.opens()).isTrue();
        assertThat(diff("{host: a.example, dlp: {outbound_detectors: false}}", "{host: a.example}")
                        .opens())
                .isFalse();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a scanner that is off at a port of plain http | {host: 'a.example:80'}"
                        + " | {host: 'a.example:80', dlp: {outbound_detectors: false}}",
                "the same where https had none before | {host: 'a.example:443', dlp: {outbound_detectors: false}}, {host: 'a.example:80'}"
                        + " | {host: a.example, dlp: {outbound_detectors: false}}",
                "plain http, which a credential had kept shut | {host: a.example, auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}}"
                        + " | {host: a.example}",
                "the same below an expression that cannot be compared | {host: a.example, auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0},"
                        + " matches: [{paths: [{type: regex, value: '/\\bx'}]}]}"
                        + " | {host: a.example, matches: [{paths: [{type: regex, value: '/\\bx'}]}]}",
                "two fields, each of which had other ways in | {host: a.example, matches: [{headers: [{name: x-a, value: a}]},"
                        + " {headers: [{name: x-b, value: b}]}]}"
                        + " | {host: a.example, matches: [{headers: [{name: x-a, value: a}]}, {headers: [{name: x-b, value: b}]},"
                        + " {headers: [{name: x-a, value: 'a#c', type: regex}, {name: x-b, value: 'b#d', type: regex}]}]}",
                "a value that another entry had | {host: a.example, matches: [{paths: [{type: exact, value: /p}],"
                        + " headers: [{name: x-a, value: 'a#b', type: regex}]}, {paths: [{type: exact, value: /q}],"
                        + " headers: [{name: x-a, value: 'b#c', type: regex}]}]}"
                        + " | {host: a.example, matches: [{paths: [{type: exact, value: /p}],"
                        + " headers: [{name: x-a, value: 'a#b#c', type: regex}]}]}",
                "two values in one request | {host: a.example, matches: [{headers: [{name: x-a, value: a}]},"
                        + " {headers: [{name: x-a, value: b}]}]}"
                        + " | {host: a.example, matches: [{headers: [{name: x-a, value: 'a#b', type: regex}]}]}",
                "one field asked for twice | {host: a.example, matches: [{headers: [{name: x-a, value: ab}]}]}"
                        + " | {host: a.example, matches: [{headers: [{name: x-a, value: 'a.*', type: regex},"
                        + " {name: x-a, value: '.*c', type: regex}]}]}",
                "an empty value | {host: a.example, matches: [{headers: [{name: x-a, value: '.+', type: regex}]}]}"
                        + " | {host: a.example, matches: [{headers: [{name: x-a, value: '.*', type: regex}]}]}",
                "a value that is not ASCII | {host: a.example, matches: [{headers: [{name: x-a, value: '[ -~]*', type: regex}]}]}"
                        + " | {host: a.example, matches: [{headers: [{name: x-a, value: '.*', type: regex}]}]}",
                "a method beside all that are named"
                        + " | {host: a.example, matches: [{methods: [GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, PROPFIND]}]}"
                        + " | {host: a.example}",
                "a fetch of git by POST alone | {host: a.example, matches: [{methods: [POST], paths: [{type: prefix, value: /t/}]}]}"
                        + " | {host: a.example, git: {fetch: true}, matches: [{methods: [POST], paths: [{type: prefix, value: /t/}]}]}",
                "a fetch of git with a field | {host: a.example, matches: [{headers: [{name: x-a, value: a}]}]}"
                        + " | {host: a.example, git: {fetch: true}, matches: [{headers: [{name: x-a, value: a}]}]}",
                "a repetition behind quoted text | {host: a.example, matches: [{paths: [{type: regex, value: '/(ab)+'}]}]}"
                        + " | {host: a.example, matches: [{paths: [{type: regex, value: '/\\Qab\\E+'}]}]}",
                "a path by its code alone | {host: a.example, matches: [{paths: [{type: regex, value: '/a/[A-Z]'}]}]}"
                        + " | {host: a.example, matches: [{paths: [{type: regex, value: '/a/([A-Z]#%[0-9A-F]{2})'}]}]}",
                "the second reading of a path | {host: a.example, matches: [{paths: [{type: exact, value: '/100%25'}]}]}"
                        + " | {host: a.example, matches: [{paths: [{type: exact, value: '/100%25'}, {type: exact, value: '/100%'}]}]}",
            })
    void anOpeningIsFoundWhereverItIs(String what, String before, String after) {
        RoutesDiff diff = diff(before.replace('#', '|'), after.replace('#', '|'));
        assertThat(diff.opens()).as("%s: %s", what, diff.lines()).isTrue();
        assertThat(diff(after.replace('#', '|'), after.replace('#', '|')).opens())
                .as("%s: against itself", what)
                .isFalse();
    }

    @ParameterizedTest(name = "{0} -> {1}: {2}")
    @CsvSource(
            delimiter = ';',
            nullValues = "-",
            value = {
                "'*.a.example'  ; '*.a.example'  ; same   ; -",
                "'*.a.example'  ; '**.a.example' ; opens  ; any-name.any-name.a.example/",
                "'**.a.example' ; '*.a.example'  ; closes ; any-name.any-name.a.example/",
                "a.example      ; '*.a.example'  ; both   ; https://any-name.a.example/",
                "b.a.example    ; '*.a.example'  ; opens  ; https://any-name.a.example/",
                "'*.a.example'  ; b.a.example    ; closes ; any-name.a.example/",
                "'*.a.example'  ; '*.a.example:8443' ; both ; https://any-name.a.example:8443/",
                "'*.a.example:443' ; '*.a.example' ; opens ; http://any-name.a.example/",
                "'**.a.example' ; '**.b.a.example' ; closes ; any-name.a.example/",
                "'*.a.example'  ; '**.b.a.example' ; both ; any-name.b.a.example/",
                "'*.any-name.a.example' ; '**.a.example' ; opens ; any-name2.a.example/",
            })
    void aPatternIsComparedByNamesThatStandForAll(
            String before, String after, String expected, @Nullable String example) {
        RoutesDiff diff = diff("{host: '" + before.replace("'", "") + "'}", "{host: '" + after.replace("'", "") + "'}");
        String found = diff.opens() ? diff.closes() ? "both" : "opens" : diff.closes() ? "closes" : "same";
        assertThat(found).as("%s", diff.lines()).isEqualTo(expected);
        if (example != null) {
            assertThat(String.join("\n", diff.lines())).contains(example);
        }
    }

    @Test
    void anEntryThatIsGoneGivesItsNameBackToThePattern() {
        String pattern = "{host: '*.a.example'}";
        String entry = "{host: 'b.a.example:8443'}";
        RoutesDiff diff = diff(pattern + ", " + entry, pattern);
        assertThat(String.join("\n", diff.lines()))
                .contains("+ *.a.example: any method by default", "such as GET https://b.a.example/")
                .contains("- b.a.example:8443: any method by default");
        RoutesDiff back = diff(pattern, pattern + ", " + entry);
        assertThat(String.join("\n", back.lines()))
                .contains("- *.a.example: any method by default", "+ b.a.example:8443: any method by default");
    }

    @Test
    void moreNewNamesAreAnOpening() {
        assertThat(diff("{host: '*.a.example'}", "{host: '*.a.example', dlp: {names: 100}}")
                        .lines())
                .anyMatch(line -> line.contains("a caller may bring 100 new names in 10 minutes, where it was 64"));
        assertThat(diff("{host: '*.a.example'}", "{host: '*.a.example', dlp: {names: 10}}")
                        .opens())
                .isFalse();
    }

    @Test
    void nothingIsNothing() {
        String routes = "{host: a.example, git: {fetch: true}, matches: [" + path("regex", "/x/[a-z]+") + "]}";
        assertThat(diff(routes, routes).lines()).isEqualTo(List.of("nothing opens and nothing closes"));
    }
}
