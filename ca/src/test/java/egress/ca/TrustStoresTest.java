package egress.ca;

import static org.assertj.core.api.Assertions.assertThat;

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
    private final List<X509Certificate> machine = List.of(systems, authority);

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
        List<Pem.Block> blocks = Pem.parse(new String(stores.bundle(machine), StandardCharsets.US_ASCII));
        assertThat(blocks).hasSize(2);
        assertThat(blocks.getFirst().content()).isEqualTo(authority.getEncoded());
        assertThat(blocks.getLast().content()).isEqualTo(systems.getEncoded());

        KeyStore store = KeyStore.getInstance("JKS");
        store.load(
                new ByteArrayInputStream(stores.jksBundle(machine, "changeit")),
                null); // as a JVM without a password reads it
        assertThat(store.size()).isEqualTo(2);
    }
}
