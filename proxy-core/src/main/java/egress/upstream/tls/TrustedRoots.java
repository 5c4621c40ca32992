package egress.upstream.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * The certificates that end a chain.
 *
 * @param certificates in the order of their source
 * @param source where they are from, for people
 */
public record TrustedRoots(List<X509Certificate> certificates, String source) {
    /** One file of all: Debian; Fedora, new and old; openSUSE; old Red Hat; Alpine, OpenBSD and macOS; FreeBSD. */
    private static final List<Path> BUNDLES = List.of(
            Path.of("/etc/ssl/certs/ca-certificates.crt"),
            Path.of("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
            Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
            Path.of("/etc/ssl/ca-bundle.pem"),
            Path.of("/etc/pki/tls/cacert.pem"),
            Path.of("/etc/ssl/cert.pem"),
            Path.of("/usr/local/share/certs/ca-root-nss.crt"));

    private static final int MAX_FILE_BYTES = 64 << 20;
    /** {@code TRUSTED CERTIFICATE} is OpenSSL's: the same, with what it is trusted for behind it. */
    private static final Pattern BEGIN = Pattern.compile("-----BEGIN ((?:TRUSTED )?CERTIFICATE)-----");

    public TrustedRoots {
        certificates = List.copyOf(certificates);
    }

    /**
     * What the machine trusts: the file that {@code SSL_CERT_FILE} names where it is set, else the operating system's
     * certificates, else the JDK's. A file that is named but cannot be read is an error, never passed over.
     */
    public static TrustedRoots ofMachine(Map<String, String> environment) throws IOException, GeneralSecurityException {
        return ofMachine(environment, System.getProperty("os.name", ""), BUNDLES);
    }

    static TrustedRoots ofMachine(Map<String, String> environment, String osName, List<Path> bundles)
            throws IOException, GeneralSecurityException {
        String named = environment.getOrDefault("SSL_CERT_FILE", "");
        if (!named.isBlank()) {
            return new TrustedRoots(readPem(Path.of(named)), "SSL_CERT_FILE " + named);
        }
        String os = osName.toLowerCase(Locale.ROOT);
        if (os.startsWith("windows")) {
            return ofKeyStore("Windows-ROOT");
        }
        if (os.startsWith("mac")) {
            return ofKeyStore("KeychainStore-ROOT");
        }
        for (Path bundle : bundles) {
            if (Files.isReadable(bundle)) {
                // Some distributions ship an empty one; a certificate that this JDK cannot decode is one authority
                // less.
                List<X509Certificate> found = certificates(bundle, (number, e) -> {});
                if (!found.isEmpty()) {
                    return new TrustedRoots(found, bundle.toString());
                }
            }
        }
        return ofJdk();
    }

    /** These and those of a PEM file. */
    public TrustedRoots plus(Path pem) throws IOException, GeneralSecurityException {
        List<X509Certificate> both = new ArrayList<>(certificates);
        both.addAll(readPem(pem));
        return new TrustedRoots(both, source + " and " + pem);
    }

    private static TrustedRoots ofJdk() throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init((KeyStore) null);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager x509) {
                return new TrustedRoots(List.of(x509.getAcceptedIssuers()), "the JDK's certificates");
            }
        }
        throw new CertificateException("the JDK has no X.509 trust manager");
    }

    private static TrustedRoots ofKeyStore(String type) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(type);
        store.load(null, null);
        List<X509Certificate> all = new ArrayList<>();
        for (String alias : Collections.list(store.aliases())) {
            if (store.getCertificate(alias) instanceof X509Certificate certificate) {
                all.add(certificate);
            }
        }
        return all.isEmpty() ? ofJdk() : new TrustedRoots(all, "the operating system's certificates (" + type + ")");
    }

    /**
     * The certificates of a PEM file, whatever else it holds.
     *
     * @throws CertificateException where the file holds none, or one that is malformed
     */
    static List<X509Certificate> readPem(Path file) throws IOException, CertificateException {
        List<X509Certificate> all = certificates(file, (number, e) -> {
            throw new CertificateException(file + ": certificate " + number + " is malformed: " + e.getMessage(), e);
        });
        if (all.isEmpty()) {
            throw new CertificateException(file + ": no certificate in it (expected: certificates in PEM)");
        }
        return all;
    }

    /** What to do about a certificate that cannot be decoded. */
    private interface OnMalformed {
        void accept(int number, Exception e) throws CertificateException;
    }

    private static List<X509Certificate> certificates(Path file, OnMalformed malformed)
            throws IOException, CertificateException {
        String text = text(file);
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        Set<X509Certificate> all = new LinkedHashSet<>();
        Matcher begin = BEGIN.matcher(text);
        int number = 0;
        for (int from = 0; begin.find(from); ) {
            number++;
            int end = text.indexOf("-----END " + begin.group(1) + "-----", begin.end());
            if (end < 0) {
                malformed.accept(number, new CertificateException("it has no end"));
                break;
            }
            try {
                byte[] der = Base64.getMimeDecoder().decode(text.substring(begin.end(), end));
                all.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
            } catch (IllegalArgumentException | CertificateException e) {
                malformed.accept(number, e);
            }
            from = end;
        }
        return List.copyOf(all);
    }

    private static String text(Path file) throws IOException, CertificateException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
            if (bytes.length > MAX_FILE_BYTES) {
                throw new CertificateException(file + ": longer than 64 MiB (expected: certificates in PEM)");
            }
            return new String(bytes, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new IOException(
                    file + ": cannot be read: " + e.getClass().getSimpleName() + " (expected: certificates in PEM)", e);
        }
    }
}
