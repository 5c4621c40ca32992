package egress.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeafProfileTest {
    private static final String LONG_NAME = "a".repeat(60) + "." + "b".repeat(60) + ".example";
    private static final List<String> NAMES =
            List.of("api.github.com", LONG_NAME, "127.0.0.1", "2001:db8::1", "my_bucket.example");

    @TempDir
    Path directory;

    /** Kinds of authority, each made by another hand. */
    enum Authority {
        MINTED,
        LOADED_RSA,
        LOADED_P384,
        WITHOUT_KEY_IDENTIFIER,
        ODD_KEY_IDENTIFIER;

        Issuer make(Path directory) throws Exception {
            OpenSsl openssl = new OpenSsl(directory);
            CaFiles files = new CaFiles(InstantSource.system(), new SecureRandom());
            Path key = directory.resolve("key.pem");
            String ca = "basicConstraints=critical,CA:TRUE";
            String usage = "keyUsage=critical,keyCertSign";
            String identifier = "subjectKeyIdentifier=hash";
            switch (this) {
                case MINTED -> {
                    return Issuer.mint(InstantSource.system(), new SecureRandom());
                }
                case LOADED_RSA -> {
                    openssl.run("genrsa", "-out", key.toString(), "2048");
                    openssl.selfSign(key, directory.resolve("c.pem"), ca, usage, identifier);
                }
                case LOADED_P384 -> {
                    openssl.run("ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", key.toString());
                    openssl.selfSign(key, directory.resolve("c.pem"), ca, usage, identifier);
                }
                case WITHOUT_KEY_IDENTIFIER -> {
                    openssl.run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key.toString());
                    openssl.selfSign(
                            key,
                            directory.resolve("c.pem"),
                            ca,
                            "subjectKeyIdentifier=none",
                            "authorityKeyIdentifier=none");
                }
                case ODD_KEY_IDENTIFIER -> {
                    openssl.run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key.toString());
                    openssl.selfSign(key, directory.resolve("c.pem"), ca, usage, "subjectKeyIdentifier=0102030405");
                }
            }
            return files.load(directory.resolve("c.pem"), key);
        }
    }

    @ParameterizedTest
    @EnumSource(Authority.class)
    void satisfiesTheJdksPathValidation(Authority authority) throws Exception {
        Issuer issuer = authority.make(directory);
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(issuer.certificate(), null)));
        parameters.setRevocationEnabled(false);
        for (String name : NAMES) {
            var path = CertificateFactory.getInstance("X.509")
                    .generateCertPath(List.of(issuer.issue(name).chain()));
            assertThat(CertPathValidator.getInstance("PKIX").validate(path, parameters))
                    .isNotNull();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Authority.class,
            // Strict verifiers refuse the authority itself where it lacks an identifier or a usage.
            mode = EnumSource.Mode.EXCLUDE,
            names = "WITHOUT_KEY_IDENTIFIER")
    void satisfiesOpensslsStrictVerification(Authority authority) throws Exception {
        Issuer issuer = authority.make(directory);
        for (String name : NAMES) {
            assertThat(verify(issuer, name, "-x509_strict")).as(name).isZero();
        }
    }

    @Test
    void isAcceptedBelowAnAuthorityWithoutKeyIdentifier() throws Exception {
        assertThat(verify(Authority.WITHOUT_KEY_IDENTIFIER.make(directory), "api.github.com", "-check_ss_sig"))
                .isZero();
    }

    @Test
    void isGoodForItsOwnNameAlone() throws Exception {
        Issuer issuer = Authority.MINTED.make(directory);
        Path ca = Files.write(directory.resolve("ca.pem"), Pem.encodeBytes("CERTIFICATE", issuer.encoded()));
        Path leaf = write(issuer.issue("api.github.com"));
        OpenSsl.Result other = new OpenSsl(directory)
                .tryTo("verify", "-CAfile", ca.toString(), "-verify_hostname", "evil.example", leaf.toString());
        assertThat(other.status()).isNotZero();
        assertThat(other.output()).contains("mismatch");
    }

    private int verify(Issuer issuer, String name, String option) throws IOException, InterruptedException {
        Path ca = Files.write(directory.resolve("ca.pem"), Pem.encodeBytes("CERTIFICATE", issuer.encoded()));
        boolean address = name.matches("[0-9.]+|.*:.*");
        return new OpenSsl(directory)
                .tryTo(
                        "verify",
                        option,
                        "-purpose",
                        "sslserver",
                        "-no-CApath",
                        "-CAfile",
                        ca.toString(),
                        address ? "-verify_ip" : "-verify_hostname",
                        name,
                        write(issuer.issue(name)).toString())
                .status();
    }

    private Path write(LeafCertificate leaf) throws IOException {
        try {
            return Files.write(
                    directory.resolve("leaf.pem"), Pem.encodeBytes("CERTIFICATE", leaf.chain()[0].getEncoded()));
        } catch (java.security.cert.CertificateEncodingException e) {
            throw new IOException(e);
        }
    }

    @ParameterizedTest
    @EnumSource(Authority.class)
    void namesItsIssuerByTheIssuersOwnKeyIdentifier(Authority authority) throws Exception {
        Issuer issuer = authority.make(directory);
        X509Certificate leaf = issuer.issue("api.github.com").chain()[0];
        byte[] named =
                AuthorityKeyIdentifier.getInstance(value(leaf, "2.5.29.35")).getKeyIdentifierOctets();
        if (authority == Authority.WITHOUT_KEY_IDENTIFIER) {
            assertThat(issuer.certificate().getExtensionValue("2.5.29.14")).isNull();
            assertThat(named).hasSize(20);
        } else {
            assertThat(named)
                    .isEqualTo(SubjectKeyIdentifier.getInstance(value(issuer.certificate(), "2.5.29.14"))
                            .getKeyIdentifier());
        }
        assertThat(leaf.getIssuerX500Principal().getEncoded())
                .isEqualTo(issuer.certificate().getSubjectX500Principal().getEncoded());
    }

    private static byte[] value(X509Certificate certificate, String oid) {
        return ASN1OctetString.getInstance(certificate.getExtensionValue(oid)).getOctets();
    }

    @ParameterizedTest
    @ValueSource(strings = {"api.github.com", "127.0.0.1", "2001:db8::1"})
    void hasOneNameAndSaysWhatItIsFor(String name) throws Exception {
        X509Certificate leaf = minted().issue(name).chain()[0];
        assertThat(leaf.getSubjectAlternativeNames()).hasSize(1);
        assertThat(leaf.getVersion()).isEqualTo(3);
        assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
        assertThat(leaf.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
        boolean[] digitalSignatureOnly = new boolean[9];
        digitalSignatureOnly[0] = true;
        assertThat(leaf.getKeyUsage()).isEqualTo(digitalSignatureOnly);
        assertThat(leaf.getCriticalExtensionOIDs()).containsExactlyInAnyOrder("2.5.29.15", "2.5.29.19");
        assertThat(leaf.getPublicKey()).isInstanceOf(ECPublicKey.class);
        assertThat(((ECPublicKey) leaf.getPublicKey()).getParams().toString()).contains("secp256r1");
    }

    @Test
    void makesTheAlternativeNameCriticalIfAndOnlyIfTheSubjectIsEmpty() throws Exception {
        Issuer issuer = minted();
        String longestCommonName = "a".repeat(56) + ".example";
        X509Certificate named = issuer.issue(longestCommonName).chain()[0];
        X509Certificate unnamed = issuer.issue("a" + longestCommonName).chain()[0];
        assertThat(named.getSubjectX500Principal().getName()).isEqualTo("CN=" + longestCommonName);
        assertThat(named.getNonCriticalExtensionOIDs()).contains("2.5.29.17");
        assertThat(unnamed.getSubjectX500Principal().getEncoded()).isEqualTo(new byte[] {0x30, 0});
        assertThat(unnamed.getCriticalExtensionOIDs()).contains("2.5.29.17");
    }

    @Test
    void sharesOneKeyThatIsNotTheAuthoritys() {
        Issuer issuer = minted();
        LeafCertificate a = issuer.issue("a.example");
        LeafCertificate b = issuer.issue("b.example");
        assertThat(a.privateKey()).isSameAs(b.privateKey());
        assertThat(a.chain()[0].getPublicKey())
                .isEqualTo(b.chain()[0].getPublicKey())
                .isNotEqualTo(issuer.certificate().getPublicKey());
        assertThat(a.id()).isNotEqualTo(b.id()).doesNotContain("example");
        assertThat(a.id()).isNotEqualTo(issuer.issue("a.example").id());
    }

    @Test
    void hasARandomPositiveSerialOfAtMostTwentyBytes() {
        Issuer issuer = minted();
        Set<BigInteger> seen = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            BigInteger serial = issuer.issue("a.example").chain()[0].getSerialNumber();
            assertThat(serial.signum()).isPositive();
            assertThat(serial.toByteArray().length).isBetween(9, 20);
            assertThat(seen.add(serial)).isTrue();
        }
    }

    @Test
    void livesNoLongerThanTheShortestAnnouncedLimitCountingTheBackdating() {
        Instant now = Instant.parse("2030-01-01T12:34:56.789Z");
        LeafCertificate leaf = Issuer.mint(() -> now, new SecureRandom()).issue("a.example");
        assertThat(Duration.between(leaf.notBefore(), leaf.notAfter().plusSeconds(1)))
                .isLessThanOrEqualTo(Duration.ofDays(47));
        assertThat(leaf.notBefore()).isBefore(now.minus(Duration.ofHours(12)));
        X509Certificate certificate = leaf.chain()[0];
        assertThat(certificate.getNotBefore().toInstant()).isEqualTo(leaf.notBefore());
        assertThat(certificate.getNotAfter().toInstant()).isEqualTo(leaf.notAfter());
    }

    @Test
    void neitherOutlivesTheAuthorityNorBeginsBeforeIt() throws Exception {
        TestClock clock = new TestClock(Instant.parse("2030-01-01T00:00:00Z"));
        Issuer issuer = Issuer.mint(clock, new SecureRandom());
        Instant begin = issuer.certificate().getNotBefore().toInstant();
        Instant end = issuer.certificate().getNotAfter().toInstant();

        clock.set(begin.plusSeconds(10));
        assertThat(issuer.issue("a.example").notBefore()).isEqualTo(begin);

        clock.set(end.minus(Duration.ofDays(3)));
        LeafCertificate last = issuer.issue("a.example");
        assertThat(last.notAfter()).isEqualTo(end);
        last.chain()[0].checkValidity(Date.from(end));

        for (Instant outside : List.of(begin.minusSeconds(1), end.minusSeconds(30), end.plusSeconds(1))) {
            clock.set(outside);
            assertThatThrownBy(() -> issuer.issue("a.example"))
                    .isInstanceOfSatisfying(
                            MintException.class,
                            e -> assertThat(e.reason()).isEqualTo(MintException.Reason.CA_NOT_VALID));
        }
    }

    @Test
    void isSignedWithSha256AsTheAuthoritysKeyDemands() throws Exception {
        assertThat(minted().issue("a.example").chain()[0].getSigAlgName()).isEqualTo("SHA256withECDSA");
        assertThat(Authority.LOADED_RSA
                        .make(directory)
                        .issue("a.example")
                        .chain()[0]
                        .getSigAlgName())
                .isEqualTo("SHA256withRSA");
    }

    @Test
    void sendsAnIntermediateAuthorityButNotARoot() throws Exception {
        OpenSsl openssl = new OpenSsl(directory);
        Path rootKey = directory.resolve("root-key.pem");
        openssl.run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", rootKey.toString());
        String[] extensions = {
            "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign", "subjectKeyIdentifier=hash"
        };
        Path root = openssl.selfSign(rootKey, directory.resolve("root.pem"), extensions);
        Path key = directory.resolve("key.pem");
        openssl.run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key.toString());
        Path request = directory.resolve("request.pem");
        String configuration = openssl.minimalConfiguration().toString();
        openssl.run(
                "req",
                "-new",
                "-key",
                "key.pem",
                "-out",
                request.toString(),
                "-subj",
                "/CN=Between",
                "-config",
                configuration);
        Path extensionFile = Files.writeString(directory.resolve("ext"), String.join("\n", extensions));
        openssl.run(
                "x509",
                "-req",
                "-in",
                request.toString(),
                "-CA",
                root.toString(),
                "-CAkey",
                rootKey.toString(),
                "-out",
                "between.pem",
                "-days",
                "30",
                "-extfile",
                extensionFile.toString());
        Issuer between =
                new CaFiles(InstantSource.system(), new SecureRandom()).load(directory.resolve("between.pem"), key);

        X509Certificate[] chain = between.issue("a.example").chain();
        assertThat(Arrays.asList(chain)).hasSize(2);
        assertThat(chain[1]).isEqualTo(between.certificate());
        assertThat(minted().issue("a.example").chain()).hasSize(1);
    }

    private static Issuer minted() {
        return Issuer.mint(InstantSource.system(), new SecureRandom());
    }
}
