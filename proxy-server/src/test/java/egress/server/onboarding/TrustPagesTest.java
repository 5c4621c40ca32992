package egress.server.onboarding;

import static org.assertj.core.api.Assertions.assertThat;

import egress.ca.CaDirectory;
import egress.ca.Issuer;
import egress.testkit.scorecard.Row;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrustPagesTest {
    private static final List<String> PATHS =
            List.of("/", "/ca.pem", "/ca.der", "/ca.p12", "/ca.jks", "/bundle.pem", "/bundle.jks", "/wgetrc");

    @TempDir
    Path directory;

    private final AtomicInteger systemReads = new AtomicInteger();
    private Issuer issuer;
    private TrustPages kit;

    @BeforeEach
    void prepare() throws Exception {
        issuer = new CaDirectory(directory, InstantSource.system(), new SecureRandom()).loadOrMint();
        X509Certificate systems =
                Issuer.mint(InstantSource.system(), new SecureRandom()).certificate();
        kit = new TrustPages(
                issuer,
                () -> {
                    systemReads.incrementAndGet();
                    return List.of(systems);
                },
                URI.create("http://127.0.0.1:9099"));
    }

    private TrustPages.Page page(String path) {
        return kit.page(path).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "/, text/html; charset=utf-8",
        "/ca.pem, application/x-pem-file",
        "/ca.der, application/x-x509-ca-cert",
        "/ca.p12, application/x-pkcs12",
        "/ca.jks, application/x-java-keystore",
        "/bundle.pem, application/x-pem-file",
        "/bundle.jks, application/x-java-keystore",
    })
    void servesEveryForm(String path, String contentType) {
        assertThat(page(path).contentType()).isEqualTo(contentType);
        assertThat(page(path).body()).isNotEmpty();
        assertThat(page(path).fileName().isPresent()).isEqualTo(!path.equals("/"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/ca-key.pem", "/CA.PEM", "/ca", "/../ca-key.pem", "//", "/ca.pem/", "/.lock"})
    void servesNothingElse(String path) {
        assertThat(kit.page(path)).isEmpty();
    }

    @Test
    void ignoresAQuery() {
        assertThat(page("/ca.pem?x=1").body()).isEqualTo(page("/ca.pem").body());
    }

    @Test
    void servesTheCertificateAsItIs() throws Exception {
        var factory = CertificateFactory.getInstance("X.509");
        for (String path : List.of("/ca.pem", "/ca.der")) {
            assertThat(factory.generateCertificate(
                            new ByteArrayInputStream(page(path).body())))
                    .isEqualTo(issuer.certificate());
        }
        assertThat(factory.generateCertificates(
                        new ByteArrayInputStream(page("/bundle.pem").body())))
                .hasSize(2)
                .anyMatch(issuer.certificate()::equals);
        for (String path : List.of("/ca.p12", "/ca.jks", "/bundle.jks")) {
            KeyStore store = KeyStore.getInstance(path.endsWith("p12") ? "PKCS12" : "JKS");
            store.load(new ByteArrayInputStream(page(path).body()), "changeit".toCharArray());
            assertThat(store.getCertificate("egress-proxy")).isEqualTo(issuer.certificate());
            for (String alias : Collections.list(store.aliases())) {
                assertThat(store.isKeyEntry(alias)).isFalse();
            }
        }
    }

    @Test
    @Row("38.xa")
    void holdsThePrivateKeyOnNoPage() throws Exception {
        String pem = Files.readString(directory.resolve("ca-key.pem"), StandardCharsets.US_ASCII);
        byte[] pkcs8 = Base64.getMimeDecoder().decode(pem.replaceAll("-----[^-]+-----", ""));
        var key = (ECPrivateKey) KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        String secret = key.getS().toString(16);
        String base64 = pem.lines().skip(2).findFirst().orElseThrow().substring(0, 20);
        for (String path : PATHS) {
            byte[] body = page(path).body();
            String text = new String(body, StandardCharsets.ISO_8859_1);
            assertThat(HexFormat.of().formatHex(body)).as(path).doesNotContain(secret);
            assertThat(text)
                    .as(path)
                    .doesNotContain("PRIVATE KEY")
                    .doesNotContain(base64)
                    .doesNotContain(secret);
        }
    }

    @Test
    void tellsEveryClientWhatToSet() {
        String html = new String(page("/").body(), StandardCharsets.UTF_8);
        assertThat(html)
                .contains(issuer.fingerprint())
                .contains("http://127.0.0.1:9099")
                .doesNotContain("{{")
                .doesNotContain("<script");
        for (String name : List.of(
                "NODE_EXTRA_CA_CERTS",
                "SSL_CERT_FILE",
                "REQUESTS_CA_BUNDLE",
                "CURL_CA_BUNDLE",
                "GIT_SSL_CAINFO",
                "CARGO_HTTP_CAINFO",
                "PIP_CERT",
                "AWS_CA_BUNDLE",
                "DENO_CERT",
                "CODEX_CA_CERTIFICATE",
                "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
                "npm_config_cafile",
                "YARN_HTTPS_CA_FILE_PATH",
                "WGETRC",
                "JAVA_TOOL_OPTIONS")) {
            assertThat(html).contains("export " + name + "=");
        }
        PATHS.stream().skip(1).forEach(path -> assertThat(html).contains("href=\"" + path + "\""));
        assertThat(html.replaceAll("http://(127\\.0\\.0\\.1|_egress\\.local)", ""))
                .as("loads nothing from elsewhere")
                .doesNotContain("://")
                .doesNotContain("src=")
                .doesNotContain("@import");
    }

    @Test
    void escapesWhatItShows() {
        assertThat(TrustPages.escaped("<b a=\"1\" b='2'>&")).isEqualTo("&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;");
    }

    @Test
    void makesEachPageOnce() {
        kit.warmUp();
        int reads = systemReads.get();
        kit.warmUp();
        assertThat(systemReads.get()).isEqualTo(reads);
        byte[] body = page("/ca.pem").body();
        body[0] = 0;
        assertThat(page("/ca.pem").body()[0]).isNotZero();
    }
}
