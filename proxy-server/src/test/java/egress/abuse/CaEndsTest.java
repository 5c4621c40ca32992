package egress.abuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.ca.Issuer;
import egress.server.ProxyUnderTest;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.scorecard.Row;
import java.io.IOException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;

/** A CA whose time is over while the gate runs. */
class CaEndsTest {
    private volatile Instant now = Instant.now();

    /** So long ago that a CA which is made then ends in two hours. */
    private static Instant longAgo() {
        Instant real = Instant.now();
        Instant end = Issuer.mint(() -> real, new SecureRandom())
                .certificate()
                .getNotAfter()
                .toInstant();
        return real.minus(Duration.between(real, end)).plus(Duration.ofHours(2));
    }

    private static String admin(ProxyUnderTest proxy, String path) throws IOException {
        try (RawClient client = RawClient.connect(proxy.admin())) {
            return client.get(path, "localhost").text().strip();
        }
    }

    @Test
    @Row("38.xf")
    void leavesEndWithTheCaAndThenCallersAreToldAndOperatorsToo() throws Exception {
        TestCa origins = TestCa.create("origins");
        now = longAgo();
        try (Origin origin = Origin.tls(origins.leaf("api.example", "new.example"), Alpn.H1);
                ProxyUnderTest proxy = ProxyUnderTest.with()
                        .routes("routes: [{host: api.example}, {host: new.example}]")
                        .origin("api.example:443", origin)
                        .origin("new.example:443", origin)
                        .trust(origins)
                        .clock(() -> now)
                        .start()) {
            Instant end = proxy.ca().getNotAfter().toInstant();
            now = Instant.now();
            try (RawClient client = proxy.connect("api.example:443")) {
                X509Certificate leaf = client.certificates().getFirst();
                assertThat(leaf.getNotAfter().toInstant()).isEqualTo(end);
                assertThat(client.get("/", "api.example").status()).isEqualTo(200);
            }

            assertThat(admin(proxy, "/readyz")).isEqualTo("ready");
            assertThat(admin(proxy, "/metrics")).containsPattern("egress_ca_expiry_seconds [0-9.E]+");

            now = end.plusSeconds(1);
            assertThat(admin(proxy, "/readyz"))
                    .startsWith("not ready: the CA certificate is valid from")
                    .contains("until " + end);
            for (String host : new String[] {"api.example", "new.example"}) {
                try (RawClient client = proxy.connect().tunnel(host + ":443")) {
                    assertThatThrownBy(() -> client.tls(proxy.client(host))).isInstanceOf(SSLException.class);
                }
                assertThat(proxy.awaitOut("no certificate for " + host))
                        .contains("the CA certificate is valid from", "until " + end);
            }
        }
    }
}
