package egress.dlp.pipelock;

import egress.dlp.BodySource;
import egress.dlp.HeaderField;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.testkit.FreePort;
import egress.testkit.pipelock.PipelockRow;
import egress.testkit.pipelock.PipelockServer;
import egress.testkit.pipelock.PipelockServer.Listener;
import egress.testkit.pipelock.RealPipelock;
import egress.testkit.pipelock.RecordedPipelock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** A pipelock on loopback, recorded or real, and scanners that ask it. */
final class Bench implements AutoCloseable {
    static final String TOKEN = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";

    private final InetSocketAddress sink;
    private final PipelockServer pipelock;

    private Bench(InetSocketAddress sink, PipelockServer pipelock) {
        this.sink = sink;
        this.pipelock = pipelock;
    }

    /** Which pipelock. */
    enum Kind {
        RECORDED,
        REAL
    }

    static Bench of(Kind kind, Path directory) throws IOException, InterruptedException {
        InetSocketAddress sink = freeAddress();
        return new Bench(
                sink,
                switch (kind) {
                    case RECORDED -> RecordedPipelock.start(sink);
                    case REAL -> RealPipelock.start(sink, directory);
                });
    }

    /** The real one with other settings. */
    static Bench real(Path directory, String settings) throws IOException, InterruptedException {
        InetSocketAddress sink = freeAddress();
        return new Bench(sink, RealPipelock.start(sink, directory, settings));
    }

    PipelockServer pipelock() {
        return pipelock;
    }

    RecordedPipelock recorded() {
        return (RecordedPipelock) pipelock;
    }

    PipelockScanner scanner(PipelockMode way) throws IOException {
        return scanner(way, settings -> settings);
    }

    PipelockScanner scanner(PipelockMode way, UnaryOperator<PipelockSettings> with) throws IOException {
        Listener listener = switch (way) {
            case SINK -> Listener.REVERSE;
            case SCAN -> Listener.SCAN;
            case FORWARD -> Listener.FORWARD;
        };
        PipelockSettings settings = PipelockSettings.of(way, pipelock.uri(listener), PipelockServer.TOKEN)
                .withSink(sink)
                .withTimeout(Duration.ofSeconds(10));
        return PipelockScanner.start(with.apply(settings), new SecureRandom());
    }

    UnaryOperator<PipelockSettings> withScan() {
        return settings -> settings.withScan(pipelock.uri(Listener.SCAN));
    }

    static ScanVerdict ask(PipelockScanner scanner, ScanRequest request) {
        return scanner.scan(request).toCompletableFuture().join();
    }

    static ScanRequest request(PipelockRow row, String host) {
        return new ScanRequest(
                host,
                row.method(),
                row.target(),
                row.fields().stream()
                        .map(f -> new HeaderField(f.name(), f.value()))
                        .toList(),
                BodySource.of(row.body().getBytes(StandardCharsets.ISO_8859_1)),
                List.of(),
                ScanOptions.defaults());
    }

    static ScanRequest get(String target, String... fields) {
        return new ScanRequest(
                "localhost", "GET", target, fields(fields), BodySource.empty(), List.of(), ScanOptions.defaults());
    }

    static ScanRequest post(String type, String body) {
        return post(type, body.getBytes(StandardCharsets.UTF_8));
    }

    static ScanRequest post(String type, byte[] body, String... more) {
        String[] fields = new String[more.length + 2];
        fields[0] = "Content-Type";
        fields[1] = type;
        System.arraycopy(more, 0, fields, 2, more.length);
        return new ScanRequest(
                "localhost",
                "POST",
                "/v1/messages",
                fields(fields),
                BodySource.of(body),
                List.of(),
                ScanOptions.defaults());
    }

    static ScanRequest withTrailers(ScanRequest request, String... trailers) {
        return new ScanRequest(
                request.host(),
                request.method(),
                request.target(),
                request.fields(),
                request.body(),
                fields(trailers),
                request.options());
    }

    static List<HeaderField> fields(String... namesAndValues) {
        List<HeaderField> out = new ArrayList<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            out.add(new HeaderField(namesAndValues[i], namesAndValues[i + 1]));
        }
        return out;
    }

    private static InetSocketAddress freeAddress() throws IOException {
        return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), FreePort.find());
    }

    @Override
    public void close() throws IOException {
        pipelock.close();
    }
}
