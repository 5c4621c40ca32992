package egress.ca;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads a certificate authority from files. Every refusal is a sentence that names the file and what was expected in it. */
public final class CaFiles {
    static final int MAX_FILE_BYTES = 1 << 20;

    private static final int KEY_CERT_SIGN = 5; // the bit's place in RFC 5280 section 4.2.1.3
    private static final int MIN_RSA_BITS = 2048;
    /** P-256, P-384 and P-521; a JDK names them either way. */
    private static final Set<String> CURVES =
            Set.of("secp256r1", "secp384r1", "secp521r1", "1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35");

    private static final String EXPECTED =
            " (expected: one PEM file with one CA certificate and its RSA or EC private key)";

    private final InstantSource clock;
    private final SecureRandom random;

    public CaFiles(InstantSource clock, SecureRandom random) {
        this.clock = clock;
        this.random = random;
    }

    /** Loads one PEM file that holds a certificate and its key, in any order: PKCS#1, SEC 1 or PKCS#8; RSA or EC. */
    public Issuer load(Path file) throws CaException {
        return load(file, file);
    }

    /** Loads the pair from two files: {@code certificateFile} may hold nothing but certificates, {@code keyFile} nothing but the key. */
    Issuer load(Path certificateFile, Path keyFile) throws CaException {
        boolean one = certificateFile.equals(keyFile);
        List<Pem.Block> blocks = read(certificateFile);
        X509Certificate certificate = certificate(certificateFile, blocks);
        check(certificateFile, certificate);
        PrivateKey key = key(keyFile, one ? blocks : read(keyFile), certificate.getPublicKey());
        if (!PrivateKeys.belongTogether(key, certificate.getPublicKey(), random)) {
            throw new CaException(
                    one
                            ? certificateFile + ": the private key is not the certificate's (expected: a pair)"
                            : keyFile + ": the private key is not that of the certificate in " + certificateFile
                                    + " (expected: a pair)");
        }
        return Issuer.of(certificate, key, clock, random);
    }

    private static List<Pem.Block> read(Path file) throws CaException {
        if (Files.isDirectory(file)) {
            throw new CaException(file + ": is a directory" + EXPECTED);
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
            if (bytes.length > MAX_FILE_BYTES) {
                throw new CaException(file + ": is larger than 1 MiB" + EXPECTED);
            }
            return Pem.parse(new String(bytes, StandardCharsets.ISO_8859_1));
        } catch (NoSuchFileException e) {
            throw new CaException(file + ": there is no such file" + EXPECTED, e);
        } catch (AccessDeniedException e) {
            throw new CaException(file + ": may not be read by this user" + EXPECTED, e);
        } catch (IOException e) {
            throw new CaException(file + ": cannot be read: " + e.getMessage() + EXPECTED, e);
        } catch (Pem.Malformed e) {
            throw new CaException(file + ": has " + e.getMessage() + EXPECTED, e);
        }
    }

    private static X509Certificate certificate(Path file, List<Pem.Block> blocks) throws CaException {
        List<Pem.Block> found = blocks.stream()
                .filter(block ->
                        block.label().equals("CERTIFICATE") || block.label().equals("X509 CERTIFICATE"))
                .toList();
        if (found.size() != 1) {
            String count = found.isEmpty() ? "no certificate" : found.size() + " certificates";
            throw new CaException(file + ": has " + count + EXPECTED);
        }
        try {
            return Certificates.parse(found.getFirst().content());
        } catch (CertificateException e) {
            throw new CaException(file + ": has a certificate that cannot be decoded" + EXPECTED, e);
        }
    }

    private static PrivateKey key(Path file, List<Pem.Block> blocks, PublicKey owner) throws CaException {
        List<Pem.Block> found = blocks.stream()
                .filter(block -> PrivateKeys.isKey(block.label()))
                .toList();
        if (found.size() != 1) {
            String count = found.isEmpty() ? "no private key" : found.size() + " private keys";
            throw new CaException(file + ": has " + count + EXPECTED);
        }
        Pem.Block block = found.getFirst();
        if (block.encrypted()) {
            throw new CaException(file + ": the private key is encrypted (expected: one without a passphrase)");
        }
        try {
            return PrivateKeys.decode(block, owner);
        } catch (GeneralSecurityException e) {
            throw new CaException(
                    file + ": has " + describe(e)
                            + " (expected: an RSA key, or an EC key on P-256, P-384 or P-521, in PKCS#1, SEC 1 or PKCS#8)",
                    e);
        }
    }

    private static String describe(GeneralSecurityException e) {
        // The JDK's own messages do not fit a sentence that begins with "has".
        return e.getClass() == GeneralSecurityException.class && e.getMessage() != null
                ? e.getMessage()
                : "a private key that cannot be decoded";
    }

    private void check(Path file, X509Certificate certificate) throws CaException {
        String fault = fault(certificate);
        if (fault != null) {
            throw new CaException(file + ": " + fault);
        }
        Instant now = clock.instant();
        Instant notAfter = certificate.getNotAfter().toInstant();
        Instant notBefore = certificate.getNotBefore().toInstant();
        if (now.isAfter(notAfter)) {
            throw new CaException(
                    file + ": the CA certificate expired at " + notAfter + " (expected: one valid at " + now + ")");
        }
        if (now.isBefore(notBefore)) {
            throw new CaException(file + ": the CA certificate is not valid before " + notBefore
                    + " (expected: one valid at " + now + ")");
        }
    }

    private static @Nullable String fault(X509Certificate certificate) throws CaException {
        if (certificate.getBasicConstraints() < 0) {
            return "the certificate is not a CA's (expected: the extension basicConstraints with CA:TRUE)";
        }
        boolean[] usage = certificate.getKeyUsage();
        if (usage != null && !usage[KEY_CERT_SIGN]) {
            return "the certificate may not sign others (expected: keyCertSign in its extension keyUsage)";
        }
        if (!allowsServers(certificate)) {
            return "the CA may not sign for TLS servers (expected: serverAuth in its extension extendedKeyUsage, or no such extension)";
        }
        PublicKey key = certificate.getPublicKey();
        if (key instanceof RSAPublicKey rsa && rsa.getModulus().bitLength() < MIN_RSA_BITS) {
            return "the CA's RSA key has " + rsa.getModulus().bitLength() + " bits, which clients refuse (expected: "
                    + MIN_RSA_BITS + " or more)";
        }
        if (!(key instanceof RSAPublicKey) && !onUsualCurve(key)) {
            return "the CA's key is " + key.getAlgorithm()
                    + " of a kind that clients refuse (expected: RSA, or EC on P-256, P-384 or P-521)";
        }
        return null;
    }

    private static boolean onUsualCurve(PublicKey key) {
        if (!(key instanceof ECPublicKey ec)) {
            return false;
        }
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(ec.getParams());
            return CURVES.contains(
                    parameters.getParameterSpec(ECGenParameterSpec.class).getName());
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static boolean allowsServers(X509Certificate certificate) throws CaException {
        try {
            List<String> purposes = certificate.getExtendedKeyUsage();
            return purposes == null || purposes.contains("1.3.6.1.5.5.7.3.1") || purposes.contains("2.5.29.37.0");
        } catch (CertificateParsingException e) {
            throw new CaException("the CA certificate's extendedKeyUsage cannot be decoded", e);
        }
    }
}
