package egress.server.routes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import egress.http.Authority;
import egress.policy.ConnectionRoute;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.policy.Verdict;
import egress.testkit.scorecard.Row;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RoutesFileTest {
    private static final Map<String, String> ENVIRONMENT =
            Map.of("EGRESS_TOKEN_0", "sekret-0", "EMPTY", "", "BROKEN", "a\r\nb", "PAIR", "user:pass-word");

    private static RoutesFile.Result parse(String yaml) {
        return RoutesFile.parse("routes.yaml", yaml.getBytes(UTF_8), TokenSource.of(ENVIRONMENT), List.of());
    }

    private static RoutesFile.Loaded load(String yaml) {
        return switch (parse(yaml)) {
            case RoutesFile.Result.Valid valid -> valid.loaded();
            case RoutesFile.Result.Invalid invalid -> throw new AssertionError(invalid.errors());
        };
    }

    private static List<String> errors(String yaml) {
        return switch (parse(yaml)) {
            case RoutesFile.Result.Valid valid -> List.of();
            case RoutesFile.Result.Invalid invalid -> invalid.errors();
        };
    }

    private static final String EVERY_ERA = """
            log: 1
            routes:
              - host: api.anthropic.com
                auth_scheme: Bearer
                token_env: EGRESS_TOKEN_0
              - host: gitea.example
                auth: {scheme: token, token_ref: EGRESS_TOKEN_1}
              - host: basic.example
                auth: {scheme: Basic, token_env: PAIR}
                path_allowlist: ["/api/v1/", "/didericis/"]
              - host: github.com
                matches:
                  - paths: [{type: prefix, value: /didericis/}]
                    methods: [GET, POST]
                    headers: [{name: x-team, value: "core|infra", type: regex}]
                git: {fetch: true}
                dlp: {outbound_detectors: [token_patterns, known_secrets], inbound_detectors: false, outbound_on_match: block}
              - {"host": "json.example:8443"}
              - host: pinned.example
                tls: passthrough
            """;

    @Test
    void tracesTowardsAnOriginOnlyWhereTheRouteSaysSo() {
        String yaml = "routes: [{host: a.example, trace: true}, {host: b.example, trace: false}, {host: c.example}]";
        assertThat(load(yaml).policy().routes().stream().map(Route::trace)).containsExactly(true, false, false);
        assertThat(errors("routes: [{host: a.example, trace: yes}]"))
                .singleElement()
                .asString()
                .contains("routes[0].trace")
                .contains("true or false");
        assertThat(errors("routes: [{host: a.example, tls: passthrough, trace: true}]"))
                .singleElement()
                .asString()
                .contains("routes[0].trace: cannot hold where tls is passthrough");
        HttpHeaders trailers = new DefaultHttpHeaders();
        trailers.set("traceparent", "x").set("tracestate", "y").set("x-sum", "z");
        load(yaml).policy().routes().getFirst().stripTrailers(trailers);
        assertThat(trailers.names()).containsExactly("x-sum");
        trailers.set("traceparent", "x");
        load(yaml).policy().routes().get(2).stripTrailers(trailers);
        assertThat(trailers.contains("traceparent")).isTrue();
    }

    @Test
    void readsEveryEraOfTheFile() {
        RoutesFile.Loaded loaded = load(EVERY_ERA);

        assertThat(loaded.policy().routes().stream().map(Route::name))
                .containsExactly(
                        "api.anthropic.com",
                        "gitea.example",
                        "basic.example",
                        "github.com",
                        "json.example:8443",
                        "pinned.example");
        assertThat(loaded.logLevel()).isEqualTo(1);
        assertThat(loaded.secrets()).containsExactlyInAnyOrder("sekret-0", "user:pass-word");
        assertThat(loaded.variables()).contains("EGRESS_TOKEN_0", "EGRESS_TOKEN_1", "PAIR");
        assertThat(loaded.warnings())
                .singleElement()
                .asString()
                .contains("routes[1].auth.token_ref")
                .contains("EGRESS_TOKEN_1 is not set");
        HttpHeaders fields = new DefaultHttpHeaders();
        loaded.policy().routes().get(2).inject(fields);
        assertThat(fields.get("authorization")).isEqualTo("Basic dXNlcjpwYXNzLXdvcmQ=");
        assertThat(loaded.policy().route(new Authority("pinned.example", 443)))
                .isInstanceOf(ConnectionRoute.Passthrough.class);
        assertThat(loaded.policy()
                        .judge(new RequestHead(
                                true,
                                new Authority("github.com", 443),
                                "GET",
                                "/didericis/x",
                                new DefaultHttpHeaders().add("x-team", "infra"))))
                .isInstanceOf(Verdict.Allow.class);
        assertThat(loaded.policy()
                        .judge(new RequestHead(
                                true,
                                new Authority("github.com", 443),
                                "GET",
                                "/didericis/x",
                                new DefaultHttpHeaders())))
                .isInstanceOf(Verdict.Deny.class);
    }

    @Test
    void anEmptyListOfRoutesDeniesEverything() {
        RoutesFile.Loaded loaded = load("routes: []\n");
        assertThat(loaded.policy().routes()).isEmpty();
        assertThat(loaded.policy()
                        .judge(new RequestHead(
                                true, new Authority("github.com", 443), "GET", "/", new DefaultHttpHeaders())))
                .isInstanceOf(Verdict.Deny.class);
    }

    @Test
    void showsTheFilesKeysAndNoSecret() {
        String json = load(EVERY_ERA).allowlist();
        assertThat(json)
                .startsWith(
                        "{\"routes\":[{\"host\":\"api.anthropic.com\",\"auth_scheme\":\"Bearer\",\"token_env\":\"EGRESS_TOKEN_0\"}")
                .contains("\"git\":{\"fetch\":true}")
                .contains("\"inbound_detectors\":false")
                .doesNotContain("sekret")
                .doesNotContain("pass-word");
    }

    static List<Arguments> mistakes() {
        return List.of(
                mistake("", "routes.yaml:1: the file is empty (expected: a mapping with routes)"),
                mistake("# only\n", "routes.yaml:1: the file is empty (expected: a mapping with routes)"),
                mistake("log: 1\n", "routes.yaml:1: routes: missing"),
                mistake("routes: {}\n", "routes.yaml:1: routes: a mapping (expected: a list)"),
                mistake("[]\n", "routes.yaml:1: a list (expected: a mapping with log, unlisted, routes)"),
                mistake("routes: []\n---\nroutes: []\n", "routes.yaml:2: a second document"),
                mistake("routes: []\nroutes: []\n", "routes.yaml:2: the key \"routes\" twice"),
                mistake("routes: &a []\nlog: *a\n", "routes.yaml:1: an anchor"),
                mistake("routes: *a\n", "routes.yaml:1: an alias"),
                mistake("routes: !!seq []\n", "routes.yaml:1: a tag"),
                mistake("routes: [\n", "routes.yaml:1: no YAML: what begins here does not end"),
                mistake(
                        "routes:\n  - host: a\n    path_allowlist: [\"/a\", \"/b\"\n  - host: b\n",
                        "routes.yaml:3: no YAML: what begins here does not end: expected ',' or ']', but got -, on line 4"),
                mistake(
                        "routes:\n  - host: a\n    path_allowlist: [\"/a\",\n      \"/b\",\n  - host: b\n",
                        "routes.yaml:3: no YAML: what begins here does not end"),
                mistake(
                        "routes: [\n  {host: a},\n  {host: b\n]\n",
                        "routes.yaml:3: no YAML: what begins here does not end"),
                mistake(
                        "routes:\n  - host: \"a\n  - host: b\n",
                        "routes.yaml:2: no YAML: what begins here does not end"),
                mistake("routes: [\n  {host: a},\n  {host: @b}\n]\n", "routes.yaml:3: no YAML: found character '@'"),
                mistake("routes:\n  - host: \"a\\U", "routes.yaml:2: no YAML from here on"),
                mistake("log: 3\nroutes: []\n", "routes.yaml:1: log: \"3\" (expected: 0 to 2)"),
                mistake("log: \"1\"\nroutes: []\n", "routes.yaml:1: log: \"1\" (expected: 0 to 2)"),
                mistake("rules: []\nroutes: []\n", "routes.yaml:1: unknown key \"rules\" (expected: log, unlisted, routes)"),
                route("{}", "routes.yaml:2: routes[0].host: missing"),
                route("{host: 5}", "routes[0].host: \"5\" (expected: a string; put it in quotes)"),
                route("{host: true}", "routes[0].host: \"true\" (expected: a string; put it in quotes)"),
                route("{host: \"*\"}", "host: \"*\" (expected: *.NAME for one label, **.NAME for any number"),
                route("{host: \"*.\"}", "(expected: a host)"),
                route("{host: \"*x.example\"}", "expected: *.NAME"),
                route("{host: \"a.*.example\"}", "expected: *.NAME"),
                route("{host: \"*.*.a.example\"}", "expected: *.NAME"),
                route("{host: \"***.a.example\"}", "expected: *.NAME"),
                route("{host: *.a.example}", "with a pattern of hosts in quotes"),
                route("{host: \"*.192.0.2.1\"}", "\"*.192.0.2.1\" (expected: a name behind the star"),
                route("{host: \"*.[2001:db8::1]\"}", "expected: a name behind the star"),
                route("{host: \"*.b\u00fccher.example\"}", "\"*.xn--bcher-kva.example\""),
                route("{host: \"**._egress.local\"}", "that name is the proxy itself"),
                route("{host: \"**.local\"}", "anybody can register a name there"),
                route(
                        "{host: \"*.a.example\", auth: {scheme: Bearer, token_env: T}}",
                        "auth: cannot hold for a pattern"),
                route("{host: \"*.a.example\", auth_scheme: Bearer, token_env: T}", "auth_scheme: cannot hold"),
                route("{host: \"*.a.example\", tls: passthrough}", "tls: cannot hold for a pattern"),
                route("{host: \"*.com\"}", "\"*.com\": anybody can register a name there"),
                route("{host: \"**.co.uk\"}", "anybody can register"),
                route("{host: \"*.no-such-top-level\"}", "anybody can register"),
                route(
                        "{host: \"*.github.io\"}",
                        "anybody can open a name there (expected: the full names, or shared_suffix: true"),
                route("{host: a.example, shared_suffix: true}", "only a pattern has a suffix"),
                route("{host: \"*.a.example\", shared_suffix: \"yes\"}", "expected: true or false"),
                route("{host: a.example, dlp: {names: 5}}", "only a pattern lets a caller choose names"),
                route("{host: \"*.a.example\", dlp: {names: 0}}", "expected: 1 to 4096"),
                route("{host: \"*.a.example\", dlp: {names: many}}", "expected: 1 to 4096"),
                route("{host: _egress.local}", "that name is the proxy itself"),
                route("{host: x._egress.local}", "that name is the proxy itself"),
                route("{host: bücher.example}", "\"xn--bcher-kva.example\""),
                route("{host: \"a.example:99999\"}", "99999"),
                route("{host: \"user@a.example\"}", "routes[0].host: "),
                route("{host: a.example, nope: 1}", "routes[0]: unknown key \"nope\" (expected: host, "),
                route("{host: a.example, auth_scheme: Bearer}", "auth_scheme and token_env go together"),
                route("{host: a.example, token_env: X}", "auth_scheme and token_env go together"),
                route(
                        "{host: a.example, auth_scheme: Digest, token_env: EGRESS_TOKEN_0}",
                        "\"Digest\" (expected: Bearer, token or Basic)"),
                route("{host: a.example, auth: {}}", "routes[0].auth: empty (expected: scheme or header"),
                route("{host: a.example, auth: {scheme: token}}", "0 sources of a token"),
                route("{host: a.example, auth: {scheme: token, token_env: A, token_file: /b}}", "2 sources of a token"),
                route("{host: a.example, auth: {scheme: token, header: x, token_env: A}}", "both scheme and header"),
                route(
                        "{host: a.example, auth: {header: Host, token_env: EGRESS_TOKEN_0}}",
                        "\"Host\" (expected: a field name"),
                route(
                        "{host: a.example, auth: {scheme: token, token_env: \"sk-live-123\"}}",
                        "no name of an environment variable"),
                route("{host: a.example, auth: {scheme: Basic, token_env: EGRESS_TOKEN_0}}", "expected: user:password"),
                route(
                        "{host: a.example, auth: {scheme: token, token_env: BROKEN}}",
                        "the environment variable BROKEN holds a line break"),
                route(
                        "{host: a.example, auth_scheme: token, token_env: EGRESS_TOKEN_0, auth: {scheme: token, token_env: A}}",
                        "both auth and the flat"),
                route(
                        "{host: a.example, path_allowlist: [api]}",
                        "routes[0].path_allowlist[0]: \"api\" (expected: a path that begins with a slash)"),
                route(
                        "{host: a.example, path_allowlist: /api}",
                        "routes[0].path_allowlist: \"/api\" (expected: a list)"),
                route("{host: a.example, matches: []}", "routes[0].matches: an empty list"),
                route("{host: a.example, matches: [{}]}", "routes[0].matches[0]: empty"),
                route("{host: a.example, matches: [{paths: []}]}", "routes[0].matches[0].paths: an empty list"),
                route(
                        "{host: a.example, matches: [{paths: [{type: glob, value: /a}]}]}",
                        "routes[0].matches[0].paths[0].type: \"glob\" (expected: exact, prefix or regex)"),
                route(
                        "{host: a.example, matches: [{paths: [{type: exact, value: a}]}]}",
                        "routes[0].matches[0].paths[0].value: \"a\" (expected: a path"),
                route(
                        "{host: a.example, matches: [{paths: [{type: exact}]}]}",
                        "routes[0].matches[0].paths[0].value: missing"),
                route(
                        "{host: a.example, matches: [{paths: [{type: regex, value: \"(\"}]}]}",
                        "(expected: an RE2 expression)"),
                route(
                        "{host: a.example, matches: [{methods: [\"G T\"]}]}",
                        "routes[0].matches[0].methods[0]: \"G T\" (expected: a method)"),
                route(
                        "{host: a.example, matches: [{headers: [{name: a}]}]}",
                        "routes[0].matches[0].headers[0].value: missing"),
                route(
                        "{host: a.example, matches: [{headers: [{name: a, value: b, type: prefix}]}]}",
                        "(expected: exact or regex)"),
                route("{host: a.example, git: {push: true}}", "routes[0].git: unknown key \"push\" (expected: fetch)"),
                route("{host: a.example, git: {fetch: yes}}", "routes[0].git.fetch: \"yes\" (expected: true or false)"),
                route("{host: a.example, dlp: {outbound_detectors: true}}", "a list of detectors, or false"),
                route(
                        "{host: a.example, dlp: {outbound_detectors: [magic]}}",
                        "routes[0].dlp.outbound_detectors[0]: \"magic\" (expected: token_patterns"),
                route(
                        "{host: a.example, dlp: {outbound_on_match: shout}}",
                        "\"shout\" (expected: block, redact or supervise)"),
                route("{host: a.example, dlp: {on_oversize: pass}}", "\"pass\" (expected: deny or noscan)"),
                route(
                        "{host: a.example, dlp: {profile: loud}}",
                        "routes[0].dlp.profile: \"loud\" (expected: strict, balanced or quiet)"),
                route("{host: a.example, dlp: {allow_fingerprints: [ghp_x]}}", "no fingerprint"),
                mistake("unlisted: allow\nroutes: []\n", "unlisted: \"allow\" (expected: deny, ask or later)"),
                mistake("unlisted: [ask]\nroutes: []\n", "unlisted: a list (expected: deny, ask or later)"),
                route("{host: a.example, ask: yes}", "routes[0].ask: \"yes\" (expected: false, hold or later)"),
                route("{host: a.example, ask: \"true\"}", "routes[0].ask: \"true\" (expected: false, hold or later)"),
                route("{host: a.example, ask: {}}", "routes[0].ask: a mapping (expected: false, hold or later)"),
                route(
                        "{host: a.example, tls: passthrough, ask: hold}",
                        "routes[0].ask: cannot hold where tls is passthrough"),
                route("{host: a.example, tls: none}", "routes[0].tls: \"none\" (expected: passthrough)"),
                route(
                        "{host: a.example, tls: passthrough, git: {fetch: true}}",
                        "routes[0].git: cannot hold where tls is passthrough"),
                mistake(
                        "routes:\n  - host: a.example\n  - host: A.example.\n",
                        "routes.yaml:3: routes[1].host: \"a.example\" serves a.example:443, which line 2 serves already"));
    }

    private static Arguments mistake(String yaml, String error) {
        return Arguments.of(yaml, error);
    }

    private static Arguments route(String route, String error) {
        return Arguments.of("routes:\n  - " + route + "\n", error);
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    @Row("39.xh")
    void namesThePlaceAndWhatWasExpected(String yaml, String error) {
        assertThat(errors(yaml)).first().asString().startsWith("routes.yaml:").contains(error);
        assertThat(errors(yaml).toString()).doesNotContain("sk-live").doesNotContain("ghp_x");
    }

    @Test
    void namesASecondEntryOfAHostAlsoWhereTheFirstIsBroken() {
        assertThat(errors("routes:\n  - host: a.example\n    nope: 1\n  - host: A.example\n    nope: 2\n"))
                .hasSize(3)
                .anySatisfy(
                        error -> assertThat(error)
                                .contains(
                                        "routes.yaml:4: routes[1].host: \"a.example\" serves a.example:443, which line 2 serves already"));
    }

    @Test
    void reportsEveryMistakeAtOnce() {
        assertThat(errors("log: 9\nroutes:\n  - {host: 5}\n  - {hosts: a.example}\n"))
                .hasSize(4)
                .allMatch(e -> e.startsWith("routes.yaml:"));
    }

    @Test
    @Row("39.xg")
    void refusesWhatIsTooLargeNoUtf8OrTooDeep() {
        assertThat(errors("routes: []\n#" + "x".repeat(RoutesFile.MAX_BYTES)))
                .singleElement()
                .asString()
                .contains("more than 4 MiB");
        RoutesFile.Result noText =
                RoutesFile.parse("r", new byte[] {'a', (byte) 0xC3, '('}, TokenSource.of(Map.of()), List.of());
        assertThat(noText)
                .isEqualTo(new RoutesFile.Result.Invalid(List.of("r:1: not UTF-8 (expected: YAML in UTF-8)")));
        assertThat(errors("routes: " + "[".repeat(5_000) + "]".repeat(5_000))).hasSize(1);
    }

    @Test
    void readsATokenFromAFileEachTime(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("token");
        String yaml =
                "routes:\n  - host: a.example\n    auth: {header: x-goog-api-key, token_file: \"" + file + "\"}\n";
        assertThat(load(yaml).warnings()).singleElement().asString().contains("cannot be read");

        Files.writeString(file, "first\n");
        assertThat(injected(load(yaml))).isEqualTo("first");
        Files.writeString(file, "second");
        assertThat(injected(load(yaml))).isEqualTo("second");
        Files.writeString(file, "a\nb");
        assertThat(errors(yaml)).singleElement().asString().contains("holds a line break");
    }

    private static String injected(RoutesFile.Loaded loaded) {
        HttpHeaders fields = new DefaultHttpHeaders();
        loaded.policy().routes().getFirst().inject(fields);
        return fields.get("x-goog-api-key");
    }

    @Test
    void addsHostsThatArePassedThrough() {
        RoutesFile.Result result = RoutesFile.parse(
                "r", "routes: []".getBytes(UTF_8), TokenSource.of(Map.of()), List.of("pinned.example"));
        RoutesFile.Loaded loaded = ((RoutesFile.Result.Valid) result).loaded();
        assertThat(loaded.policy().route(new Authority("pinned.example", 443)))
                .isInstanceOf(ConnectionRoute.Passthrough.class);
        assertThat(loaded.allowlist()).contains("{\"host\":\"pinned.example\",\"tls\":\"passthrough\"}");
        Optional<Route> route = loaded.policy().routeAt(new Authority("pinned.example", 443));
        assertThat(route).isPresent();
    }
}
