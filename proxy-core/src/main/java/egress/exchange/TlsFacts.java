package egress.exchange;

import io.netty.handler.ssl.SslHandler;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** What a TLS handshake agreed on. One object for a connection, so that what is made of it can be kept beside it. */
public final class TlsFacts {
    private final String version;
    private final String cipher;
    private final String protocol;
    private final @Nullable X509Certificate certificate;

    private TlsFacts(String version, String cipher, String protocol, @Nullable X509Certificate certificate) {
        this.version = version;
        this.cipher = cipher;
        this.protocol = protocol;
        this.certificate = certificate;
    }

    /** Of a handshake with a caller, who shows no certificate. */
    public static TlsFacts ofCaller(SslHandler handler) {
        return of(handler, null);
    }

    /** Of a handshake with an origin; a session that was resumed may not know the certificate any more. */
    public static TlsFacts ofOrigin(SslHandler handler) {
        SSLSession session = handler.engine().getSession();
        X509Certificate shown = null;
        try {
            Certificate[] chain = session.getPeerCertificates();
            shown = chain.length > 0 && chain[0] instanceof X509Certificate leaf ? leaf : null;
        } catch (SSLPeerUnverifiedException e) {
            // resumed: nothing was shown
        }
        return of(handler, shown);
    }

    private static TlsFacts of(SslHandler handler, @Nullable X509Certificate certificate) {
        SSLSession session = handler.engine().getSession();
        String chosen = handler.applicationProtocol();
        return new TlsFacts(session.getProtocol(), session.getCipherSuite(), chosen == null ? "" : chosen, certificate);
    }

    /** Such as {@code TLSv1.3}. */
    public String version() {
        return version;
    }

    /** By its name in the RFCs. */
    public String cipher() {
        return cipher;
    }

    /** That was chosen by ALPN (RFC 7301); empty where none was. */
    public String protocol() {
        return protocol;
    }

    /** The peer's own. */
    public @Nullable X509Certificate certificate() {
        return certificate;
    }
}
