package egress.upstream;

import static egress.upstream.TestExchange.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.exchange.Failure;
import egress.upstream.tls.BadTrustFile;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A file of trusted certificates that was named and cannot be read. */
class TrustFileTest extends TlsFixture {
    @ParameterizedTest
    @EnumSource
    void nothingIsTrustedWhereTheNamedFileCannotBeRead(BadTrustFile kind) throws Exception {
        Path file = kind.writeIn(folder, caPem);
        UpstreamConfig config = Rig.pinnedTo(1).withExtraTrust(List.of(file));
        try (RawOrigin origin = RawOrigin.tls(CA.issue("api.example").serverContext(), connection -> {});
                Rig rig = new Rig(
                        config.withConnectTo(List.of(ConnectTo.parse("::127.0.0.1:" + origin.port()))),
                        SslProvider.OPENSSL_REFCNT)) {
            assertThat(rig.tls(get()).failure()).isInstanceOf(Failure.UpstreamUntrusted.class);
            assertThatThrownBy(() ->
                            rig.upstreams.trustedRoots().toCompletableFuture().get(20, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class);
        }
    }
}
