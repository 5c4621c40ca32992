package egress.bench;

import egress.dlp.BodySource;
import egress.dlp.HeaderField;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.pipelock.PipelockMode;
import egress.dlp.pipelock.PipelockScanner;
import egress.dlp.pipelock.PipelockSettings;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;

/**
 * What a verdict of a running pipelock costs by the sink way, beside asking the same pipelock directly over one kept-alive connection
 * as curl does. A 1 KiB JSON POST, one at a time; the two take turns, so that both see the same machine.
 */
public final class PipelockLatency {
    private static final int ROUNDS = 10;
    private static final int QUESTIONS = 500;
    private static final int WARM_UP_ROUNDS = 6;

    private PipelockLatency() {}

    /** Arguments: its reverse proxy, such as {@code http://127.0.0.1:8890}; host and port of that proxy's upstream, where our sink listens. */
    public static void main(String[] args) throws IOException {
        if (args.length != 3) {
            throw new IllegalArgumentException(
                    "arguments: " + args.length + " (expected: reverse proxy URL, sink host, sink port)");
        }
        URI base = URI.create(args[0]);
        InetSocketAddress sink = new InetSocketAddress(args[1], Integer.parseInt(args[2]));
        byte[] body = body();
        try (PipelockScanner scanner = PipelockScanner.start(
                        PipelockSettings.of(PipelockMode.SINK, base, null).withSink(sink), new SecureRandom());
                Direct direct = new Direct(base, body)) {
            ScanRequest request = request(body);
            long[] asked = new long[ROUNDS * QUESTIONS];
            long[] straight = new long[ROUNDS * QUESTIONS];
            for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
                for (int i = 0; i < QUESTIONS; i++) {
                    long start = System.nanoTime();
                    direct.ask();
                    long between = System.nanoTime();
                    check(scanner.scan(request).toCompletableFuture().join());
                    long end = System.nanoTime();
                    if (round >= 0) {
                        straight[round * QUESTIONS + i] = between - start;
                        asked[round * QUESTIONS + i] = end - between;
                    }
                }
            }
            report("asked directly, kept alive", straight);
            report("scanner, sink way", asked);
        }
    }

    private static void check(ScanVerdict verdict) {
        if (!(verdict instanceof ScanVerdict.Clean)) {
            throw new IllegalStateException("verdict: " + verdict + " (expected: clean)");
        }
    }

    private static void report(String what, long[] nanos) {
        Arrays.sort(nanos);
        System.out.printf(
                "%-28s p50 %6.0f us   p90 %6.0f us   p99 %6.0f us%n",
                what,
                nanos[nanos.length / 2] / 1e3,
                nanos[nanos.length * 9 / 10] / 1e3,
                nanos[nanos.length * 99 / 100] / 1e3);
    }

    private static byte[] body() {
        String prompt = "Explain what the function does and suggest a clearer name for each of its parameters. ";
        String json = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt.repeat(11) + "\"}]}";
        return json.getBytes(StandardCharsets.US_ASCII);
    }

    private static ScanRequest request(byte[] body) {
        List<HeaderField> fields = List.of(
                new HeaderField("Host", "api.anthropic.com"),
                new HeaderField("User-Agent", "curl/8.5.0"),
                new HeaderField("Accept", "*/*"),
                new HeaderField("Content-Type", "application/json"),
                new HeaderField("Content-Length", Integer.toString(body.length)));
        return new ScanRequest(
                "api.anthropic.com",
                "POST",
                "/v1/messages",
                fields,
                BodySource.of(body),
                List.of(),
                ScanOptions.defaults());
    }

    /** One kept-alive connection, blocking, without anything around it. */
    private static final class Direct implements AutoCloseable {
        private final Socket socket;
        private final InputStream in;
        private final byte[] question;

        Direct(URI base, byte[] body) throws IOException {
            socket = new Socket(base.getHost(), base.getPort());
            socket.setTcpNoDelay(true);
            in = new BufferedInputStream(socket.getInputStream());
            String head = "POST /v1/messages HTTP/1.1\r\nHost: " + base.getAuthority()
                    + "\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\nContent-Type: application/json\r\nContent-Length: "
                    + body.length + "\r\n\r\n";
            byte[] start = head.getBytes(StandardCharsets.US_ASCII);
            question = Arrays.copyOf(start, start.length + body.length);
            System.arraycopy(body, 0, question, start.length, body.length);
        }

        /** The sink answers a question that it does not know without a body, so the head is all there is to read. */
        void ask() throws IOException {
            socket.getOutputStream().write(question);
            int matched = 0;
            while (matched < 4) {
                int b = in.read();
                if (b < 0) {
                    throw new IOException("pipelock closed the connection");
                }
                boolean carriageReturn = matched % 2 == 0;
                matched = b == (carriageReturn ? '\r' : '\n') ? matched + 1 : b == '\r' ? 1 : 0;
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
