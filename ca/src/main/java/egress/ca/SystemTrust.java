package egress.ca;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The certificate authorities that this machine trusts: those of {@code SSL_CERT_FILE} where it is set, else the operating system's bundle where there is
 * one, else the JDK's.
 *
 * @param source the file they come from
 * @param certificates without duplicates, in the file's order
 */
public record SystemTrust(Path source, List<X509Certificate> certificates) {
    private static final int MAX_FILE_BYTES = 64 << 20;

    /** Debian and its kin; Fedora and its kin, new and old; openSUSE; Alpine, OpenBSD and macOS; FreeBSD. */
    private static final List<Path> BUNDLES = List.of(
            Path.of("/etc/ssl/certs/ca-certificates.crt"),
            Path.of("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
            Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
            Path.of("/etc/ssl/ca-bundle.pem"),
            Path.of("/etc/ssl/cert.pem"),
            Path.of("/usr/local/share/certs/ca-root-nss.crt"));

    public SystemTrust {
        certificates = List.copyOf(certificates);
    }

    /**
     * Finds and reads them: tens of milliseconds.
     *
     * @param environment the process's, for {@code SSL_CERT_FILE}
     * @throws CaException where {@code SSL_CERT_FILE} names what cannot be read, or nothing can be found anywhere
     */
    public static SystemTrust find(Map<String, String> environment) throws CaException {
        return find(environment, BUNDLES, Path.of(System.getProperty("java.home"), "lib", "security", "cacerts"));
    }

    static SystemTrust find(Map<String, String> environment, List<Path> bundles, Path keyStore) throws CaException {
        String configured = environment.get("SSL_CERT_FILE");
        if (configured != null && !configured.isBlank()) {
            return readPem(Path.of(configured))
                    .orElseThrow(() -> new CaException("SSL_CERT_FILE: " + configured
                            + ": has no certificate (expected: a PEM file of CA certificates)"));
        }
        for (Path bundle : bundles) {
            if (Files.isReadable(bundle)) {
                Optional<SystemTrust> found = readPem(bundle);
                if (found.isPresent()) {
                    return found.get();
                }
            }
        }
        return readKeyStore(keyStore);
    }

    /** Empty where the file has no certificate in it: some distributions ship such a bundle. */
    private static Optional<SystemTrust> readPem(Path file) throws CaException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
            if (bytes.length > MAX_FILE_BYTES) {
                throw new CaException(file + ": is larger than 64 MiB (expected: a PEM file of CA certificates)");
            }
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            Set<X509Certificate> certificates = new LinkedHashSet<>();
            for (Pem.Block block : Pem.parse(new String(bytes, StandardCharsets.ISO_8859_1))) {
                // Only certificates: a file that also holds a private key must not leak it into a bundle.
                if (block.label().equals("CERTIFICATE") || block.label().equals("TRUSTED CERTIFICATE")) {
                    addIfReadable(factory, block.content(), certificates);
                }
            }
            return certificates.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new SystemTrust(file, List.copyOf(certificates)));
        } catch (IOException e) {
            throw new CaException(
                    file + ": cannot be read: " + e.getClass().getSimpleName()
                            + " (expected: a PEM file of CA certificates)",
                    e);
        } catch (CertificateException e) {
            throw new IllegalStateException("every JDK knows X.509", e);
        } catch (Pem.Malformed e) {
            throw new CaException(file + ": has " + e.getMessage() + " (expected: a PEM file of CA certificates)", e);
        }
    }

    private static void addIfReadable(CertificateFactory factory, byte[] der, Set<X509Certificate> certificates) {
        try {
            certificates.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
        } catch (CertificateException e) {
            // One certificate that this JDK cannot decode is one authority less, not a reason to trust none.
            return;
        }
    }

    private static SystemTrust readKeyStore(Path file) throws CaException {
        try {
            KeyStore store = KeyStore.getInstance(file.toFile(), (char[]) null);
            List<X509Certificate> certificates = new ArrayList<>();
            for (String alias : Collections.list(store.aliases())) {
                Certificate certificate = store.getCertificate(alias);
                if (certificate instanceof X509Certificate x509) {
                    certificates.add(x509);
                }
            }
            return new SystemTrust(file, certificates);
        } catch (GeneralSecurityException | IOException e) {
            throw new CaException(file + ": cannot be read (expected: the JDK's trust store)", e);
        }
    }
}
