package egress.server.tls;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslCachingX509KeyManagerFactory;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProtocols;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.netty.handler.ssl.util.SimpleKeyManagerFactory;
import java.net.Socket;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** How the gate speaks TLS to its callers. */
final class ServerTlsContexts {
    /** With an ECDSA leaf no other suites of TLS 1.2 could be negotiated; all of them have forward secrecy and authenticated encryption. */
    private static final List<String> CIPHER_SUITES = List.of(
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");

    /** Only callers without session tickets need the server to remember; the library's own default is twenty times as many. */
    private static final int SESSION_CACHE = 1024;

    private static final String REJECT_RENEGOTIATION = "jdk.tls.rejectClientInitiatedRenegotiation";

    private ServerTlsContexts() {}

    /** The provider to use, loading the native library if that has not been tried. */
    static SslProvider preferred() {
        return OpenSsl.isAvailable() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK;
    }

    /**
     * One context for every name.
     *
     * @param keys finds the leaf of an engine
     * @param nativeCapacity leaves whose native form is kept; must be larger than what {@code keys} knows, so that forgotten ones make room
     */
    static SslContext build(SslProvider provider, LeafKeyManager keys, int nativeCapacity) throws SSLException {
        KeyManagerFactory factory = new OneKeyManager(keys);
        if (provider == SslProvider.JDK) {
            // BoringSSL never renegotiates as a server; the JDK does unless this is set before its first use of TLS.
            if (System.getProperty(REJECT_RENEGOTIATION) == null) {
                System.setProperty(REJECT_RENEGOTIATION, "true");
            }
        } else {
            // Without it every handshake parses certificate and key anew, a fifth of its cost.
            factory = new OpenSslCachingX509KeyManagerFactory(factory, nativeCapacity);
        }
        return SslContextBuilder.forServer(factory)
                .sslProvider(provider)
                .trustManager(new NobodyTrusted())
                .clientAuth(ClientAuth.NONE)
                .protocols(SslProtocols.TLS_v1_3, SslProtocols.TLS_v1_2)
                .ciphers(CIPHER_SUITES, SupportedCipherSuiteFilter.INSTANCE)
                // No common protocol: the extension is left out of the answer, and the connection is HTTP/1.1 (never
                // HTTP/2 unasked).
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_2,
                        ApplicationProtocolNames.HTTP_1_1))
                .sessionCacheSize(SESSION_CACHE)
                .build();
    }

    private static final class OneKeyManager extends SimpleKeyManagerFactory {
        private final KeyManager manager;

        OneKeyManager(KeyManager manager) {
            this.manager = manager;
        }

        @Override
        protected void engineInit(@Nullable KeyStore store, char @Nullable [] password) {}

        @Override
        protected void engineInit(@Nullable ManagerFactoryParameters parameters) {}

        @Override
        protected KeyManager[] engineGetKeyManagers() {
            return new KeyManager[] {manager};
        }
    }

    /** No client certificate is asked for; one that comes all the same is refused. It also spares the loading of the JDK's authorities. */
    private static final class NobodyTrusted extends X509ExtendedTrustManager {
        private static CertificateException refusal() {
            return new CertificateException("the gate takes no client certificates");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw refusal();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
                throws CertificateException {
            throw refusal();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
                throws CertificateException {
            throw refusal();
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw refusal();
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
                throws CertificateException {
            throw refusal();
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
                throws CertificateException {
            throw refusal();
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
