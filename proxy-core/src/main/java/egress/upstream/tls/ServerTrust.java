package egress.upstream.tls;

import egress.http.Printable;
import io.netty.handler.ssl.ResumableX509ExtendedTrustManager;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.PKIXReason;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Verifies an origin's certificate: the path to a trusted root (RFC 5280 §6, by the JDK), then the host (RFC 9525). A
 * path once found is good for a few minutes for the same certificates and host. Says in words what is wrong.
 */
public final class ServerTrust extends X509ExtendedTrustManager implements ResumableX509ExtendedTrustManager {
    private static final Duration VERIFIED_FOR = Duration.ofMinutes(5);
    private static final int MAX_VERIFIED = 1_024;

    private record Chain(String host, ByteBuffer digest) {}

    private final X509TrustManager paths;
    private final InstantSource clock;
    private final Consumer<String> resumed;
    private final ConcurrentHashMap<Chain, Instant> verifiedUntil = new ConcurrentHashMap<>();

    /**
     * @param resumed called with the host when a session is resumed, where only names and dates are verified again
     */
    public ServerTrust(TrustedRoots roots, InstantSource clock, Consumer<String> resumed)
            throws GeneralSecurityException {
        this.paths = paths(roots);
        this.clock = clock;
        this.resumed = resumed;
    }

    private static X509TrustManager paths(TrustedRoots roots) throws GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        try {
            store.load(null, null);
        } catch (IOException e) {
            throw new GeneralSecurityException("an empty key store", e);
        }
        int index = 0;
        for (X509Certificate root : roots.certificates()) {
            store.setCertificateEntry("root-" + index++, root);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager x509) {
                return x509;
            }
        }
        throw new GeneralSecurityException("the JDK has no X.509 trust manager");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        String host = host(engine);
        Chain key = new Chain(host, digest(chain));
        Instant now = clock.instant();
        Instant until = verifiedUntil.get(key);
        if (until != null && now.isBefore(until)) {
            return;
        }
        try {
            paths.checkServerTrusted(chain, authType);
        } catch (CertificateException e) {
            throw new UntrustedException(whyUntrusted(chain, host, now, e));
        }
        checkName(chain[0], host);
        remember(key, chain, now);
    }

    /** The path was verified with the session's own handshake; what may have changed since is the date. */
    @Override
    public void resumeServerTrusted(X509Certificate[] chain, SSLEngine engine) throws CertificateException {
        String host = host(engine);
        String outOfDate = outOfDate(chain[0], host, clock.instant());
        if (outOfDate != null) {
            throw new UntrustedException(outOfDate);
        }
        checkName(chain[0], host);
        resumed.accept(host);
    }

    private static String host(SSLEngine engine) throws CertificateException {
        String host = engine.getPeerHost();
        if (host == null) {
            throw new CertificateException("a handshake without a host to verify");
        }
        return host;
    }

    private static void checkName(X509Certificate leaf, String host) throws CertificateException {
        CertificateNames names = CertificateNames.of(leaf);
        if (!names.include(host)) {
            throw new UntrustedException("the certificate is for " + names.words() + ", not for " + host);
        }
    }

    private void remember(Chain key, X509Certificate[] chain, Instant now) {
        Instant until = now.plus(VERIFIED_FOR);
        for (X509Certificate certificate : chain) {
            Instant end = certificate.getNotAfter().toInstant();
            until = end.isBefore(until) ? end : until;
        }
        if (verifiedUntil.size() >= MAX_VERIFIED) {
            verifiedUntil.clear();
        }
        verifiedUntil.put(key, until);
    }

    private static ByteBuffer digest(X509Certificate[] chain) throws CertificateException {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            for (X509Certificate certificate : chain) {
                sha256.update(certificate.getEncoded());
            }
            return ByteBuffer.wrap(sha256.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new CertificateException("SHA-256", e);
        }
    }

    private static String whyUntrusted(X509Certificate[] chain, String host, Instant now, CertificateException cause) {
        String outOfDate = outOfDate(chain[0], host, now);
        if (outOfDate != null) {
            return outOfDate;
        }
        for (Throwable t = cause; t != null; t = t.getCause()) {
            if (t instanceof CertPathValidatorException path) {
                if (path.getReason() == BasicReason.EXPIRED) {
                    return "a certificate in the chain of " + host + " has expired";
                }
                if (path.getReason() == BasicReason.NOT_YET_VALID) {
                    return "a certificate in the chain of " + host + " is not valid yet";
                }
                if (path.getReason() == BasicReason.ALGORITHM_CONSTRAINED) {
                    return "the certificate of " + host + " relies on a weak algorithm or key";
                }
            }
        }
        if (isSelfSigned(chain[0])) {
            return "the certificate of " + host + " is self-signed";
        }
        X509Certificate last = chain[chain.length - 1];
        if (isUnknownIssuer(cause)) {
            return "the certificate of " + host + " was issued by an authority that is not trusted: "
                    + Printable.quote(last.getIssuerX500Principal().getName());
        }
        return "the certificate of " + host + " is not valid: " + Printable.quote(String.valueOf(cause.getMessage()));
    }

    private static boolean isUnknownIssuer(CertificateException cause) {
        for (Throwable t = cause; t != null; t = t.getCause()) {
            if (t instanceof CertPathBuilderException
                    || t instanceof CertPathValidatorException path && path.getReason() == PKIXReason.NO_TRUST_ANCHOR) {
                return true;
            }
        }
        return false;
    }

    private static @Nullable String outOfDate(X509Certificate leaf, String host, Instant now) {
        Instant from = leaf.getNotBefore().toInstant();
        Instant to = leaf.getNotAfter().toInstant();
        if (now.isAfter(to)) {
            return "the certificate of " + host + " expired on " + day(to);
        }
        return now.isBefore(from) ? "the certificate of " + host + " is not valid before " + day(from) : null;
    }

    private static String day(Instant instant) {
        return instant.atZone(ZoneOffset.UTC).toLocalDate().toString();
    }

    private static boolean isSelfSigned(X509Certificate certificate) {
        if (!certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
            return false;
        }
        try {
            certificate.verify(certificate.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0]; // a client sends no list
    }

    private static CertificateException unsupported() {
        return new CertificateException("only an engine that knows its host can be verified");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw unsupported();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        throw unsupported();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw unsupported();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        throw unsupported();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        throw unsupported();
    }

    @Override
    public void resumeClientTrusted(X509Certificate[] chain, SSLEngine engine) throws CertificateException {
        throw unsupported();
    }
}
