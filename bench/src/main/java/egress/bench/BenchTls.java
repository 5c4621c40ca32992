package egress.bench;

import egress.ca.Issuer;
import egress.ca.LeafCertificate;
import egress.ca.TrustStores;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.File;
import java.security.SecureRandom;
import java.time.InstantSource;
import javax.net.ssl.SSLException;

/** TLS of the origins that are relayed to, and of who asks: BoringSSL, as the gate's. */
final class BenchTls {
    private final Issuer authority = Issuer.mint(InstantSource.system(), new SecureRandom());

    /** What the gate verifies these origins by. */
    byte[] authorityPem() {
        return new TrustStores(authority.certificate()).pem();
    }

    SslContext origin(String host, String protocol) throws SSLException {
        LeafCertificate leaf = authority.issue(host);
        return SslContextBuilder.forServer(leaf.privateKey(), leaf.chain())
                .sslProvider(SslProvider.OPENSSL)
                .applicationProtocolConfig(alpn(protocol))
                .build();
    }

    /** Trusts these origins; or, with a file, the gate that wrote its certificate there. */
    SslContext client(File gate, String protocol) throws SSLException {
        SslContextBuilder builder = SslContextBuilder.forClient()
                .sslProvider(SslProvider.OPENSSL)
                .applicationProtocolConfig(alpn(protocol));
        return gate.exists()
                ? builder.trustManager(gate).build()
                : builder.trustManager(authority.certificate()).build();
    }

    private static ApplicationProtocolConfig alpn(String protocol) {
        return new ApplicationProtocolConfig(
                Protocol.ALPN, SelectorFailureBehavior.NO_ADVERTISE, SelectedListenerFailureBehavior.ACCEPT, protocol);
    }
}
