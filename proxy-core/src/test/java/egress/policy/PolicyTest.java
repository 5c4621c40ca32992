package egress.policy;

import static egress.policy.ExamplePolicy.POLICY;
import static egress.policy.ExamplePolicy.code;
import static egress.policy.ExamplePolicy.entry;
import static egress.policy.ExamplePolicy.fields;
import static egress.policy.ExamplePolicy.judged;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import egress.http.Authority;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PolicyTest {
    @ParameterizedTest
    @CsvSource({
        "open.example:443, Bump",
        "open.example:80, Bump",
        "open.example:22, port_not_allowed",
        "open.example:8443, port_not_allowed",
        "ported.example:8443, Bump",
        "ported.example:443, port_not_allowed",
        "plain.example:80, Bump",
        "plain.example:443, port_not_allowed",
        "sealed.example:443, Passthrough",
        "sealed.example:80, Bump",
        "unlisted.example:443, Bump",
        "unlisted.example:80, Bump",
        "unlisted.example:22, host_not_allowed",
        "evilopen.example:8443, host_not_allowed",
        "[2001:db8::1]:443, Bump",
        "[2001:db8::2]:443, host_not_allowed",
        "192.0.2.1:443, Bump",
        "192.0.2.1:80, port_not_allowed",
        "127.0.0.1:443, host_not_allowed",
        "127.0.0.1:80, host_not_allowed",
        "[::ffff:192.0.2.1]:443, host_not_allowed",
    })
    void routesAConnection(String authority, String expected) {
        ConnectionRoute route = POLICY.route(Authority.parse(authority, 0));
        String got = switch (route) {
            case ConnectionRoute.Bump bump -> "Bump";
            case ConnectionRoute.Passthrough p -> "Passthrough";
            case ConnectionRoute.Refuse refuse -> refuse.why().code();
        };
        assertThat(got).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, https://open.example/, allow",
        "GET, https://OPEN.example./x?y=z, allow",
        "GET, http://open.example/, allow",
        "PROPFIND, https://open.example/any/thing, allow",
        "GET, https://evilopen.example/, host_not_allowed",
        "GET, https://open.example.evil.example/, host_not_allowed",
        "GET, https://example/, host_not_allowed",
        "GET, https://open.example:8443/, port_not_allowed",
        "GET, http://open.example:443/, scheme_not_allowed",
        "GET, https://open.example:80/, scheme_not_allowed",
        "GET, https://ported.example:8443/, allow",
        "GET, http://ported.example:8443/, scheme_not_allowed",
        "GET, https://ported.example/, port_not_allowed",
        "GET, http://plain.example/, allow",
        "GET, https://plain.example:80/, scheme_not_allowed",
        "GET, https://[2001:0db8::0:1]/, allow",
        "GET, http://192.0.2.1/, port_not_allowed",
        "GET, https://sealed.example/, allow",
        "TRACE, https://open.example/, method_not_allowed",
        "trace, https://open.example/, method_not_allowed",
        "TRACK, https://open.example/, method_not_allowed",
        "CONNECT, https://open.example/, method_not_allowed",
        "G T, https://open.example/, malformed",
        "'', https://open.example/, malformed",
        "G\u00c9T, https://open.example/, malformed",
        "OPTIONS, https://open.example/*, allow",
        "OPTIONS, https://v1.example/*, path_not_allowed",
        "GET, https://open.example/*, malformed",
        "GET, https://token.example/, allow",
        "GET, http://token.example/, credential_needs_tls",
        "GET, https://unset.example/, credential_unavailable",
        "GET, http://unset.example/, credential_needs_tls",
    })
    void judgesHostSchemeMethodAndCredential(String method, String url, String expected) {
        assertThat(judged(method, url)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1, allow",
        "/v1/x, allow",
        "/v1/x?/../admin, allow",
        "/v1/@scope%2fname, allow",
        "/v1/a%20b%25, allow",
        "/v1/.well-known, allow",
        "/v1/a;b=c, allow",
        "/v1/caf%C3%A9, allow",
        "/v1x, path_not_allowed",
        "/admin, path_not_allowed",
        "/v1/../admin, path_not_allowed",
        "/v1/%2e%2e/admin, path_not_allowed",
        "/v1/.%2e/, path_not_allowed",
        "/v1%2f..%2fadmin, path_not_allowed",
        "/v1//../admin, path_not_allowed",
        "/v1/..\\admin, path_not_allowed",
        "/v1/%252e%252e/admin, path_not_allowed",
        "/v1/..;/admin, path_not_allowed",
        "/x/../v1/y, path_not_allowed",
        "//v1/x, path_not_allowed",
        "/V1, path_not_allowed",
        "/v1%2fx, path_not_allowed",
        "/v1;x, path_not_allowed",
        "/%761, path_not_allowed",
        "/v1/%00, malformed",
        "/v1/%zz, malformed",
        "/v1/%c0%ae, malformed",
        "/v1/\u00e9, malformed",
        "/v1#x, malformed",
        "v1, malformed",
        "https://v1.example/v1, malformed"
    })
    void allowsAPathOnlyWhereEveryReadingIsAllowed(String target, String expected) {
        RequestHead head = new RequestHead(true, new Authority("v1.example", 443), "GET", target, fields());
        assertThat(code(POLICY.judge(head))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/, allow", "/api/v1/x, allow", "/api/v1, path_not_allowed", "/api/v10/, path_not_allowed",
        "/didericis, allow", "/didericis/x, allow", "/didericis-evil, path_not_allowed", "/, path_not_allowed",
    })
    void takesOlderAllowlistsAsPrefixesOfWholeSegments(String path, String expected) {
        assertThat(judged("GET", "https://listed.example" + path)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"/a/b, allow", "/a/c, path_not_allowed", "/c, path_not_allowed"})
    void needsAllowlistAndMatchesWhereBothAreThere(String path, String expected) {
        assertThat(judged("GET", "https://both.example" + path)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /read, '', allow",
        "gEt, /read, '', allow",
        "HEAD, /read, '', allow",
        "POST, /read, '', method_not_allowed",
        "GET, /write/x, '', method_not_allowed",
        "POST, /write/x, '', allow",
        "POST, /none, '', path_not_allowed",
        "GET, /team/a, '', header_not_allowed",
        "GET, /team/a, 'x-team: core|x-env: test', allow",
        "GET, /team/a, 'X-TEAM: infra|x-env: test', allow",
        "GET, /team/a, 'x-team: core', header_not_allowed",
        "GET, /team/a, 'x-team: core|x-env: Test', header_not_allowed",
        "GET, /team/a, 'x-team: corex|x-env: test', header_not_allowed",
        "GET, /team/a, 'x-team: core|x-team: evil|x-env: test', header_not_allowed",
        "GET, /team/a, 'x-team: core|x-team: infra|x-env: test', allow",
        "GET, /team/a, 'x-team: core|x_team: evil|x-env: test', header_not_allowed",
        "GET, /team/a, 'x_team: core|x-env: test', header_not_allowed",
        "GET, /team/A, 'x-team: core|x-env: test', path_not_allowed",
        "GET, /read, 'X-HTTP-Method-Override: DELETE', method_not_allowed",
        "GET, /read, 'x-http-method: HEAD', allow",
        "GET, /read, 'X-Method-Override: get', allow",
        "GET, /read, 'x_http_method_override: DELETE', method_not_allowed",
        "GET, /read, 'X-HTTP-Method-Override: GET|X-HTTP-Method-Override: PUT', method_not_allowed",
        "GET, '/read?_method=delete', '', method_not_allowed",
        "GET, '/read?a=b&%5Fmethod=put', '', method_not_allowed",
        "GET, '/read?a=b;_method=head', '', allow",
        "GET, '/read?a=_method', '', allow",
        "GET, /team/a, 'x-team: core|x-env: test|X-HTTP-Method-Override: DELETE', allow",
    })
    void needsOneEntryThatHoldsInFull(String method, String target, String pairs, String expected) {
        String[] fields = pairs.isEmpty() ? new String[0] : pairs.split("\\|");
        assertThat(judged(method, "https://rules.example" + target, fields)).isEqualTo(expected);
    }

    /** A path with two readings of which each is allowed by an entry of its own, but by another method. */
    @Test
    void judgesEachReadingByMethodAndFieldsToo() {
        Policy policy = Policy.of(List.of(Route.named("a.example")
                .match(entry(List.of(new Matcher.Exact("/x%2fy")), List.of("GET"), List.of()))
                .match(entry(List.of(new Matcher.Exact("/x/y")), List.of("POST"), List.of()))
                .build()));
        Authority authority = new Authority("a.example", 443);
        for (String method : List.of("GET", "POST")) {
            assertThat(policy.judge(new RequestHead(true, authority, method, "/x%2fy", fields())))
                    .isInstanceOf(Verdict.Deny.class);
        }
    }

    @Test
    void allowsEverythingWhenDebugging() {
        Policy policy = Policy.allowAll();
        Authority any = new Authority("127.0.0.1", 2222);
        assertThat(policy.route(any)).isEqualTo(new ConnectionRoute.Bump());
        for (String target : List.of("/", "/a/git-receive-pack", "/%zz", "*")) {
            assertThat(policy.judge(new RequestHead(false, any, "PROPFIND", target, fields())))
                    .isEqualTo(new Verdict.Allow(Route.TRANSPARENT, RuleNames.DEFAULT));
        }
        assertThat(Route.TRANSPARENT.dlp().outboundOnMatch()).isEqualTo(DlpRules.OnMatch.WARN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRACE", "trace", "TRACK", "CONNECT"})
    void deniesTraceAndConnectBeforeEverythingElse(String method) {
        for (Policy policy : List.of(POLICY, Policy.allowAll(), Policy.denyAll("no file"), Policy.of(List.of()))) {
            for (String target : List.of("/", "/a/git-receive-pack", "/%zz", "*")) {
                assertThat(code(policy.judge(
                                new RequestHead(true, new Authority("v1.example", 443), method, target, fields()))))
                        .isEqualTo("method_not_allowed");
            }
        }
    }

    @Test
    void deniesEverythingAndSaysWhyWithoutAValidFile() {
        Policy policy = Policy.denyAll("routes.yaml is missing");
        assertThat(policy.route(new Authority("a.example", 443))).isEqualTo(new ConnectionRoute.Bump());
        assertThat(policy.route(new Authority("a.example", 22)))
                .isEqualTo(new ConnectionRoute.Refuse(DenyReason.POLICY_UNAVAILABLE, "routes.yaml is missing"));
        assertThat(policy.judge(new RequestHead(true, new Authority("a.example", 443), "GET", "/", fields())))
                .isEqualTo(new Verdict.Deny(DenyReason.POLICY_UNAVAILABLE, "routes.yaml is missing"));
        assertThat(code(Policy.of(List.of())
                        .judge(new RequestHead(true, new Authority("a.example", 443), "GET", "/", fields()))))
                .isEqualTo("host_not_allowed");
    }

    @ParameterizedTest
    @CsvSource({
        "a.example, a.example:443",
        "A.example., a.example",
        "a.example:80, a.example",
        "a.example:8443, a.example:8443"
    })
    void refusesTwoRoutesForOneHostAndPort(String one, String other) {
        List<Route> routes =
                List.of(Route.named(one).build(), Route.named(other).build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Policy.of(routes))
                .withMessageContaining("expected: one per host and port");
    }

    @ParameterizedTest
    @CsvSource({
        "A.Example, a.example, true 443 false 80",
        "a.example:443, a.example:443, true 443",
        "a.example:80, a.example:80, false 80",
        "a.example:8443, a.example:8443, true 8443",
        "[::1], [::1], true 443 false 80",
        "[::1]:444, [::1]:444, true 444",
    })
    void servesTheSchemeAndPortThatTheHostNames(String host, String name, String serves) {
        Route route = Route.named(host).build();
        assertThat(route.name()).isEqualTo(name);
        assertThat(String.join(
                        " ",
                        route.serves().stream()
                                .map(s -> s.tls() + " " + s.authority().port())
                                .toList()))
                .isEqualTo(serves);
    }

    @Test
    void explainsWhichEntryDecidesForEachReading() {
        Explanation explanation = Explanation.of(
                POLICY, new RequestHead(true, new Authority("v1.example", 443), "GET", "/v1/../admin", fields()));
        assertThat(explanation.readings())
                .containsExactly(
                        new Explanation.Reading("/v1/../admin", true, 0, List.of("matches[0].paths[0] prefix /v1")),
                        new Explanation.Reading("/admin", true, -1, List.of()));
        assertThat(explanation.route())
                .hasValueSatisfying(r -> assertThat(r.name()).isEqualTo("v1.example"));
        assertThat(((Verdict.Deny) explanation.verdict()).words()).contains("can read as \"/admin\"");
    }
}
