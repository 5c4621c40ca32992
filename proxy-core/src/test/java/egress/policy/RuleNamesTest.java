package egress.policy;

import static org.assertj.core.api.Assertions.assertThat;

import egress.http.Authority;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which rule decided: named by its place in the file, with the verdict. */
class RuleNamesTest {
    private static final Policy POLICY = Policy.of(List.of(
            Route.named("bare.example").build(),
            Route.named("git.example").gitFetch(true).build(),
            Route.named("token.example")
                    .credential(Credential.authorization("Bearer", "t"))
                    .build(),
            Route.named("old.example")
                    .allowPath(new Matcher.Prefix("/a"))
                    .allowPath(new Matcher.Prefix("/b/"))
                    .build(),
            Route.named("api.example")
                    .gitFetch(true)
                    .match(new Match(
                            List.of(
                                    new Matcher.Prefix("/v1/"),
                                    new Matcher.Exact("/v1/one"),
                                    Matcher.Regex.of("/items/[0-9]+"),
                                    new Matcher.Prefix("/repo.git")),
                            List.of("GET", "POST"),
                            List.of()))
                    .match(new Match(
                            List.of(), List.of(), List.of(new Match.HeaderRule("x-team", new Matcher.Exact("core")))))
                    .match(new Match(List.of(), List.of("OPTIONS"), List.of()))
                    .match(new Match(
                            List.of(new Matcher.Exact("/both")),
                            List.of("PUT"),
                            List.of(
                                    new Match.HeaderRule("x-a", new Matcher.Exact("1")),
                                    new Match.HeaderRule("x-b", new Matcher.Exact("2")))))
                    .build()));

    private static Verdict judge(String method, String url, @Nullable String field) {
        boolean tls = url.startsWith("https://");
        String rest = url.substring(url.indexOf("//") + 2);
        int slash = rest.indexOf('/');
        HttpHeaders fields = new DefaultHttpHeaders();
        if (field != null) {
            fields.add(field.substring(0, field.indexOf('=')), field.substring(field.indexOf('=') + 1));
        }
        return POLICY.judge(new RequestHead(
                tls, Authority.parse(rest.substring(0, slash), tls ? 443 : 80), method, rest.substring(slash), fields));
    }

    private static String words(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Allow allow -> "allow " + allow.route().name() + " " + allow.rule();
            case Verdict.Inspect inspect -> "inspect " + inspect.route().name() + " " + inspect.rule();
            case Verdict.Deny deny -> "deny " + deny.why().code() + " " + deny.rule();
            case Verdict.Malformed _ -> "malformed";
            case Verdict.Misdirected _ -> "misdirected";
        };
    }

    @ParameterizedTest
    @CsvSource({
        "GET, https://bare.example/x, , allow bare.example default",
        "POST, https://bare.example/x, content-type=multipart/form-data, inspect bare.example default",
        "GET, https://git.example/x, , allow git.example default",
        "GET, https://git.example/x.git/info/refs?service=git-upload-pack, , allow git.example git.fetch",
        "GET, https://old.example/a/x, , allow old.example path_allowlist[0] prefix /a",
        "GET, https://old.example/b/x, , allow old.example path_allowlist[1] prefix /b/",
        "GET, https://old.example/b, , deny path_not_allowed path_allowlist",
        "GET, https://api.example/v1/two, , allow api.example matches[0].paths[0] prefix /v1/",
        "GET, https://api.example/v1/one, , allow api.example matches[0].paths[1] exact /v1/one",
        "GET, https://api.example/items/7, , allow api.example matches[0].paths[2] regex /items/[0-9]+",
        "GET, https://api.example/repo.git/HEAD, , allow api.example matches[0].paths[3] prefix /repo.git",
        // named by the path as it was sent; every reading must be allowed all the same
        "GET, https://api.example/v1/a%2fb, , allow api.example matches[0].paths[0] prefix /v1/",
        "GET, https://old.example/a/..%2fx, , deny path_not_allowed path_allowlist",
        "GET, https://api.example/any, x-team=core, allow api.example matches[1].headers[0] x-team",
        "OPTIONS, https://api.example/any, , allow api.example matches[2].methods",
        // the entry that comes closest lacks a field alone
        "DELETE, https://api.example/v1/x, , deny header_not_allowed matches[1].headers[0] x-team",
        "GET, https://api.example/both, , deny header_not_allowed matches[1].headers[0] x-team",
        "PUT, https://api.example/both, x-a=1, deny header_not_allowed matches[1].headers[0] x-team",
        "GET, http://token.example/, , deny credential_needs_tls auth",
        "GET, https://bare.example/x.git/info/refs?service=git-upload-pack, , deny git_fetch git.fetch",
        "POST, https://bare.example/x.git/git-receive-pack, , deny git_push git.push",
        "TRACE, https://bare.example/, , deny method_not_allowed methods",
        "GET, https://other.example/, , deny host_not_allowed default",
        "GET, https://bare.example:8443/, , deny port_not_allowed default",
        "GET, https://bare.example/%zz, , malformed",
    })
    void aVerdictNamesTheRule(String method, String url, @Nullable String field, String expected) {
        assertThat(words(judge(method, url, field))).isEqualTo(expected);
    }

    @Test
    void theRulesOfARouteAreThoseThatAnAllowanceCanName() {
        assertThat(POLICY.routes().stream().flatMap(route -> RuleNames.of(route).stream()))
                .containsExactly(
                        "default",
                        "default",
                        "git.fetch",
                        "default",
                        "path_allowlist[0] prefix /a",
                        "path_allowlist[1] prefix /b/",
                        "matches[0].paths[0] prefix /v1/",
                        "matches[0].paths[1] exact /v1/one",
                        "matches[0].paths[2] regex /items/[0-9]+",
                        "matches[0].paths[3] prefix /repo.git",
                        "matches[1].headers[0] x-team",
                        "matches[2].methods",
                        "matches[3].paths[0] exact /both");
    }

    @Test
    void aLongValueIsCutAndAHostileOneIsOneLine() {
        Route route = Route.named("a.example")
                .match(new Match(List.of(new Matcher.Exact("/" + "x".repeat(500))), List.of(), List.of()))
                .match(new Match(List.of(new Matcher.Exact("/a\n\u001b[31m")), List.of(), List.of()))
                .build();
        assertThat(RuleNames.of(route))
                .allSatisfy(name -> assertThat(name).hasSizeLessThan(140).doesNotContain("\n", "\u001b"))
                .doesNotHaveDuplicates();
    }

    @Test
    void theSameRuleIsTheSameObjectEachTime() {
        assertThat(judge("GET", "https://api.example/v1/a", null))
                .isSameAs(judge("GET", "https://api.example/v1/b", null));
    }

    @ParameterizedTest
    @EnumSource(DenyReason.class)
    void everyReasonHasARule(DenyReason why) {
        assertThat(RuleNames.of(why)).isNotBlank();
    }

    @Test
    void aDenialIsItsHostsRoutes() {
        assertThat(POLICY.routeOf(Authority.parse("bare.example:8443", 443)))
                .isEqualTo(POLICY.routes().getFirst());
        assertThat(POLICY.routeOf(Authority.parse("other.example", 443))).isNull();
    }
}
