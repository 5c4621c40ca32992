package egress.ca;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The authority's certificate in the forms that clients read. Nothing here holds or can reach a private key. */
public final class TrustStores {
    /** What Java, and everybody who writes about it, takes for the password of a store that protects nothing. */
    public static final String DEFAULT_PASSWORD = "changeit";

    private final X509Certificate authority;

    public TrustStores(X509Certificate authority) {
        this.authority = authority;
    }

    /** The certificate alone, for clients that add it to what they trust. */
    public byte[] pem() {
        return Pem.encodeBytes("CERTIFICATE", encoded(authority));
    }

    /** The certificate alone, in DER. */
    public byte[] der() {
        return encoded(authority);
    }

    /** A PKCS#12 trust store with the certificate alone. */
    public byte[] pkcs12(String password) {
        return store("PKCS12", List.of(authority), password);
    }

    /** A JKS trust store with the certificate alone: for Java 8 before 8u301, which cannot read a PKCS#12 file made today. */
    public byte[] jks(String password) {
        return store("JKS", List.of(authority), password);
    }

    /**
     * The authority and others, in PEM: for variables that replace a client's own trust.
     *
     * @param machine what the machine trusts
     */
    public byte[] bundle(Collection<X509Certificate> machine) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        merged(machine).forEach(certificate -> out.writeBytes(Pem.encodeBytes("CERTIFICATE", encoded(certificate))));
        return out.toByteArray();
    }

    /** {@link #bundle} as a JKS trust store, which a JVM reads without a password. */
    public byte[] jksBundle(Collection<X509Certificate> machine, String password) {
        return store("JKS", List.copyOf(merged(machine)), password);
    }

    private Set<X509Certificate> merged(Collection<X509Certificate> machine) {
        Set<X509Certificate> all = new LinkedHashSet<>();
        all.add(authority);
        all.addAll(machine);
        return all;
    }

    private static byte[] store(String type, List<X509Certificate> certificates, String password) {
        try {
            KeyStore store = KeyStore.getInstance(type);
            store.load(null, null);
            List<X509Certificate> rest = new ArrayList<>(certificates);
            store.setCertificateEntry("egress-proxy", rest.removeFirst());
            for (X509Certificate certificate : rest) {
                store.setCertificateEntry("system-" + store.size(), certificate);
            }
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            store.store(out, password.toCharArray());
            return out.toByteArray();
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("cannot make a " + type + " trust store", e);
        }
    }

    private static byte[] encoded(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a certificate that was decoded cannot be encoded", e);
        }
    }
}
