package egress.bench;

import egress.dlp.BodySource;
import egress.dlp.Detector;
import egress.dlp.HeaderField;
import egress.dlp.Profile;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.builtin.BuiltInScanner;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the built-in scanner costs a clean request, head and body, with every default detector and five known secrets. The goal is 150
 * MB/s on 100 KiB (683 µs) and 40 µs on 2 KiB. {@code java -jar benchmarks.jar ScannerBenchmark}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 1,
        jvmArgsAppend = {"-XX:+UseSerialGC", "-Xmx256m"})
public class ScannerBenchmark {
    private static final List<HeaderField> FIELDS = List.of(
            new HeaderField("content-type", "application/json"),
            new HeaderField("accept", "application/json"),
            new HeaderField("user-agent", "anthropic-sdk-python/0.39.0"),
            new HeaderField("anthropic-version", "2023-06-01"),
            new HeaderField("accept-encoding", "gzip, deflate"),
            new HeaderField("authorization", "Bearer placeholder"));

    /** What the body is: a conversation with a model, records with ids and times, or an image in base64. */
    @Param({"conversation", "records", "image"})
    public String body = "conversation";

    /** Bytes of the body. */
    @Param({"2048", "102400"})
    public int size = 2048;

    /** Groups besides those that are on; the cost of each is the difference to {@code none}. */
    @Param({"none", "wallet_addresses", "personal_data", "strict"})
    public String groups = "none";

    private BuiltInScanner scanner;
    private ScanRequest request;

    public ScannerBenchmark() {
        scanner = new BuiltInScanner(List.of(), new byte[32], Runnable::run);
        request = ScanRequest.head("api.anthropic.com", "GET", "/", List.of(), ScanOptions.defaults());
    }

    @Setup
    public void setUp() {
        Random random = new Random(11);
        List<byte[]> secrets = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            secrets.add(CleanBodies.drawn(random, 40).getBytes(StandardCharsets.US_ASCII));
        }
        scanner = new BuiltInScanner(secrets, new byte[32], Runnable::run);
        byte[] bytes = CleanBodies.of(body, random, size).getBytes(StandardCharsets.UTF_8);
        request = new ScanRequest(
                "api.anthropic.com",
                "POST",
                "/v1/messages?beta=true",
                FIELDS,
                BodySource.of(bytes),
                List.of(),
                options());
        if (!(scanner.scanNow(request) instanceof ScanVerdict.Clean)) {
            throw new IllegalStateException(body + ": not clean (expected: clean)");
        }
    }

    private ScanOptions options() {
        ScanOptions defaults = ScanOptions.defaults();
        if (groups.equals("strict")) {
            return defaults.withProfile(Profile.STRICT);
        }
        Set<Detector> blocking = new HashSet<>(defaults.blocking());
        Detector.of(Detector.Direction.OUTBOUND).stream()
                .filter(each -> each.label().equals(groups))
                .forEach(blocking::add);
        return new ScanOptions(blocking, defaults.warning(), false, Set.of(), defaults.profile(), defaults.everyHit());
    }

    @Benchmark
    public ScanVerdict scan() {
        return scanner.scanNow(request);
    }
}
