package egress.bench;

import egress.ca.Issuer;
import egress.ca.LeafCache;
import egress.server.tls.CaLeafCertificates;
import egress.share.Claimant;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ReferenceCountUtil;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a bumped connection costs before its handshake: for a host never seen, and for one that was. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 3, time = 3)
public class LeafBenchmark {
    private LeafCache cache;
    private CaLeafCertificates certificates;
    private long names;

    @Setup
    public void begin() {
        Issuer issuer = Issuer.mint(InstantSource.system(), new SecureRandom());
        cache = new LeafCache(issuer, Runnable::run, InstantSource.system(), LeafCache.DEFAULT_CAPACITY);
        certificates = new CaLeafCertificates(cache);
    }

    @TearDown
    public void end() {
        certificates.close();
        cache.close();
    }

    /** Mint a leaf and make an engine that serves it. */
    @Benchmark
    public void newHost() {
        engineFor("host-" + names++ + ".example");
    }

    /** An engine for a leaf in the cache. */
    @Benchmark
    public void knownHost() {
        engineFor("api.example");
    }

    private void engineFor(String host) {
        SSLEngine engine = certificates
                .prepare(Claimant.SELF, host)
                .toCompletableFuture()
                .join()
                .newEngine(ByteBufAllocator.DEFAULT);
        ReferenceCountUtil.release(engine);
    }
}
