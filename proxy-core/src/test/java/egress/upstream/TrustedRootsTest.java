package egress.upstream;

import static egress.upstream.TestExchange.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.exchange.Failure;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which authorities are trusted: the named file, else the system's bundle, else the JDK's; a named file that cannot be read is an error. */
class TrustedRootsTest extends TlsFixture {
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

    enum BadFile {
        MISSING,
        EMPTY,
        NO_CERTIFICATE,
        TRUNCATED,
        MALFORMED
    }

    @ParameterizedTest
    @EnumSource
    void aNamedFileThatCannotBeReadIsAnErrorAndNothingIsTrusted(BadFile kind) throws Exception {
        Path file = folder.resolve("bad-" + kind + ".pem");
        String good = Files.readString(caPem);
        switch (kind) {
            case MISSING -> {
                // not written
            }
            case EMPTY -> Files.writeString(file, "");
            case NO_CERTIFICATE ->
                Files.writeString(file, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
            case TRUNCATED -> Files.writeString(file, good.substring(0, good.length() - 60));
            case MALFORMED -> Files.writeString(file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        }
        assertThatThrownBy(() -> TrustedRoots.ofMachine(Map.of("SSL_CERT_FILE", file.toString())))
                .isInstanceOfAny(IOException.class, CertificateException.class)
                .hasMessageMatching(".*(expected: certificates in PEM|certificate 1 is malformed).*")
                .hasMessageContaining(file.toString());
        UpstreamConfig config = Rig.pinnedTo(1).withExtraTrust(List.of(file));
        try (RawOrigin origin = RawOrigin.tls(CA.issue("api.example").serverContext(), connection -> {});
                Rig rig = new Rig(
                        config.withConnectTo(List.of(ConnectTo.parse("::127.0.0.1:" + origin.port()))),
                        SslProvider.OPENSSL_REFCNT)) {
            assertThat(rig.tls(get()).failure()).isInstanceOf(Failure.UpstreamUntrusted.class);
            assertThatThrownBy(() ->
                            rig.upstreams.trustedRoots().toCompletableFuture().get(20, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class);
        }
    }
}
