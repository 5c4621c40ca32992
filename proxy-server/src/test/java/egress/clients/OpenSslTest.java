package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Tool;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code openssl s_client -proxy}: the plainest look at what the gate's TLS is. */
class OpenSslTest extends ClientFixture {
    private static Tool.Result connect(String host, String request, String... options)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(
                "s_client",
                "-proxy",
                "127.0.0.1:" + around.gate().port(),
                "-connect",
                host + ":443",
                "-servername",
                host,
                "-CAfile",
                around.authority().toString(),
                "-no-CApath",
                "-verify_return_error",
                "-x509_strict",
                "-verify_hostname",
                host,
                "-ign_eof"));
        Collections.addAll(all, options);
        return Tool.require("openssl", "install openssl").runWithInput(request, all.toArray(String[]::new));
    }

    private static String get(String host) {
        return "GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
    }

    @ParameterizedTest
    @CsvSource({"-tls1_2,TLSv1.2", "-tls1_3,TLSv1.3"})
    void verifiesTheChainStrictly(String option, String version) throws Exception {
        Tool.Result result = connect("h2.example", get("h2.example"), option);

        assertThat(result.ok().out())
                .contains("Verify return code: 0 (ok)")
                .contains("New, " + version)
                .contains("HTTP/1.1 200 OK")
                .contains("hello from the origin");
    }

    @ParameterizedTest
    @CsvSource({"h2,h2", "'h2,http/1.1',h2", "'http/1.1,h2',h2", "http/1.1,http/1.1"})
    void agreesOnTheBestProtocolOffered(String offered, String agreed) throws Exception {
        Tool.Result result = connect("h2.example", agreed.equals("h2") ? "" : get("h2.example"), alpn(offered));

        assertThat(result.out()).contains("ALPN protocol: " + agreed);
    }

    /** Without {@code -ign_eof} for h2: nothing is asked, so that the end of the input ends the connection. */
    private static String[] alpn(String offered) {
        return offered.contains("h2")
                ? new String[] {"-alpn", offered, "-no_ign_eof"}
                : new String[] {"-alpn", offered};
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1", "-tls1_1"})
    void isRefusedAnOldVersion(String option) throws Exception {
        Tool.Result result = connect("h2.example", get("h2.example"), option, "-cipher", "ALL:@SECLEVEL=0");

        assertThat(result.exit()).as(result.toString()).isNotZero();
        assertThat(result.err()).contains("alert protocol version");
        assertThat(result.out()).doesNotContain("200 OK");
    }

    @Test
    void isShownALeafOfTheHostAlone() throws Exception {
        String leaf =
                connect("h1.example", get("h1.example"), "-showcerts").ok().out();
        Tool.Result text = Tool.require("openssl", "install openssl")
                .runWithInput(leaf, "x509", "-noout", "-ext", "subjectAltName,extendedKeyUsage,basicConstraints");

        assertThat(text.ok().out())
                .contains("DNS:h1.example")
                .contains("TLS Web Server Authentication")
                .doesNotContain("CA:TRUE")
                .doesNotContain("h2.example");
    }
}
