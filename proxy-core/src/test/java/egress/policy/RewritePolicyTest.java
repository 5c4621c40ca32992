package egress.policy;

import static egress.policy.ExamplePolicy.judged;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fields by which a framework takes another path, host or method: judged as what they make of the request. */
final class RewritePolicyTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-Original-URL",
                "x-rewrite-url",
                "X_Original_URL",
                "X.Rewrite.Url",
                "X-Forwarded-Uri",
                "X-Forwarded-Path",
                "X-Original-URI",
                "X-Request-Uri",
                "X-Envoy-Original-Path",
                "X-Replaced-Path",
                "X-Accel-Redirect",
                "X-Forwarded-Prefix",
                "X_Forwarded_Prefix",
                "X-Script-Name",
                "Destination"
            })
    void allowsAPathOfAFieldOnlyWhereTheRouteDoes(String field) {
        assertThat(judged("GET", "https://v1.example/v1/x", field + ": /admin")).isEqualTo("path_not_allowed");
        assertThat(judged("GET", "https://v1.example/v1/x", field + ": /v1/y")).isEqualTo("allow");
        assertThat(judged("GET", "https://v1.example/v1/x", field + ": /v1/y", field + ": /admin"))
                .isEqualTo("path_not_allowed");
        assertThat(judged("GET", "https://open.example/x", field + ": /admin")).isEqualTo("allow");
        assertThat(judged("GET", "https://listed.example/api/v1/x", field + ": /api"))
                .isEqualTo("path_not_allowed");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "X-Original-URL: /v1/../admin | path_not_allowed",
                "X-Original-URL: /v1/%2e%2e/admin | path_not_allowed",
                "X-Original-URL: /v1/..%252fadmin | path_not_allowed",
                "X-Original-URL: admin | path_not_allowed",
                "X-Original-URL: v1/y | allow",
                "X-Original-URL: /v1/y?a=b | allow",
                "X-Original-URL: https://v1.example/v1/y | allow",
                "X-Original-URL: https://V1.example:443/v1/y | allow",
                "X-Original-URL: https://v1.example/admin | path_not_allowed",
                "X-Original-URL: https://evil.example/v1/y | misdirected",
                "X-Original-URL: //evil.example/v1/y | misdirected",
                "X-Original-URL: /\\evil.example/v1/y | misdirected",
                "X-Original-URL: /v1/y,/admin | path_not_allowed",
                "X-Original-URL: /v1/%00 | malformed",
                "X-Original-URL: /v1/#/admin | malformed",
                "X-Original-URL: /v1/a b | malformed",
                "X-Forwarded-Prefix: / | allow",
                "X-Forwarded-Prefix: /v1/ | allow",
                "X-Forwarded-Prefix: v1 | allow",
                "X-Forwarded-Prefix: /v1, /admin | path_not_allowed",
                "X-Forwarded-Prefix: /v1/../admin | path_not_allowed",
                "X-Forwarded-Prefix: /admin? | path_not_allowed",
            })
    void readsWhatStandsInThemInEveryWay(String field, String expected) {
        assertThat(judged("GET", "https://v1.example/v1/x", field)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-Forwarded-Host: evil.example",
                "X-Forwarded-Host: open.example, evil.example",
                "X_Forwarded_Host: evil.example",
                "X-Forwarded-Host: open.example:8443",
                "X-Forwarded-Host: evil.example@open.example",
                "X-Forwarded-Host: ",
                "X-Host: evil.example",
                "X-HTTP-Host-Override: evil.example",
                "X-Original-Host: evil.example",
                "X-Forwarded-Server: evil.example",
                "X-Envoy-Original-Host: evil.example",
                "Forwarded: host=evil.example",
                "Forwarded: for=192.0.2.1;host=evil.example;proto=https",
                "Forwarded: for=192.0.2.1, for=192.0.2.2;Host=\"evil.example\"",
                "Forwarded: host=\"evil\\.example\"",
                "Forwarded: host = evil.example",
                "Forwarded: host=open.example, host=evil.example",
                "Forwarded: for=\"x;host=evil.example\"",
                "Forwarded: host=\"open.example",
                "X-Rewrite-Url: http://evil.example/"
            })
    void isMisdirectedWhereAFieldNamesAnotherHost(String field) {
        String expected = field.equals("Forwarded: host=\"open.example") ? "allow" : "misdirected";
        assertThat(judged("GET", "https://open.example/x", field)).isEqualTo(expected);
        assertThat(judged("GET", "https://unlisted.example/x", field)).isEqualTo("host_not_allowed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-Forwarded-Host: open.example",
                "X-Forwarded-Host: Open.Example.",
                "X-Forwarded-Host: open.example:443",
                "X-Host: open.example, open.example",
                "Forwarded: for=192.0.2.1;host=open.example;proto=https",
                "Forwarded: host=\"open.example:443\"",
                "Forwarded: for=192.0.2.60",
                "X-Forwarded-For: evil.example",
                "Referer: https://evil.example/",
                "Origin: https://evil.example"
            })
    void letsTheRequestsOwnHostBeNamed(String field) {
        assertThat(judged("GET", "https://open.example/x", field)).isEqualTo("allow");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRACE", "trace", "TRACK", "CONNECT", "connect"})
    void refusesToBeAskedForAForbiddenMethodOnEveryRoute(String method) {
        for (String host : new String[] {"open.example", "v1.example", "rules.example"}) {
            for (String field : new String[] {
                "X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method", "X_Http_Method_Override"
            }) {
                assertThat(judged("POST", "https://" + host + "/v1/x", field + ": " + method))
                        .isEqualTo("method_not_allowed");
            }
            for (String query : new String[] {
                "_method=", "a=b&_method=", "a=b;_METHOD=", "%5fmethod=", "%255Fmethod=", "x-http-method-override="
            }) {
                assertThat(judged("POST", "https://" + host + "/v1/x?" + query + method))
                        .as(query)
                        .isEqualTo("method_not_allowed");
            }
            assertThat(judged("POST", "https://" + host + "/v1/x", "X-Original-Url: /v1/x?_method=" + method))
                    .isEqualTo("method_not_allowed");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"X-HTTP-Method-Override: PUT", "x-method: TRACE", "x-trace: TRACE", "x-original-urls: /admin"})
    void leavesOtherFieldsAlone(String field) {
        assertThat(judged("POST", "https://v1.example/v1/x", field, "Content-Type: application/json"))
                .isEqualTo("allow");
    }

    @ParameterizedTest
    @CsvSource({
        "X-Original-URL: /r.git/git-receive-pack, git_push",
        "X-Forwarded-Prefix: /r.git/info/lfs/locks, git_push",
        "X-Original-URL: /r.git/git-upload-pack, git_fetch",
        "X-Original-URL: /r.git/info/refs?service=git-receive-pack, git_push",
    })
    void findsGitInThem(String field, String expected) {
        assertThat(judged("POST", "https://open.example/x", field)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/admin | X-Script-Name: /v1 | path_not_allowed",
                "/v1/admin | Script_Name: /v1/ | path_not_allowed",
                "/v1/admin | Script-Name: v1 | path_not_allowed",
                "/v1/a/admin | X.Script.Name: /v1/a | path_not_allowed",
                "/v1/x/v1/admin | SCRIPT-NAME: /x/v1 | path_not_allowed",
                "/v1/%61dmin | SCRIPT_NAME: /v1/a | path_not_allowed",
                "/v1/v1/x | SCRIPT_NAME: /v1 | allow",
                "/v1/x | SCRIPT_NAME: /v1/y | allow",
                "/v1/admin | X-Forwarded-Prefix: /v1 | allow",
            })
    void takesTheNameOfAScriptOffThePathToo(String path, String field, String expected) {
        assertThat(judged("GET", "https://v1.example" + path, field)).isEqualTo(expected);
        assertThat(judged("GET", "https://open.example" + path, field)).isEqualTo("allow");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https:/evil.example/v1/y",
                "https:\\\\evil.example\\v1",
                "https:evil.example/v1/y",
                "HTTP:/\\evil.example",
                "https:///evil.example/v1",
                "///evil.example/v1",
                "x:/evil.example/v1"
            })
    void findsAHostInAUrlHoweverItIsWritten(String url) {
        assertThat(judged("GET", "https://open.example/v1/x", "X-Original-URL: " + url))
                .isEqualTo("misdirected");
        assertThat(judged("GET", "https://open.example/v1/x", "X-Original-URL: " + url.replace("evil", "open")))
                .isEqualTo(url.startsWith("///") ? "misdirected" : "allow");
        assertThat(judged("GET", "https://v1.example/v1/x", "X-Original-URL: " + url.replace("evil", "v1")))
                .isNotEqualTo("allow");
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-Forwarded-Port", "X_Forwarded_Port", "X-ProxyPort", "X-Original-Port", "X-Server-Port"})
    void aPortMustBeTheRequestsOwn(String field) {
        assertThat(judged("GET", "https://open.example/", field + ": 443")).isEqualTo("allow");
        for (String other : new String[] {"8443", "443, 80", "", "x"}) {
            assertThat(judged("GET", "https://open.example/", field + ": " + other))
                    .as(other)
                    .isEqualTo("misdirected");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-ProxyContextPath", "X-Proxy-Context-Path", "X-Ingress-Path"})
    void readsTheKinOfThePrefixFieldsToo(String field) {
        assertThat(judged("GET", "https://v1.example/v1/x", field + ": /admin")).isEqualTo("path_not_allowed");
        assertThat(judged("GET", "https://v1.example/v1/x", field + ": /v1")).isEqualTo("allow");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Proxy-Host",
                "X-Proxy-Host",
                "X-ProxyHost",
                "X-Original-Forwarded-Host",
                "X-Forwarded-Original-Host",
                "X-Virtual-Host",
                "X-Target-Host",
                "X-Upstream-Host",
                "Disguised-Host"
            })
    void readsTheKinOfTheHostFieldsToo(String field) {
        assertThat(judged("GET", "https://open.example/", field + ": evil.example"))
                .isEqualTo("misdirected");
        assertThat(judged("GET", "https://open.example/", field + ": open.example"))
                .isEqualTo("allow");
    }

    @Test
    void readsFieldsOnlyUntilThatWouldCostMuchMoreThanTheRequest() {
        String[] fields = new String[4];
        for (int i = 0; i < fields.length; i++) {
            fields[i] = "X-Original-URL: /v1/" + i + "/%252e;a/..%5cb;c//%252e/x%2f/y";
        }
        assertThat(judged("GET", "https://open.example/v1/x", fields[0])).isEqualTo("allow");
        assertThat(judged("GET", "https://open.example/v1/x", fields)).isEqualTo("malformed");
        String[] scripts = new String[17];
        for (int i = 0; i < scripts.length; i++) {
            scripts[i] = "Script-Name: " + "/".repeat(i + 1);
        }
        assertThat(judged("GET", "https://open.example/v1/x", scripts)).isEqualTo("malformed");
    }
}
