package egress.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import egress.http.Authority;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, and what decides them. */
final class HostPatternTest {
    private static final Policy POLICY = Policy.of(List.of(
            Route.pattern("*.one.example").build(),
            Route.pattern("**.any.example").build(),
            Route.pattern("*.any.example").build(),
            Route.pattern("**.deep.any.example").build(),
            Route.pattern("*.one.example:8443").build(),
            Route.pattern("*.plain.example:80").build(),
            Route.named("exact.one.example").build(),
            Route.named("ported.one.example:8443").build(),
            Route.named("any.example").build(),
            Route.pattern("*.git.example").gitFetch(true).build()));

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        // one label, and not the name behind the star
        "a.one.example:443, *.one.example",
        "A.One.Example.:443, *.one.example",
        "a_b-c.one.example:443, *.one.example",
        "xn--bcher-kva.one.example:443, *.one.example",
        "1.one.example:443, *.one.example",
        "a.one.example:80, *.one.example",
        "a.one.example:8443, *.one.example:8443",
        "a.one.example:22, none",
        "one.example:443, none",
        "a.b.one.example:443, none",
        "aone.example:443, none",
        "one.example.evil.example:443, none",
        "a.one.example.evil.example:443, none",
        // any depth; of two with one suffix, the one that names fewer
        "a.any.example:443, *.any.example",
        "a.b.any.example:443, **.any.example",
        "a.b.c.d.e.f.any.example:443, **.any.example",
        "any.example:443, any.example",
        "deep.any.example:443, *.any.example",
        // the longest suffix
        "x.deep.any.example:443, **.deep.any.example",
        "y.x.deep.any.example:443, **.deep.any.example",
        // a name with an entry is what that says, at each port
        "exact.one.example:443, exact.one.example",
        "exact.one.example:8443, none",
        "ported.one.example:8443, ported.one.example:8443",
        "ported.one.example:443, none",
        "sub.exact.one.example:443, none",
        // one scheme a port
        "a.plain.example:80, *.plain.example:80",
        "a.plain.example:443, none",
        // addresses are no names
        "192.0.2.1:443, none",
        "[2001:db8::1]:443, none",
    })
    void aNameIsDecidedByItsEntryOrTheLongestPattern(String authority, String route) {
        assertThat(POLICY.routeAt(Authority.parse(authority, 0)).map(Route::name))
                .isEqualTo(route.equals("none") ? Optional.empty() : Optional.of(route));
    }

    @ParameterizedTest(name = "{0} {1}: {2}")
    @CsvSource({
        "true, a.one.example:443, allow",
        "false, a.one.example:80, allow",
        "false, a.one.example:443, scheme_not_allowed",
        "true, a.one.example:8443, allow",
        "true, a.one.example:22, port_not_allowed",
        "true, ported.one.example:443, port_not_allowed",
        "true, one.example:443, host_not_allowed",
        "true, a.b.one.example:443, host_not_allowed",
        "true, a.plain.example:443, port_not_allowed",
        "false, a.plain.example:80, allow",
    })
    void judgesTheNamesOfAPatternAsItsRoute(boolean tls, String authority, String expected) {
        assertThat(judged(tls, authority, "/")).isEqualTo(expected);
    }

    @Test
    void rulesForGitHoldUnderAPattern() {
        assertThat(judged(true, "a.git.example:443", "/r/info/refs?service=git-upload-pack"))
                .isEqualTo("allow");
        assertThat(judged(true, "a.one.example:443", "/r/info/refs?service=git-upload-pack"))
                .isEqualTo("git_fetch");
        assertThat(judged(true, "a.git.example:443", "/r/info/refs?service=git-receive-pack"))
                .isEqualTo("git_push");
    }

    private static String judged(boolean tls, String authority, String target) {
        Authority to = Authority.parse(authority, 0);
        return ExamplePolicy.code(POLICY.judge(new RequestHead(tls, to, "GET", target, new DefaultHttpHeaders())));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "a.one.example:443, Bump",
        "a.one.example:22, port_not_allowed",
        "ported.one.example:443, port_not_allowed",
        "a.plain.example:443, port_not_allowed",
        "a.b.one.example:443, Bump", // is told so inside
        "a.b.one.example:22, host_not_allowed",
    })
    void routesAConnection(String authority, String expected) {
        String got = switch (POLICY.route(Authority.parse(authority, 0))) {
            case ConnectionRoute.Bump _ -> "Bump";
            case ConnectionRoute.Passthrough _ -> "Passthrough";
            case ConnectionRoute.Refuse refuse -> refuse.why().code();
        };
        assertThat(got).isEqualTo(expected);
    }

    @Test
    void aDenialIsItsPatterns() {
        assertThat(Objects.requireNonNull(POLICY.routeOf(Authority.parse("a.one.example:22", 0)))
                        .name())
                .isEqualTo("*.one.example");
        assertThat(POLICY.routeOf(Authority.parse("b.a.one.example:443", 0))).isNull();
    }

    @Test
    void onlyTheLabelsBeforeTheSuffixAreOpen() {
        Route any = POLICY.routeAt(Authority.parse("a.b.any.example:443", 0)).orElseThrow();
        assertThat(any.openLabels("a.b.any.example")).isEqualTo(2);
        assertThat(any.openLabels("any.example")).isZero();
        assertThat(Route.named("a.any.example").build().openLabels("a.any.example"))
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "**",
                "*.",
                "*x.example",
                "a.*.example",
                "*.*.example",
                "***.example",
                "*.192.0.2.1",
                "*.[::1]"
            })
    void nothingElseIsAPattern(String host) {
        assertThatIllegalArgumentException().isThrownBy(() -> Route.pattern(host));
    }

    @Test
    void aPatternHasNoCredentialAndIsNeverPassedThrough() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Route.pattern("*.a.example").passthrough(true).build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Route.pattern("*.a.example")
                        .credential(Credential.authorization("Bearer", "t0ken"))
                        .build());
    }

    @Test
    void aPatternStandsOnceAtAPort() {
        Route one = Route.pattern("*.a.example").build();
        Route again = Route.pattern("*.A.example:443").build();
        assertThatIllegalArgumentException().isThrownBy(() -> Policy.of(List.of(one, again)));
    }
}
