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
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
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
            secrets.add(drawn(random, 40).getBytes(StandardCharsets.US_ASCII));
        }
        scanner = new BuiltInScanner(secrets, new byte[32], Runnable::run);
        byte[] bytes = of(random).getBytes(StandardCharsets.UTF_8);
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

    private String of(Random random) {
        return switch (body) {
            case "conversation" -> conversation(random);
            case "records" -> records(random);
            default -> image(random);
        };
    }

    private String conversation(Random random) {
        String[] words =
                ("the model should return a list of files and then summarise changes in each function which handles requests "
                                + "from upstream with care because latency matters and the token or key must not be logged")
                        .split(" ", -1);
        StringBuilder out = new StringBuilder(
                "{\"model\":\"m\",\"max_tokens\":4096,\"messages\":[{\"role\":\"user\",\"content\":\"go\"}");
        while (out.length() < size - 2) {
            out.append(",{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"");
            for (int i = 0; i < 60; i++) {
                out.append(words[random.nextInt(words.length)]).append(i % 15 == 14 ? ".\\n" : " ");
            }
            out.append("\"},{\"type\":\"tool_use\",\"id\":\"toolu_01").append(drawn(random, 22));
            out.append("\",\"name\":\"read_file\",\"input\":{\"path\":\"src/main/App.java\",\"offset\":")
                    .append(random.nextInt(900));
            out.append("}}]}");
        }
        return out + "]}";
    }

    private String records(Random random) {
        StringBuilder out = new StringBuilder("[{}");
        while (out.length() < size - 1) {
            out.append(",{\"id\":").append(random.nextInt(100_000)).append(",\"uuid\":\"");
            out.append(new UUID(random.nextLong(), random.nextLong())).append("\",\"name\":\"Item\",\"price\":12.5,");
            out.append(
                    "\"tags\":[\"alpha\",\"beta\"],\"created_at\":\"2025-11-03T12:30:00Z\",\"active\":true,\"parent\":null}");
        }
        return out + "]";
    }

    private String image(Random random) {
        byte[] bytes = new byte[Math.max(0, size - 150) * 3 / 4];
        random.nextBytes(bytes);
        return "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\","
                + "\"data\":\"iVBORw0KGgo" + Base64.getEncoder().encodeToString(bytes) + "\"}}]}]}";
    }

    private static String drawn(Random random, int n) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < n; i++) {
            out.append("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789".charAt(random.nextInt(57)));
        }
        return out.toString();
    }
}
