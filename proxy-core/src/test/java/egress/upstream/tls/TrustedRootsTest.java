package egress.upstream.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.upstream.TestCa;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which authorities are trusted: the named file, else the system's bundle, else the JDK's; a named file that cannot be read is an error. */
class TrustedRootsTest {
    private static final TestCa CA = new TestCa("test authority");

    @TempDir
    private static Path folder;

    private static Path caPem;

    @BeforeAll
    static void writesTheAuthority() {
        caPem = CA.pemIn(folder);
    }

    @Test
    void whatTheMachineTrustsIsTheNamedFileAlone() throws Exception {
        Map<String, String> environment = Map.of("SSL_CERT_FILE", caPem.toString());

        TrustedRoots roots = TrustedRoots.ofMachine(environment, "Linux", List.of(folder.resolve("unused.pem")));

        assertThat(roots.certificates()).containsExactly(CA.certificate());
        assertThat(roots.source()).contains("SSL_CERT_FILE");
    }

    @Test
    void elseTheSystemsBundleElseTheJdks() throws Exception {
        List<Path> bundles = List.of(folder.resolve("missing.pem"), caPem);
        assertThat(TrustedRoots.ofMachine(Map.of(), "Linux", bundles).certificates())
                .containsExactly(CA.certificate());

        TrustedRoots jdk = TrustedRoots.ofMachine(Map.of(), "Linux", List.of(folder.resolve("missing.pem")));
        assertThat(jdk.certificates()).hasSizeGreaterThan(10);
        assertThat(jdk.source()).contains("JDK");

        TrustedRoots more = TrustedRoots.ofMachine(Map.of(), "Linux", bundles).plus(new TestCa("extra").pemIn(folder));
        assertThat(more.certificates()).hasSize(2);
    }

    @Test
    void aBundleWithoutACertificateIsPassedOverAndABrokenOneInItIsOneAuthorityLess() throws Exception {
        Path empty = Files.writeString(folder.resolve("nothing.crt"), "# nothing\n");
        Path broken = Files.writeString(
                folder.resolve("broken.crt"),
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + Files.readString(caPem));
        TrustedRoots roots = TrustedRoots.ofMachine(Map.of("SSL_CERT_FILE", " "), "Linux", List.of(empty, broken));
        assertThat(roots.certificates()).containsExactly(CA.certificate());
        assertThat(roots.source()).isEqualTo(broken.toString());
    }

    @Test
    void aFileMayHoldACertificateTwiceOneOfOpensslsOwnKindAndAPrivateKey() throws Exception {
        String own = Files.readString(caPem).replace("CERTIFICATE", "TRUSTED CERTIFICATE");
        Path mixed = Files.writeString(
                folder.resolve("mixed.pem"),
                "-----BEGIN PRIVATE KEY-----\nAQID\n-----END PRIVATE KEY-----\n" + Files.readString(caPem) + own);
        Map<String, String> environment = Map.of("SSL_CERT_FILE", mixed.toString());
        assertThat(TrustedRoots.ofMachine(environment).certificates()).containsExactly(CA.certificate());
    }

    @Test
    void somethingIsTrustedOnThisMachine() throws Exception {
        assertThat(TrustedRoots.ofMachine(Map.of()).certificates()).isNotEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aNamedFileThatCannotBeReadIsAnErrorAndNothingIsTrusted(BadTrustFile kind) throws Exception {
        Path file = kind.writeIn(folder, caPem);
        assertThatThrownBy(() -> TrustedRoots.ofMachine(Map.of("SSL_CERT_FILE", file.toString())))
                .isInstanceOfAny(IOException.class, CertificateException.class)
                .hasMessageMatching(".*(expected: certificates in PEM|certificate 1 is malformed).*")
                .hasMessageContaining(file.toString());
    }
}
