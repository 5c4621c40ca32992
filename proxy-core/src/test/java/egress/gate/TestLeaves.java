package egress.gate;

import egress.share.Claimant;
import egress.testkit.TestCa;
import egress.testkit.TestLeaf;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProtocols;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLException;

/** Leaves of a test's authority: one for each name that is asked for, kept for the life of the gate, with a TLS context of its own. */
final class TestLeaves implements Leaves {
    private final TestCa ca = TestCa.create("gate");
    private final ExecutorService signing = Executors.newFixedThreadPool(2);
    private final Map<String, CompletableFuture<SslContext>> contexts = new ConcurrentHashMap<>();

    @Override
    public X509Certificate authority() {
        return ca.certificate();
    }

    @Override
    public CompletionStage<ServerTls> prepare(Claimant who, String name) {
        return contexts.computeIfAbsent(name, wanted -> CompletableFuture.supplyAsync(() -> context(wanted), signing))
                .thenApply(context -> context::newEngine);
    }

    private SslContext context(String name) {
        TestLeaf leaf = ca.leaf(name.startsWith("[") ? name.substring(1, name.length() - 1) : name);
        try {
            return SslContextBuilder.forServer(leaf.key(), leaf.chain())
                    .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK)
                    .protocols(SslProtocols.TLS_v1_3, SslProtocols.TLS_v1_2)
                    .applicationProtocolConfig(new ApplicationProtocolConfig(
                            Protocol.ALPN,
                            SelectorFailureBehavior.NO_ADVERTISE,
                            SelectedListenerFailureBehavior.ACCEPT,
                            ApplicationProtocolNames.HTTP_2,
                            ApplicationProtocolNames.HTTP_1_1))
                    .build();
        } catch (SSLException e) {
            throw new CompletionException(e);
        }
    }

    @Override
    public void close() {
        signing.close();
        contexts.values().stream()
                .filter(made -> !made.isCompletedExceptionally())
                .forEach(made -> ReferenceCountUtil.release(made.join()));
    }
}
