package egress.server.run;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.onboarding.ClientTrustVariables;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ChildEnvironmentTest {
    private static final Map<String, String> TRUST = ClientTrustVariables.variables(
            URI.create("http://127.0.0.1:4711"), "/t/ca.pem", "/t/bundle.pem", "/t/truststore.jks", "/t/wgetrc");

    private static Map<String, String> child(Map<String, String> own) {
        return ChildEnvironment.of(own, TRUST, List.of("MY_TOKEN"), List.of("tok-12345"));
    }

    @ParameterizedTest
    @CsvSource({
        "EGRESS_TOKEN_0, x",
        "EGRESS_ROUTES, r.yaml",
        "MY_TOKEN, anything",
        "OTHER_NAME, tok-12345",
        "ALL_PROXY, socks5://127.0.0.1:1080",
        "all_proxy, socks5://127.0.0.1:1080",
        "npm_config_https_proxy, http://other.example:1",
        "GRPC_PROXY, http://other.example:1"
    })
    void whatIsTheGatesOwnOrLeadsAnotherWayIsNotHandedOn(String name, String value) {
        assertThat(child(Map.of(name, value, "LANG", "C")))
                .doesNotContainKey(name)
                .containsEntry("LANG", "C");
    }

    @Test
    void theProxyIsNamedInBothCasesAndLoopbackAloneIsLeftOut() {
        Map<String, String> child = child(Map.of(
                "http_proxy", "http://other.example:1", "NO_PROXY", "*", "no_proxy", "*", "SSL_CERT_FILE", "/mine"));
        for (String name : List.of("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")) {
            assertThat(child).containsEntry(name, "http://127.0.0.1:4711");
        }
        assertThat(child)
                .containsEntry("NO_PROXY", "localhost,127.0.0.1,::1")
                .containsEntry("no_proxy", "localhost,127.0.0.1,::1")
                .containsEntry("SSL_CERT_FILE", "/t/bundle.pem");
    }

    @Test
    void optionsForJavaAreAddedTo() {
        assertThat(child(Map.of("JAVA_TOOL_OPTIONS", "-Dmine=1")).get("JAVA_TOOL_OPTIONS"))
                .startsWith("-Dmine=1 -Djavax.net.ssl.trustStore=/t/truststore.jks");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "4711 (a b) c) S 1 4711 4700 34816 4711 4194304 9 0 | true",
                "4711 (sh) S 1 4711 4700 34816 4800 4194304 9 0 | false",
                "4711 (sh) S 1 4711 4700 0 -1 4194304 9 0 | ",
                "nonsense | "
            })
    void whoIsInFrontOfTheTerminalIsReadFromTheKernel(String stat, Boolean expected) {
        assertThat(ChildProcess.isForeground(stat).orElse(null)).isEqualTo(expected);
    }
}
