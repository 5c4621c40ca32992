package egress.server.trace;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import egress.server.ProxyUnderTest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Takes spans by OTLP over HTTP on a port of loopback, and decodes them with the protocol's own classes. */
final class OtlpReceiver implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Export> exports = new ArrayList<>();
    private volatile int status = 200;
    private volatile CountDownLatch gate = new CountDownLatch(0);

    /** One export: its head and what it held. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Export(String path, Map<String, List<String>> head, byte[] body, List<ResourceSpans> spans) {
        @Nullable
        String value(String name) {
            List<String> values = head.get(name);
            return values == null ? null : String.join(",", values);
        }
    }

    private OtlpReceiver(HttpServer server) {
        this.server = server;
        server.createContext("/", this::serve);
        server.setExecutor(threads);
        server.start();
    }

    static OtlpReceiver start() throws IOException {
        return new OtlpReceiver(HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0));
    }

    static OtlpReceiver start(SSLContext tls) throws IOException {
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        return new OtlpReceiver(server);
    }

    int port() {
        return server.getAddress().getPort();
    }

    String url() {
        return "http://127.0.0.1:" + port();
    }

    /** What is answered from now on. */
    void answer(int code) {
        status = code;
    }

    /** Leaves exports without an answer until {@link #release}. */
    void hold() {
        gate = new CountDownLatch(1);
    }

    void release() {
        gate.countDown();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            gate.await();
            if (status == 200) {
                byte[] plain = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"))
                        ? new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes()
                        : body;
                add(new Export(
                        exchange.getRequestURI().toString(),
                        Map.copyOf(exchange.getRequestHeaders()),
                        plain,
                        ExportTraceServiceRequest.parseFrom(plain).getResourceSpansList()));
            }
            exchange.sendResponseHeaders(status, -1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void add(Export export) {
        exports.add(export);
    }

    synchronized List<Export> exports() {
        return List.copyOf(exports);
    }

    /** Every byte that came. */
    byte[] everything() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        exports().forEach(export -> all.writeBytes(export.body()));
        return all.toByteArray();
    }

    /** Every span that came. */
    List<Span> spans() {
        return exports().stream()
                .flatMap(export -> export.spans().stream())
                .flatMap(spans -> spans.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream())
                .toList();
    }

    /** The spans of exchanges and refused connections, in the order of their starts. */
    List<Span> roots() {
        return spans().stream()
                .filter(span -> span.getKind() == Span.SpanKind.SPAN_KIND_CLIENT)
                .sorted(Comparator.comparingLong(Span::getStartTimeUnixNano))
                .toList();
    }

    /** Waits for so many of them. */
    List<Span> awaitRoots(int count) throws InterruptedException {
        ProxyUnderTest.await(count + " spans of exchanges", () -> roots().size() >= count);
        return roots();
    }

    /** Waits for one that this holds for. */
    Span awaitRoot(Predicate<Span> wanted) throws InterruptedException {
        ProxyUnderTest.await("a span of an exchange", () -> roots().stream().anyMatch(wanted));
        return roots().stream().filter(wanted).findFirst().orElseThrow();
    }

    /** The spans below one, by their names. */
    Map<String, Span> below(Span parent) {
        Map<String, Span> children = new TreeMap<>();
        for (Span span : spans()) {
            if (span.getParentSpanId().equals(parent.getSpanId())
                    && span.getTraceId().equals(parent.getTraceId())) {
                if (children.put(span.getName(), span) != null) {
                    throw new AssertionError("two spans " + span.getName());
                }
            }
        }
        return children;
    }

    static String hex(com.google.protobuf.ByteString id) {
        return HexFormat.of().formatHex(id.toByteArray());
    }

    /** A span's attributes as text. */
    static Map<String, String> attributes(Span span) {
        return attributes(span.getAttributesList());
    }

    static Map<String, String> attributes(List<KeyValue> pairs) {
        Map<String, String> attributes = new TreeMap<>();
        pairs.forEach(pair -> attributes.put(pair.getKey(), text(pair.getValue())));
        return attributes;
    }

    private static String text(AnyValue value) {
        return switch (value.getValueCase()) {
            case STRING_VALUE -> value.getStringValue();
            case BOOL_VALUE -> Boolean.toString(value.getBoolValue());
            case INT_VALUE -> Long.toString(value.getIntValue());
            case DOUBLE_VALUE -> Double.toString(value.getDoubleValue());
            case ARRAY_VALUE ->
                value.getArrayValue().getValuesList().stream()
                        .map(OtlpReceiver::text)
                        .toList()
                        .toString();
            default -> throw new AssertionError(value);
        };
    }

    @Override
    public void close() {
        release();
        server.stop(0);
        threads.close();
    }
}
