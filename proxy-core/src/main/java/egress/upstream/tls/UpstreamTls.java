package egress.upstream.tls;

import egress.exchange.Failure;
import egress.http.Printable;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executor;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * TLS 1.2 and 1.3 towards origins: BoringSSL where it loads, the JDK's elsewhere and for {@link JdkOrigins}, by the same trust and
 * with the same protocols. The certificate is verified for the
 * host off the event loop, SNI is sent for names alone (RFC 6066 §3), sessions are resumed for the same host and port.
 */
public final class UpstreamTls {
    /** What is offered by ALPN (RFC 7301). */
    public enum Alpn {
        H2_AND_H1,
        H1;

        private List<String> names() {
            return switch (this) {
                case H2_AND_H1 -> List.of("h2", "http/1.1");
                case H1 -> List.of("http/1.1");
            };
        }
    }

    private static final long SESSION_SECONDS = 600;
    private static final long SESSIONS = 1_024;

    private final ServerTrust trust;
    private final JdkOrigins jdkOrigins;
    private final SslContext any;
    private final SslContext http1;
    private final Map<Alpn, SslContext> ofJdk = new EnumMap<>(Alpn.class); // guarded by itself; made when first needed
    private final Executor verifier;
    private final Duration handshakeTimeout;

    /**
     * @param verifier runs certificate verification
     */
    public UpstreamTls(
            SslProvider provider, ServerTrust trust, InstantSource clock, Executor verifier, Duration handshakeTimeout)
            throws SSLException {
        this.trust = trust;
        this.jdkOrigins = new JdkOrigins(clock);
        this.any = context(provider, trust, Alpn.H2_AND_H1);
        this.http1 = context(provider, trust, Alpn.H1);
        this.verifier = verifier;
        this.handshakeTimeout = handshakeTimeout;
    }

    public static SslProvider bestProvider() {
        // Counted references rather than finalizers free what is native: handshakes make much of it.
        return OpenSsl.isAvailable() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK;
    }

    private static SslContext context(SslProvider provider, ServerTrust trust, Alpn alpn) throws SSLException {
        return SslContextBuilder.forClient()
                .sslProvider(provider)
                .trustManager(trust)
                .endpointIdentificationAlgorithm("HTTPS")
                .protocols("TLSv1.3", "TLSv1.2")
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        ApplicationProtocolConfig.Protocol.ALPN,
                        ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                        alpn.names()))
                .sessionCacheSize(SESSIONS)
                .sessionTimeout(SESSION_SECONDS)
                .build();
    }

    /** A handler for one connection to the host. */
    public SslHandler handler(ByteBufAllocator alloc, String host, int port, Alpn alpn) {
        SslHandler handler = context(host, port, alpn).newHandler(alloc, host, port, verifier);
        if (NetUtil.createByteArrayFromIpAddressString(host) == null) {
            // Netty sends none for names of one label, such as those of a container network.
            SNIHostName name = serverName(host);
            if (name != null) {
                SSLParameters parameters = handler.engine().getSSLParameters();
                parameters.setServerNames(List.of(name));
                handler.engine().setSSLParameters(parameters);
            }
        }
        handler.setHandshakeTimeoutMillis(handshakeTimeout.toMillis());
        handler.setCloseNotifyFlushTimeoutMillis(1_000);
        return handler;
    }

    private SslContext context(String host, int port, Alpn alpn) {
        if (jdkOrigins.has(host, port)) {
            synchronized (ofJdk) {
                return ofJdk.computeIfAbsent(alpn, each -> {
                    try {
                        return context(SslProvider.JDK, trust, each);
                    } catch (SSLException e) {
                        throw new IllegalStateException(e); // what the machine can do was seen at the start
                    }
                });
            }
        }
        return switch (alpn) {
            case H2_AND_H1 -> any;
            case H1 -> http1;
        };
    }

    /** What may help after a handshake that failed; remembers what it is. */
    public TlsListener.Remedy remedy(SslHandler handler, String host, int port, Throwable cause) {
        if (isNoApplicationProtocol(cause)) {
            return TlsListener.Remedy.OTHER_PROTOCOL;
        }
        if (!(handler.engine() instanceof ReferenceCountedOpenSslEngine) || !TlsWords.isNothingInCommon(cause)) {
            return TlsListener.Remedy.NONE;
        }
        jdkOrigins.add(host, port);
        return TlsListener.Remedy.ONCE_MORE;
    }

    private static @Nullable SNIHostName serverName(String host) {
        try {
            return new SNIHostName(host);
        } catch (IllegalArgumentException e) {
            return null; // no valid SNI host name, such as one with an underscore
        }
    }

    /** No further handler; those in use keep what they need. */
    public void release() {
        ReferenceCountUtil.release(any);
        ReferenceCountUtil.release(http1);
    }

    /** Whether the origin speaks none of the protocols offered (RFC 7301 §3.2). */
    static boolean isNoApplicationProtocol(Throwable cause) {
        for (Throwable t = cause; t != null; t = t.getCause()) {
            String message = t.getMessage();
            if (message != null && message.toLowerCase(Locale.ROOT).contains("no_application_protocol")) {
                return true;
            }
        }
        return false;
    }

    /** What a failed handshake means. */
    public static Failure failure(String host, Throwable cause) {
        for (Throwable t = cause; t != null; t = t.getCause()) {
            if (t instanceof UntrustedException untrusted) {
                return new Failure.UpstreamUntrusted(String.valueOf(untrusted.getMessage()));
            }
            if (t instanceof IOException && !(t instanceof SSLException)) { // also below "failure when writing"
                return new Failure.UpstreamUnreachable(host + " closed the connection during the TLS handshake");
            }
        }
        if (cause instanceof SslHandshakeTimeoutException) {
            return new Failure.UpstreamTimedOut("the TLS handshake with " + host + " took too long");
        }
        Throwable root = cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
        if (root instanceof SSLException || root instanceof GeneralSecurityException) {
            return new Failure.UpstreamUntrusted("TLS with " + host + " failed: " + TlsWords.of(root));
        }
        return new Failure.UpstreamUnreachable(
                "TLS with " + host + " failed: " + Printable.quote(String.valueOf(root.getMessage())));
    }
}
