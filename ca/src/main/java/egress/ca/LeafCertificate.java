package egress.ca;

import java.io.ByteArrayInputStream;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * A certificate for one name, as a TLS server presents it, with its private key. It is kept as DER, an eighth of what the parsed form takes;
 * {@link #chain()} parses.
 */
public final class LeafCertificate {
    private final String id;
    private final String name;
    private final List<byte[]> chain;
    private final PrivateKey privateKey;
    private final Instant notBefore;
    private final Instant notAfter;
    private final Instant renewAfter;

    LeafCertificate(
            String id,
            String name,
            List<byte[]> chain,
            PrivateKey privateKey,
            Instant notBefore,
            Instant notAfter,
            Instant renewAfter) {
        this.id = id;
        this.name = name;
        this.chain = List.copyOf(chain);
        this.privateKey = privateKey;
        this.notBefore = notBefore;
        this.notAfter = notAfter;
        this.renewAfter = renewAfter;
    }

    /** Unique among all leaves of the process: a renewed leaf for the same name has another one. Says nothing about the name. */
    public String id() {
        return id;
    }

    /** The name in the certificate: a DNS name in lower case, or an IP literal without brackets. */
    public String name() {
        return name;
    }

    /** The certificates to send: the leaf, then the issuer's where it is not a self-signed root that clients must have anyway. */
    public X509Certificate[] chain() {
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            X509Certificate[] certificates = new X509Certificate[chain.size()];
            for (int i = 0; i < certificates.length; i++) {
                certificates[i] = (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(chain.get(i)));
            }
            return certificates;
        } catch (CertificateException e) {
            throw new IllegalStateException("a certificate that was just minted does not parse", e);
        }
    }

    /** {@link #chain()} in DER. Not copied, because every handshake may ask: not to be written to. */
    public List<byte[]> encodedChain() {
        return chain;
    }

    /** The process's leaf key, the same for every leaf, and never the issuer's. */
    public PrivateKey privateKey() {
        return privateKey;
    }

    public Instant notBefore() {
        return notBefore;
    }

    public Instant notAfter() {
        return notAfter;
    }

    /** From here on a new leaf should be minted; {@link Instant#MAX} when a new one could not end later. */
    Instant renewAfter() {
        return renewAfter;
    }

    @Override
    public String toString() {
        return "LeafCertificate[" + name + ", until " + notAfter + "]";
    }
}
