package egress.server.flows;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Flows to test with. */
final class Flows {
    private Flows() {}

    /** An exchange with these bodies. */
    static Flow exchange(long id, byte[] request, byte[] response) {
        return new Flow(
                id,
                "scan",
                Instant.parse("2026-01-02T03:04:05.678901Z"),
                new Flow.Client("127.0.0.1:4711", null),
                null,
                new Flow.Request(
                        "POST",
                        "https",
                        "api.example",
                        443,
                        "/v1/x?y=" + id,
                        "HTTP/1.1",
                        List.of(new Flow.Field("Host", "api.example")),
                        body(request),
                        List.of()),
                new Flow.Response(
                        200, "OK", List.of(new Flow.Field("content-type", "text/plain")), body(response), List.of()),
                new Flow.Decision("allowed", null, "api.example", null, null, false),
                new Flow.Connection("203.0.113.7:443", "HTTP/2.0", true),
                new Flow.Timings(Map.of("last_byte", 1_234L)),
                List.of(),
                List.of());
    }

    private static FlowBody body(byte[] bytes) {
        return new FlowBody(bytes.length, false, bytes, false);
    }

    /** A flow of any shape, with text that JSON has to escape. */
    static Flow random(RandomGenerator random) {
        return random.nextInt(5) == 0 ? hello(random) : exchange(random);
    }

    private static Flow hello(RandomGenerator random) {
        return new Flow(
                0,
                text(random),
                time(random),
                new Flow.Client(text(random), random.nextBoolean() ? null : text(random)),
                new Flow.Hello(
                        "host.example",
                        random.nextInt(65_536),
                        random.nextBoolean() ? null : "sni.example",
                        List.of("h2")),
                null,
                null,
                new Flow.Decision("pending", null, null, null, null, false),
                Flow.Connection.NONE,
                Flow.Timings.NONE,
                List.of(),
                List.of());
    }

    private static Flow exchange(RandomGenerator random) {
        Map<String, Long> micros = new LinkedHashMap<>();
        micros.put("verdict", random.nextLong(1_000_000_000L));
        micros.put("last_byte", random.nextLong(10_000_000_000L));
        boolean answered = random.nextInt(4) > 0;
        return new Flow(
                random.nextLong(1L << 40),
                text(random),
                time(random),
                new Flow.Client("[::1]:1", random.nextBoolean() ? null : text(random), tls(random)),
                null,
                new Flow.Request(
                        "M-" + random.nextInt(10),
                        "http",
                        "h.example",
                        80,
                        "/" + text(random),
                        "HTTP/2.0",
                        fields(random),
                        randomBody(random),
                        fields(random)),
                answered
                        ? new Flow.Response(204, text(random), fields(random), randomBody(random), fields(random))
                        : null,
                new Flow.Decision(
                        "denied", "code", optional(random), optional(random), optional(random), random.nextBoolean()),
                random.nextBoolean()
                        ? Flow.Connection.NONE
                        : new Flow.Connection("a:1", optional(random), random.nextBoolean(), tls(random)),
                new Flow.Timings(micros),
                List.of(new Flow.Finding(text(random), "body", "f00", "warned")),
                List.of(new Flow.Message(
                        random.nextBoolean(), random.nextBoolean(), random.nextLong(1_000_000), randomBody(random))));
    }

    private static Flow.@Nullable Tls tls(RandomGenerator random) {
        return random.nextBoolean()
                ? null
                : new Flow.Tls(
                        "TLSv1.3",
                        text(random),
                        optional(random),
                        random.nextBoolean()
                                ? null
                                : new Flow.Certificate(
                                        text(random),
                                        text(random),
                                        time(random),
                                        time(random),
                                        List.of(text(random), "a.example"),
                                        random.nextInt(3),
                                        "00ff"));
    }

    private static @Nullable String optional(RandomGenerator random) {
        return random.nextBoolean() ? null : text(random);
    }

    private static List<Flow.Field> fields(RandomGenerator random) {
        return random.ints(random.nextInt(4), 0, 10)
                .mapToObj(i -> new Flow.Field("name-" + i, text(random)))
                .toList();
    }

    private static Instant time(RandomGenerator random) {
        return Instant.ofEpochSecond(random.nextLong(4_000_000_000L), 1_000L * random.nextInt(1_000_000));
    }

    private static String text(RandomGenerator random) {
        StringBuilder text = new StringBuilder("t");
        for (int i = random.nextInt(12); i > 0; i--) {
            text.append((char) random.nextInt(0x100));
        }
        return text.toString();
    }

    private static FlowBody randomBody(RandomGenerator random) {
        boolean text = random.nextBoolean();
        byte[] bytes = text
                ? ("{\"tëxt\": \"\u0001\ud83d\ude00" + random.nextLong() + "\"}").getBytes(UTF_8)
                : new byte[1 + random.nextInt(300)];
        if (bytes[0] == 0) {
            random.nextBytes(bytes);
        }
        return random.nextInt(5) == 0
                ? FlowBody.EMPTY
                : new FlowBody(
                        bytes.length + (long) random.nextInt(3),
                        text && random.nextBoolean(), // other bytes may end within a character, which is left out then
                        bytes,
                        random.nextBoolean());
    }
}
