package egress.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CaFilesTest {
    private static final String[] CA = {
        "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign", "subjectKeyIdentifier=hash"
    };

    @TempDir
    Path directory;

    private OpenSsl openssl;
    private Path file;
    private final CaFiles files = new CaFiles(InstantSource.system(), new SecureRandom());

    @BeforeEach
    void prepare() {
        openssl = new OpenSsl(directory);
        file = directory.resolve("ca-under-test.pem");
    }

    private Path key(String kind) throws Exception {
        Path key = directory.resolve("key-" + kind + ".pem");
        String out = key.toString();
        String ec = directory.resolve("ec.pem").toString();
        switch (kind) {
            case "rsa-pkcs1" -> openssl.run("genrsa", "-traditional", "-out", out, "2048");
            case "rsa-pkcs8" -> openssl.run("genrsa", "-out", out, "2048");
            case "ec-sec1-parameters" -> openssl.run("ecparam", "-name", "prime256v1", "-genkey", "-out", out);
            case "ec-sec1" -> openssl.run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", out);
            case "ec-sec1-p384" -> openssl.run("ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", out);
            case "ec-sec1-p521" -> openssl.run("ecparam", "-name", "secp521r1", "-genkey", "-noout", "-out", out);
            case "ec-pkcs8" -> {
                openssl.run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", ec);
                openssl.run("pkcs8", "-topk8", "-nocrypt", "-in", ec, "-out", out);
            }
            case "ec-secp256k1" -> openssl.run("ecparam", "-name", "secp256k1", "-genkey", "-noout", "-out", out);
            case "ed25519" -> openssl.run("genpkey", "-algorithm", "ed25519", "-out", out);
            case "rsa-1024" -> openssl.run("genrsa", "-out", out, "1024");
            default -> throw new IllegalArgumentException(kind);
        }
        return key;
    }

    private Path certificate(Path key, String... extensions) throws Exception {
        return openssl.selfSign(key, directory.resolve("certificate-of-" + key.getFileName()), extensions);
    }

    private Path write(Object... parts) throws IOException {
        StringBuilder text = new StringBuilder();
        for (Object part : parts) {
            text.append(part instanceof Path path ? Files.readString(path) : part.toString());
        }
        return Files.writeString(file, text);
    }

    @ParameterizedTest
    @CsvSource({
        "rsa-pkcs1, RSA PRIVATE KEY",
        "rsa-pkcs8, PRIVATE KEY",
        "ec-sec1, EC PRIVATE KEY",
        "ec-sec1-parameters, EC PARAMETERS",
        "ec-sec1-p384, EC PRIVATE KEY",
        "ec-sec1-p521, EC PRIVATE KEY",
        "ec-pkcs8, PRIVATE KEY",
    })
    void loadsEveryEncodingInEitherOrder(String kind, String label) throws Exception {
        Path key = key(kind);
        assertThat(Files.readString(key)).contains("-----BEGIN " + label + "-----");
        Path certificate = certificate(key, CA);
        Issuer first = files.load(write(key, certificate));
        Issuer second = files.load(write(certificate, key));
        assertThat(first.fingerprint()).isEqualTo(second.fingerprint());
        second.issue("a.example").chain()[0].verify(second.certificate().getPublicKey());
    }

    @Test
    void loadsASec1KeyThatLeavesItsCurveOut() throws Exception {
        Path key = key("ec-sec1");
        Path certificate = certificate(key, CA);
        byte[] sec1 = Base64.getMimeDecoder().decode(Files.readString(key).replaceAll("-----[^-]+-----", ""));
        var parsed = org.bouncycastle.asn1.sec.ECPrivateKey.getInstance(sec1);
        byte[] bare = new org.bouncycastle.asn1.sec.ECPrivateKey(256, parsed.getKey()).getEncoded();
        assertThat(bare).hasSizeLessThan(sec1.length);
        assertThat(files.load(write(Pem.encode("EC PRIVATE KEY", bare), certificate))
                        .fingerprint())
                .hasSize(64);
    }

    @Test
    void toleratesTextAroundTheBlocksAndForeignLineEnds() throws Exception {
        Path key = key("ec-pkcs8");
        Path certificate = certificate(key, CA);
        String described = openssl.run("x509", "-text", "-in", certificate.toString());
        String text = "\uFEFFBag Attributes: <No Attributes>\r\nProc-Type: none\r\n" + Files.readString(key)
                + "# caf\u00e9\n\n" + described + "\n-----this is no block-----\n";
        assertThat(files.load(write(text.replace("\n", "\r\n"))).fingerprint()).hasSize(64);
    }

    @Test
    void saysThatTheFileIsMissing() {
        refuses("there is no such file");
    }

    @Test
    void saysThatTheFileIsADirectory() throws Exception {
        Files.createDirectory(file);
        refuses("is a directory");
    }

    @Test
    void saysThatTheFileIsTooLarge() throws Exception {
        Path key = key("ec-pkcs8");
        write(key, certificate(key, CA), "x".repeat(1 << 20));
        refuses("larger than 1 MiB");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "hello", "-----BEGIN X-----\nAAAA\n-----END X-----\n"})
    void saysThatThereIsNoCertificate(String text) throws Exception {
        write(text);
        refuses("has no certificate");
    }

    @Test
    void saysThatThereIsNoKey() throws Exception {
        write(certificate(key("ec-pkcs8"), CA));
        refuses("has no private key");
    }

    @Test
    void saysThatThereAreSeveralCertificatesOrKeys() throws Exception {
        Path key = key("ec-pkcs8");
        Path certificate = certificate(key, CA);
        write(key, certificate, certificate);
        refuses("has 2 certificates");
        write(key, certificate, key);
        refuses("has 2 private keys");
    }

    @Test
    void saysThatABlockDoesNotEnd() throws Exception {
        Path key = key("ec-pkcs8");
        String whole = Files.readString(write(certificate(key, CA), key));
        Files.writeString(file, whole.substring(0, whole.length() - 40));
        refuses("a block \"PRIVATE KEY\" that does not end");
    }

    @Test
    void saysThatABlockIsNotBase64OrNotDer() throws Exception {
        Path key = key("ec-pkcs8");
        Path certificate = certificate(key, CA);
        write(key, "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
        refuses("not base64");
        write(key, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        refuses("a certificate that cannot be decoded");
        for (String label : new String[] {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"}) {
            write(certificate, Pem.encode(label, new byte[] {1, 2, 3}));
            refuses("that cannot be decoded");
            write(certificate, Pem.encode(label, new byte[] {0x30, 0}));
            refuses("that cannot be decoded");
            write(certificate, Pem.encode(label, new byte[] {0x30, 3, 2, 1, 0}));
            refuses("that cannot be decoded");
        }
        write(certificate, Pem.encode("DSA PRIVATE KEY", new byte[] {0x30, 0}));
        refuses("a key of the kind \"DSA PRIVATE KEY\"");
    }

    @Test
    void saysThatTheKeyIsEncrypted() throws Exception {
        Path key = key("rsa-pkcs8");
        Path certificate = certificate(key, CA);
        Path encrypted = directory.resolve("encrypted.pem");
        openssl.run("pkcs8", "-topk8", "-in", key.toString(), "-passout", "pass:secret", "-out", encrypted.toString());
        write(certificate, encrypted);
        refuses("encrypted");
        openssl.run(
                "rsa",
                "-traditional",
                "-aes128",
                "-passout",
                "pass:secret",
                "-in",
                key.toString(),
                "-out",
                encrypted.toString());
        assertThat(Files.readString(encrypted)).contains("Proc-Type: 4,ENCRYPTED");
        write(certificate, encrypted);
        refuses("encrypted");
    }

    @ParameterizedTest
    @CsvSource({"ec-pkcs8, ec-sec1", "ec-pkcs8, rsa-pkcs8", "rsa-pkcs1, rsa-pkcs8", "ec-sec1-p384, ec-pkcs8"})
    void saysThatKeyAndCertificateAreNoPair(String one, String other) throws Exception {
        write(certificate(key(one), CA), key(other));
        refuses("the private key is not the certificate's");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "basicConstraints=critical,CA:FALSE | not a CA's",
                "subjectKeyIdentifier=hash | not a CA's",
                "basicConstraints=CA:TRUE;keyUsage=digitalSignature | may not sign others",
                "basicConstraints=CA:TRUE;extendedKeyUsage=clientAuth | may not sign for TLS servers",
            })
    void saysThatTheCertificateMayNotSign(String extensions, String expected) throws Exception {
        Path key = key("ec-pkcs8");
        write(key, certificate(key, extensions.strip().split(";")));
        refuses(expected);
    }

    @ParameterizedTest
    @CsvSource({"ed25519, expected: RSA", "rsa-1024, 1024 bits", "ec-secp256k1, on P-256"})
    void saysThatTheKeyIsOfAKindThatClientsOrWeCannotUse(String kind, String expected) throws Exception {
        Path key = key(kind);
        write(key, certificate(key, CA));
        refuses(expected);
    }

    @Test
    void saysThatTheCertificateHasExpiredOrNotBegun() throws Exception {
        Path key = key("ec-pkcs8");
        write(key, certificate(key, CA));
        InstantSource later = () -> Instant.now().plus(Duration.ofDays(400));
        InstantSource earlier = () -> Instant.now().minus(Duration.ofDays(400));
        assertThatThrownBy(() -> new CaFiles(later, new SecureRandom()).load(file))
                .hasMessageContaining("expired at");
        assertThatThrownBy(() -> new CaFiles(earlier, new SecureRandom()).load(file))
                .hasMessageContaining("not valid before");
    }

    @Test
    void neverShowsWhatIsInTheFile() throws Exception {
        Path key = key("ec-pkcs8");
        String secret = Files.readString(key).lines().skip(1).findFirst().orElseThrow();
        write(key, key);
        assertThatThrownBy(() -> files.load(file)).hasMessageNotContaining(secret);
        Files.write(file, Files.readString(key).replace("=", "!").getBytes(StandardCharsets.US_ASCII));
        assertThatThrownBy(() -> files.load(file)).hasMessageNotContaining(secret.substring(0, 12));
    }

    private void refuses(String expected) {
        assertThatThrownBy(() -> files.load(file))
                .isInstanceOf(CaException.class)
                .hasMessageStartingWith(file.toString() + ": ")
                .hasMessageContaining(expected)
                .hasMessageContaining("(expected: ");
    }
}
