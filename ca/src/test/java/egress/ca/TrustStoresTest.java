package egress.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrustStoresTest {
    @TempDir
    Path directory;

    private final X509Certificate authority = newAuthority();
    private final X509Certificate systems = newAuthority();
    private final TrustStores stores = new TrustStores(authority);
    private final SystemTrust system = new SystemTrust(Path.of("bundle"), List.of(systems, authority));

    private static X509Certificate newAuthority() {
        return Issuer.mint(InstantSource.system(), new SecureRandom()).certificate();
    }

    @Test
    void writesTheCertificateThatOpensslReads() throws Exception {
        Path pem = Files.write(directory.resolve("ca.pem"), stores.pem());
        Path der = Files.write(directory.resolve("ca.der"), stores.der());
        OpenSsl openssl = new OpenSsl(directory);
        String subject = openssl.run("x509", "-in", pem.toString(), "-noout", "-subject");
        assertThat(subject).contains("egress-proxy CA ");
        assertThat(openssl.run("x509", "-inform", "DER", "-in", der.toString(), "-noout", "-subject"))
                .isEqualTo(subject);
        Path p12 = Files.write(directory.resolve("ca.p12"), stores.pkcs12("changeit"));
        assertThat(openssl.run("pkcs12", "-in", p12.toString(), "-passin", "pass:changeit", "-nokeys"))
                .contains("-----BEGIN CERTIFICATE-----");
    }

    @ParameterizedTest
    @ValueSource(strings = {"changeit", "another one"})
    void writesStoresThatJavaTrusts(String password) throws Exception {
        for (var entry : Map.of("PKCS12", stores.pkcs12(password), "JKS", stores.jks(password))
                .entrySet()) {
            KeyStore store = KeyStore.getInstance(entry.getKey());
            store.load(new ByteArrayInputStream(entry.getValue()), password.toCharArray());
            assertThat(Collections.list(store.aliases())).hasSize(1).allMatch(alias -> isTrusted(store, alias));
            assertThat(store.getCertificate("egress-proxy")).isEqualTo(authority);
        }
    }

    private static boolean isTrusted(KeyStore store, String alias) {
        try {
            return store.isCertificateEntry(alias);
        } catch (java.security.KeyStoreException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void mergesWhatTheMachineTrustsWithoutDuplicates() throws Exception {
        List<Pem.Block> blocks = Pem.parse(new String(stores.bundle(system), StandardCharsets.US_ASCII));
        assertThat(blocks).hasSize(2);
        assertThat(blocks.getFirst().content()).isEqualTo(authority.getEncoded());
        assertThat(blocks.getLast().content()).isEqualTo(systems.getEncoded());

        KeyStore store = KeyStore.getInstance("JKS");
        store.load(
                new ByteArrayInputStream(stores.jksBundle(system, "changeit")),
                null); // as a JVM without a password reads it
        assertThat(store.size()).isEqualTo(2);
    }

    @Test
    void takesSslCertFileFirstThenTheBundleThenTheJdks() throws Exception {
        Path configured = Files.write(directory.resolve("configured.pem"), new TrustStores(authority).pem());
        Path bundle = Files.write(directory.resolve("bundle.crt"), new TrustStores(systems).pem());
        Path empty = Files.writeString(directory.resolve("empty.crt"), "# nothing\n");
        Path absent = directory.resolve("absent.crt");
        Path cacerts = Files.write(directory.resolve("cacerts"), new TrustStores(systems).jks("changeit"));

        assertThat(SystemTrust.find(Map.of("SSL_CERT_FILE", configured.toString()), List.of(bundle), cacerts))
                .isEqualTo(new SystemTrust(configured, List.of(authority)));
        assertThat(SystemTrust.find(Map.of(), List.of(absent, empty, bundle), cacerts))
                .isEqualTo(new SystemTrust(bundle, List.of(systems)));
        assertThat(SystemTrust.find(Map.of("SSL_CERT_FILE", ""), List.of(absent, empty), cacerts))
                .isEqualTo(new SystemTrust(cacerts, List.of(systems)));
    }

    @Test
    void findsSomethingOnThisMachine() throws Exception {
        assertThat(SystemTrust.find(Map.of()).certificates()).isNotEmpty();
    }

    @Test
    void refusesAnSslCertFileThatCannotBeUsed() throws Exception {
        Path absent = directory.resolve("absent.pem");
        Path empty = Files.writeString(directory.resolve("empty.pem"), "");
        for (Path file : List.of(absent, empty, directory)) {
            assertThatThrownBy(() -> SystemTrust.find(Map.of("SSL_CERT_FILE", file.toString())))
                    .isInstanceOf(CaException.class)
                    .hasMessageContaining(file.toString())
                    .hasMessageContaining("expected: a PEM file");
        }
    }

    @Test
    void takesNoPrivateKeyFromAFileThatHoldsOne() throws Exception {
        Path mixed = directory.resolve("mixed.pem");
        Files.writeString(
                mixed,
                Pem.encode("PRIVATE KEY", new byte[] {1, 2, 3}) + Pem.encode("CERTIFICATE", systems.getEncoded()));
        SystemTrust found = SystemTrust.find(Map.of("SSL_CERT_FILE", mixed.toString()));
        assertThat(new String(stores.bundle(found), StandardCharsets.US_ASCII)).doesNotContain("PRIVATE");
        assertThat(found.certificates()).containsExactly(systems);
    }
}
