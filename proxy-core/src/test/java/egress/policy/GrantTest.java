package egress.policy;

import static org.assertj.core.api.Assertions.assertThat;

import egress.http.Authority;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What may be asked about, and what a grant lets pass: no more than it says, by any reading. */
final class GrantTest {
    private static final Authority API = new Authority("api.example", 443);
    private static final Policy POLICY = Policy.of(
            List.of(
                    Route.named("api.example")
                            .ask(Ask.HOLD)
                            .match(new Match(List.of(new Matcher.Prefix("/open")), List.of("GET"), List.of()))
                            .build(),
                    Route.named("keyed.example")
                            .ask(Ask.HOLD)
                            .match(new Match(List.of(new Matcher.Prefix("/open")), List.of(), List.of()))
                            .credential(Credential.unavailable("authorization", "no token"))
                            .build(),
                    Route.named("closed.example")
                            .match(new Match(List.of(new Matcher.Prefix("/open")), List.of(), List.of()))
                            .build()),
            Ask.LATER);

    private static RequestHead head(String host, String method, String target) {
        return head(new Authority(host, 443), true, method, target, new DefaultHttpHeaders());
    }

    private static RequestHead head(
            Authority authority, boolean tls, String method, String target, HttpHeaders fields) {
        return new RequestHead(tls, authority, method, target, fields);
    }

    private static String words(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Allow allow -> "allow by " + allow.rule();
            case Verdict.Inspect inspect -> "inspect by " + inspect.rule();
            case Verdict.Deny deny -> deny.why().code() + " " + deny.ask();
            case Verdict.Malformed _ -> "malformed";
            case Verdict.Misdirected _ -> "misdirected";
        };
    }

    @ParameterizedTest
    @CsvSource({
        "api.example, GET, /open/x, allow by matches[0].paths[0] prefix /open",
        "api.example, GET, /x, path_not_allowed HOLD",
        "api.example, PUT, /open/x, method_not_allowed HOLD",
        "api.example, TRACE, /open/x, method_not_allowed NEVER",
        "api.example, CONNECT, /open/x, method_not_allowed NEVER",
        "api.example, GET, /x?_method=TRACE, method_not_allowed NEVER",
        "api.example, POST, /x/git-receive-pack, git_push NEVER",
        "api.example, GET, /x/info/refs?service=git-upload-pack, git_fetch NEVER",
        "api.example, GET, x, malformed",
        "keyed.example, GET, /x, path_not_allowed NEVER",
        "keyed.example, GET, /open/x, credential_unavailable NEVER",
        "closed.example, GET, /x, path_not_allowed NEVER",
        "new.example, GET, /x, host_not_allowed LATER",
        "new.example, TRACE, /x, method_not_allowed NEVER",
        "new.example, POST, /x/git-receive-pack, git_push NEVER",
        "new.example, GET, /x/info/refs?service=git-upload-pack, host_not_allowed NEVER",
        "new.example, GET, /x?_method=CONNECT, host_not_allowed NEVER",
    })
    void onlyWhatARuleCouldAllowIsAskedAbout(String host, String method, String target, String expected) {
        assertThat(words(POLICY.judge(head(host, method, target)))).isEqualTo(expected);
    }

    @Test
    void neitherAddressesNorOtherPortsOfListedHostsNorTheOtherSchemeAreAskedAbout() {
        HttpHeaders none = new DefaultHttpHeaders();
        assertThat(words(POLICY.judge(head(new Authority("192.0.2.7", 443), true, "GET", "/", none))))
                .isEqualTo("host_not_allowed NEVER");
        assertThat(POLICY.route(new Authority("192.0.2.7", 443))).isInstanceOf(ConnectionRoute.Refuse.class);
        assertThat(words(POLICY.judge(head(new Authority("api.example", 8443), true, "GET", "/", none))))
                .isEqualTo("port_not_allowed NEVER");
        assertThat(words(POLICY.judge(head(new Authority("new.example", 443), false, "GET", "/", none))))
                .isEqualTo("host_not_allowed NEVER");
        assertThat(words(POLICY.judge(head(new Authority("new.example", 8443), true, "GET", "/", none))))
                .isEqualTo("host_not_allowed LATER");
        assertThat(POLICY.route(new Authority("new.example", 8443))).isInstanceOf(ConnectionRoute.Bump.class);
    }

    @Test
    void aFieldThatNamesAnotherHostIsMisdirectedWhoeverIsAsked() {
        HttpHeaders fields = new DefaultHttpHeaders().set("x-forwarded-host", "other.example");
        assertThat(words(POLICY.judge(head(new Authority("new.example", 443), true, "GET", "/", fields))))
                .isEqualTo("misdirected");
    }

    private static Grant grant(String method, String target) {
        return new Grant(
                "g", Grant.narrowest(head("api.example", method, target)).orElseThrow());
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /a/b, GET, /a/b, true",
        "GET, /a/b, GET, /a/b?q=1, true",
        "GET, /a/b, get, /a/b, true",
        "GET, /a/b, GET, /a/b/c, false",
        "GET, /a/b, GET, /a/b/, false",
        "GET, /a/b, GET, /a/B, false",
        "GET, /a/b, POST, /a/b, false",
        "GET, /a/b, GET, /a/b?_method=DELETE, false",
        "GET, /a/b, GET, /a/x/../b, false",
        "GET, /a/b, GET, /a/%62, false",
        "GET, /a/%62, GET, /a/%62, true",
        "GET, /a/%62, GET, /a/b, true",
        "GET, /a/x/../b, GET, /a/x/../b, true",
        "GET, /a/x/../b, GET, /a/x/../c, false",
        "GET, /a/b?_method=DELETE, GET, /a/b?_method=DELETE, true",
        "GET, /a;x, GET, /a;x, true",
        "GET, /a;x, GET, /a;y, false",
    })
    void theNarrowestRuleHoldsForWhatWasAskedAndForNothingElse(
            String method, String asked, String other, String target, boolean holds) {
        Grant grant = grant(method, asked);
        RequestHead head = head("api.example", other, target);
        assertThat(grant.covers(head)).isEqualTo(holds);
        assertThat(POLICY.judge(head, grant) instanceof Verdict.Deny).isNotEqualTo(holds);
        assertThat(POLICY.judge(head("new.example", other, target), grant) instanceof Verdict.Deny)
                .isNotEqualTo(holds);
    }

    @ParameterizedTest
    @CsvSource({
        "/a/b/c, /a/b, true",
        "/a/b/c, /a/b/, true",
        "/a/b/c, /a/b/c, true",
        "/a/b/c, /a/b/c/, false",
        "/a/b/c, /a/bc, false",
        "/a/b/c, /a/, true",
        "/a/b/c, a/b, false",
        "/a/b/../c, /a/b, false", // also read as /a/c
        "/a/b/../c, /a, true",
    })
    void aPrefixMustHoldForEveryReadingOfWhatWasAsked(String asked, String prefix, boolean holds) {
        Match narrowest = Grant.narrowest(head("api.example", "GET", asked)).orElseThrow();
        Optional<Match> below = Grant.below(narrowest, prefix);
        assertThat(below.isPresent()).isEqualTo(holds);
        below.ifPresent(rule -> assertThat(new Grant("g", rule).covers(head("api.example", "GET", asked)))
                .isTrue());
    }

    @Test
    void aGrantLeavesEverythingElseAsItIs() {
        Grant root = new Grant("g", new Match(List.of(new Matcher.Prefix("/")), List.of("GET", "POST"), List.of()));
        assertThat(words(POLICY.judge(head("api.example", "GET", "/anything"), root)))
                .isEqualTo("allow by ask g");
        assertThat(words(POLICY.judge(head("api.example", "POST", "/x/git-receive-pack"), root)))
                .isEqualTo("git_push NEVER");
        assertThat(words(POLICY.judge(head("api.example", "GET", "/x/info/refs?service=git-upload-pack"), root)))
                .isEqualTo("git_fetch NEVER");
        assertThat(words(POLICY.judge(head("keyed.example", "GET", "/x"), root)))
                .isEqualTo("credential_unavailable NEVER");
        assertThat(words(POLICY.judge(head(API, false, "GET", "/x", new DefaultHttpHeaders()), root)))
                .isEqualTo("scheme_not_allowed NEVER");
        HttpHeaders form = new DefaultHttpHeaders().set("content-type", "application/x-www-form-urlencoded");
        Verdict verdict = POLICY.judge(head(API, true, "POST", "/x", form), root);
        assertThat(verdict).isInstanceOf(Verdict.Inspect.class); // whose body may ask for another method
    }

    @Test
    void aPathWithTooManyReadingsIsNotAskedAbout() {
        assertThat(Grant.narrowest(head("api.example", "GET", "/a%2f..%2fb;c//d%5c..%2fe%252f")))
                .isEmpty();
        assertThat(Grant.narrowest(head("api.example", "OPTIONS", "*"))).isEmpty();
    }
}
