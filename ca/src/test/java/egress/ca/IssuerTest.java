package egress.ca;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IssuerTest {
    private static final Instant NOW = Instant.parse("2030-06-01T00:00:00Z");

    @TempDir
    Path directory;

    private final Issuer issuer = Issuer.mint(() -> NOW, new SecureRandom());

    @Test
    void mintsARootThatMaySignLeavesAndNothingElse() throws Exception {
        X509Certificate certificate = issuer.certificate();
        certificate.verify(certificate.getPublicKey());
        assertThat(certificate.getBasicConstraints()).as("path length").isZero();
        boolean[] signing = new boolean[9];
        signing[5] = true; // keyCertSign
        signing[6] = true; // cRLSign
        assertThat(certificate.getKeyUsage()).isEqualTo(signing);
        assertThat(certificate.getCriticalExtensionOIDs()).containsExactlyInAnyOrder("2.5.29.15", "2.5.29.19");
        assertThat(certificate.getExtensionValue("2.5.29.14")).isNotNull();
        assertThat(((ECPublicKey) certificate.getPublicKey()).getParams().toString())
                .contains("secp256r1");
        assertThat(certificate.getSerialNumber().signum()).isPositive();
    }

    @Test
    void livesTenYearsAtMostAndBeginsALittleEarlierThanItsLeaves() {
        X509Certificate certificate = issuer.certificate();
        Instant notBefore = certificate.getNotBefore().toInstant();
        assertThat(notBefore).isBefore(issuer.issue("a.example").notBefore());
        assertThat(Duration.between(
                        notBefore, certificate.getNotAfter().toInstant().plusSeconds(1)))
                .isLessThanOrEqualTo(Duration.ofDays(3650));
    }

    @Test
    void sharesItsSubjectWithNoOther() {
        X509Certificate other = Issuer.mint(() -> NOW, new SecureRandom()).certificate();
        assertThat(issuer.certificate().getSubjectX500Principal()).isNotEqualTo(other.getSubjectX500Principal());
        assertThat(issuer.certificate().getSubjectX500Principal().getName()).contains("CN=egress-proxy CA ");
    }

    @Test
    void hasTheFingerprintThatOpensslSees() throws Exception {
        Path file = Files.write(directory.resolve("ca.pem"), Pem.encodeBytes("CERTIFICATE", issuer.encoded()));
        String seen = new OpenSsl(directory).run("x509", "-in", file.toString(), "-noout", "-fingerprint", "-sha256");
        String expected = seen.strip().replaceFirst(".*=", "").replace(":", "").toLowerCase(Locale.ROOT);
        assertThat(issuer.fingerprint()).isEqualTo(expected).hasSize(64);
    }

    @Test
    void warmsUpWithoutMarkingWhatItIssuesLater() {
        issuer.warmUp();
        assertThat(issuer.issue("a.example").name()).isEqualTo("a.example");
    }

    @Test
    void keepsItsSecretsAsLongAsItsKey() throws Exception {
        Issuer.Minted minted = Issuer.mintPair(() -> NOW, new SecureRandom());
        Issuer again = Issuer.of(minted.issuer().certificate(), minted.key(), () -> NOW, new SecureRandom());
        assertThat(minted.issuer().secretFor("a")).hasSize(32).isEqualTo(again.secretFor("a"));
        assertThat(minted.issuer().secretFor("b")).isNotEqualTo(again.secretFor("a"));
        assertThat(issuer.secretFor("a")).isNotEqualTo(again.secretFor("a"));
    }

    @Test
    void showsNoKeyInItsText() {
        assertThat(issuer.toString()).isEqualTo("Issuer[sha256:" + issuer.fingerprint() + "]");
    }
}
