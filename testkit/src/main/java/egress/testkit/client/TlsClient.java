package egress.testkit.client;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * What a test's client does in the TLS handshake.
 *
 * @param context whom it trusts
 * @param verifiedName the name the certificate must be for; null verifies the chain only
 * @param sni the bytes of the host_name in the ClientHello, however wrong; null sends no SNI
 * @param alpn the protocols it offers; empty sends no ALPN
 * @param versions the TLS versions it offers, as the JDK names them
 */
public record TlsClient(
        SSLContext context,
        @Nullable String verifiedName,
        @Nullable String sni,
        List<String> alpn,
        List<String> versions) {
    private static final int HOST_NAME = 0;

    public TlsClient {
        alpn = List.copyOf(alpn);
        versions = List.copyOf(versions);
    }

    /** Trusts these certificates only, asks for and verifies {@code name}, offers no ALPN. */
    public static TlsClient of(String name, X509Certificate... trusted) {
        return new TlsClient(trusting(trusted), name, name, List.of(), List.of("TLSv1.3", "TLSv1.2"));
    }

    /** Trusts the certificates of a PEM file only, asks for and verifies {@code name}, offers no ALPN. */
    public static TlsClient of(String name, Path trustedPem) throws IOException {
        return new TlsClient(trusting(trustedPem), name, name, List.of(), List.of("TLSv1.3", "TLSv1.2"));
    }

    /** The same, offering these application protocols. */
    public TlsClient alpn(String... protocols) {
        return new TlsClient(context, verifiedName, sni, List.of(protocols), versions);
    }

    /** The same, with another SNI than the verified name; null for none. */
    public TlsClient sni(@Nullable String name) {
        return new TlsClient(context, verifiedName, name, alpn, versions);
    }

    /** The same, offering these TLS versions, such as {@code TLSv1.2}. */
    public TlsClient versions(String... names) {
        return new TlsClient(context, verifiedName, sni, alpn, List.of(names));
    }

    /** The same without a check that the certificate is for the name. */
    public TlsClient anyName() {
        return new TlsClient(context, null, sni, alpn, versions);
    }

    /** A JDK context that trusts these certificates and nothing else; for JDK clients too. */
    public static SSLContext trusting(X509Certificate... certificates) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (int i = 0; i < certificates.length; i++) {
                store.setCertificateEntry("trusted-" + i, certificates[i]);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A JDK context that trusts the certificates of a PEM file and nothing else. */
    public static SSLContext trusting(Path pem) throws IOException {
        try (InputStream in = Files.newInputStream(pem)) {
            return trusting(CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                    .map(X509Certificate.class::cast)
                    .toArray(X509Certificate[]::new));
        } catch (GeneralSecurityException e) {
            throw new IOException(pem + ": " + e.getMessage() + " (expected: certificates in PEM)", e);
        }
    }

    SSLParameters applyTo(SSLParameters parameters) {
        parameters.setProtocols(versions.toArray(String[]::new));
        parameters.setApplicationProtocols(alpn.toArray(String[]::new));
        parameters.setServerNames(sni == null ? List.of() : List.of(new RawName(sni)));
        if (verifiedName != null) {
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }
        return parameters;
    }

    /** The TLS record with this client's ClientHello, for a test that sends it its own way and goes no further. */
    public byte[] clientHello() throws SSLException {
        SSLEngine engine =
                verifiedName == null ? context.createSSLEngine() : context.createSSLEngine(verifiedName, 443);
        engine.setUseClientMode(true);
        engine.setSSLParameters(applyTo(engine.getSSLParameters()));
        ByteBuffer record = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), record);
        byte[] bytes = new byte[record.flip().remaining()];
        record.get(bytes);
        return bytes;
    }

    /** A host_name that nobody checked: 300 bytes, an IP literal, a name with a dot at its end. */
    private static final class RawName extends SNIServerName {
        RawName(String name) {
            super(HOST_NAME, name.getBytes(StandardCharsets.ISO_8859_1));
        }
    }
}
