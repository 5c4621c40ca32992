package egress.testkit;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.stream.Collectors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

/**
 * A leaf certificate with its key, ready to serve.
 *
 * @param chain the leaf first, without the root
 */
public record TestLeaf(List<X509Certificate> chain, PrivateKey key) {
    public TestLeaf {
        chain = List.copyOf(chain);
    }

    /** A JDK context that serves this certificate. */
    public SSLContext serverContext() {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("leaf", key, new char[0], chain.toArray(X509Certificate[]::new));
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(store, new char[0]);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A Netty server context on the JDK's TLS that serves this certificate and offers what {@code alpn} says. */
    public SslContext nettyServerContext(Alpn alpn) throws SSLException {
        SslContextBuilder builder = SslContextBuilder.forServer(key, chain).sslProvider(SslProvider.JDK);
        if (!alpn.protocols().isEmpty()) {
            builder.applicationProtocolConfig(new ApplicationProtocolConfig(
                    Protocol.ALPN,
                    SelectorFailureBehavior.NO_ADVERTISE,
                    SelectedListenerFailureBehavior.ACCEPT,
                    alpn.protocols()));
        }
        return builder.build();
    }

    /** Writes the chain as PEM and returns the file. */
    public Path writeChain(Path file) throws IOException {
        return Files.writeString(file, chain.stream().map(TestCa::pem).collect(Collectors.joining()));
    }

    /** Writes the key as PKCS#8 PEM and returns the file. */
    public Path writeKey(Path file) throws IOException {
        return Files.writeString(file, TestCa.pem("PRIVATE KEY", key.getEncoded()));
    }
}
