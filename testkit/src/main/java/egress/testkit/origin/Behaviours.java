package egress.testkit.origin;

import egress.testkit.Pattern251;
import egress.testkit.wire.Field;
import egress.testkit.wire.H1Reader;
import egress.testkit.wire.H2Frame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/** What an {@link Origin} does for each path; parameters are in the query. */
final class Behaviours {
    private static final int PIECE = 16 << 10;

    private static final Map<String, Behaviour> EXACT = Map.ofEntries(
            Map.entry("/echo", Behaviours::echo),
            Map.entry("/count", Behaviours::count),
            Map.entry("/trailers", Behaviours::trailers),
            Map.entry("/sse", Behaviours::sse),
            Map.entry("/drip", Behaviours::drip),
            Map.entry("/early-hints", Behaviours::earlyHints),
            Map.entry("/interims", Behaviours::interims),
            Map.entry("/reject", Behaviours::reject),
            Map.entry("/early", Behaviours::early),
            Map.entry("/grpc", Behaviours::grpc),
            Map.entry("/ws", WebSocketEcho::serve),
            Map.entry("/chunk-extensions", Behaviours::chunkExtensions),
            Map.entry("/redirect", Behaviours::redirect),
            Map.entry("/gzip", Behaviours::gzip),
            Map.entry("/until-close", Behaviours::untilClose),
            Map.entry("/http10", Behaviours::http10),
            Map.entry("/reset", OriginExchange::reset));

    private Behaviours() {}

    static Behaviour of(String path) {
        Behaviour exact = EXACT.get(path);
        if (exact != null) {
            return exact;
        }
        if (path.matches("/bytes/[0-9]+")) {
            return exchange -> bytes(exchange, Long.parseLong(path.substring(7)));
        }
        if (path.matches("/status/[2-5][0-9]{2}")) {
            return exchange -> status(exchange, Integer.parseInt(path.substring(8)));
        }
        return exchange -> exchange.respond(200, "hello from the origin\n", "content-type", "text/plain");
    }

    /** {@code ?status=200}: the body as it comes, the request's {@code x-} fields, its content type and its trailers. */
    private static void echo(OriginExchange exchange) throws IOException {
        List<Field> fields = new ArrayList<>();
        for (Field field : exchange.request().fields()) {
            String name = field.name().toLowerCase(Locale.ROOT);
            if (name.startsWith("x-") || name.equals("content-type")) {
                fields.add(field);
            }
        }
        exchange.head(exchange.parameter("status", 200), fields);
        byte[] piece = new byte[PIECE];
        for (int n = exchange.read(piece); n >= 0; n = exchange.read(piece)) {
            exchange.write(piece, n);
        }
        exchange.end(exchange.request().trailers());
    }

    /** Reads the body to its end and answers with its length. */
    private static void count(OriginExchange exchange) throws IOException {
        exchange.drain();
        exchange.respond(200, Long.toString(exchange.request().bodyLength()));
    }

    /** {@code ?chunked=1} for no Content-Length: so many bytes, the byte at position i being i modulo 251. */
    private static void bytes(OriginExchange exchange, long count) throws IOException {
        if (exchange.parameter("chunked", 0) == 1) {
            exchange.head(200, "content-type", "application/octet-stream");
        } else {
            exchange.head(200, "content-type", "application/octet-stream", "content-length", Long.toString(count));
        }
        byte[] pattern = Pattern251.of(251 * 64);
        for (long left = count; left > 0; left -= pattern.length) {
            exchange.write(pattern, (int) Math.min(left, pattern.length));
        }
        exchange.end();
    }

    private static void status(OriginExchange exchange, int status) throws IOException {
        switch (status) {
            case 204 -> exchange.respond(204, "");
            case 304 -> exchange.respond(304, "", "etag", "\"v1\"", "content-length", "5");
            default -> exchange.respond(status, "status " + status);
        }
    }

    private static void trailers(OriginExchange exchange) throws IOException {
        exchange.drain();
        exchange.head(200, "content-type", "text/plain", "trailer", "x-checksum");
        exchange.write("body\n");
        exchange.end(Field.list("x-checksum", "abc123", "x-second", "two"));
    }

    /** {@code ?n=3&interval=0}: events a number of milliseconds apart, each with {@link System#nanoTime} at its sending. */
    private static void sse(OriginExchange exchange) throws IOException, InterruptedException {
        exchange.head(200, "content-type", "text/event-stream", "cache-control", "no-store");
        int count = exchange.parameter("n", 3);
        for (int i = 0; i < count; i++) {
            if (i > 0) {
                Thread.sleep(exchange.parameter("interval", 0));
            }
            exchange.write("id: " + i + "\ndata: " + System.nanoTime() + "\n\n");
        }
        exchange.end();
    }

    /** {@code ?n=5&interval=10}: a body of n bytes, each on its own, a number of milliseconds apart. */
    private static void drip(OriginExchange exchange) throws IOException, InterruptedException {
        int count = exchange.parameter("n", 5);
        exchange.head(200, "content-type", "text/plain", "content-length", Integer.toString(count));
        for (int i = 0; i < count; i++) {
            exchange.write("x");
            Thread.sleep(exchange.parameter("interval", 10));
        }
        exchange.end();
    }

    private static void earlyHints(OriginExchange exchange) throws IOException {
        exchange.interim(103, "link", "</style.css>; rel=preload");
        exchange.respond(200, "after hints\n");
    }

    /** {@code ?n=3}: a 102, then 103s, then the 200. */
    private static void interims(OriginExchange exchange) throws IOException {
        int count = exchange.parameter("n", 3);
        for (int i = 0; i < count; i++) {
            exchange.interim(i == 0 ? 102 : 103, "x-interim", Integer.toString(i));
        }
        exchange.respond(200, "after " + count + "\n");
    }

    /** A final 417 without reading the body, so that a request that expects a 100 never sends it. */
    private static void reject(OriginExchange exchange) throws IOException {
        exchange.respond(417, "not wanted\n");
    }

    /** {@code ?then=drain|reset|stop}: the whole answer before any of the body is read, then what is said. */
    private static void early(OriginExchange exchange) throws IOException {
        exchange.respond(200, "early\n");
        switch (exchange.parameter("then", "drain")) {
            case "reset" -> exchange.reset(H2Frame.ErrorCode.NO_ERROR);
            case "stop" -> {}
            default -> exchange.drain();
        }
    }

    /** gRPC's shape: each length-prefixed message is echoed when it is whole, the status is in the trailers. */
    private static void grpc(OriginExchange exchange) throws IOException {
        exchange.head(200, "content-type", "application/grpc");
        ByteArrayOutputStream pending = new ByteArrayOutputStream();
        byte[] piece = new byte[PIECE];
        for (int n = exchange.read(piece); n >= 0; n = exchange.read(piece)) {
            pending.write(piece, 0, n);
            byte[] all = pending.toByteArray();
            int whole = 0;
            while (all.length - whole >= 5
                    && all.length - whole - 5 >= ByteBuffer.wrap(all).getInt(whole + 1)) {
                whole += 5 + ByteBuffer.wrap(all).getInt(whole + 1);
            }
            if (whole > 0) {
                exchange.write(all, whole);
                pending.reset();
                pending.write(all, whole, all.length - whole);
            }
        }
        exchange.end(Field.list("grpc-status", "0", "grpc-message", "done"));
    }

    /** Well-formed chunk extensions and a trailer (h1 only). */
    private static void chunkExtensions(OriginExchange exchange) throws IOException {
        exchange.drain();
        exchange.head(200, "content-type", "text/plain", "transfer-encoding", "chunked");
        exchange.raw(H1Reader.latin1(
                "5;name=value;quoted=\"a;b\"\r\nhello\r\n6;flag\r\n world\r\n0;last\r\nx-end: yes\r\n\r\n"));
        exchange.end();
    }

    /** {@code ?to=/echo}. */
    private static void redirect(OriginExchange exchange) throws IOException {
        exchange.respond(302, "", "location", exchange.parameter("to", "/echo"));
    }

    /** {@code ?n=1000}: that many times "x", gzip'd. */
    private static void gzip(OriginExchange exchange) throws IOException {
        byte[] text = new byte[exchange.parameter("n", 1000)];
        Arrays.fill(text, (byte) 'x');
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(text);
        }
        exchange.head(200, "content-encoding", "gzip", "content-length", Integer.toString(packed.size()));
        exchange.write(packed.toByteArray());
        exchange.end();
    }

    /** An HTTP/1.1 body that ends with the connection. */
    private static void untilClose(OriginExchange exchange) throws IOException {
        exchange.drain();
        exchange.head(200, "content-type", "text/plain", "connection", "close");
        exchange.write("until the end");
        exchange.end();
    }

    /** An HTTP/1.0 response (h1 only): no framing but the connection's end. */
    private static void http10(OriginExchange exchange) throws IOException {
        exchange.drain();
        if (exchange instanceof H1OriginExchange h1) {
            h1.answerAsHttp10();
        }
        exchange.head(200, "content-type", "text/plain");
        exchange.write("as in 1996");
        exchange.end();
    }
}
