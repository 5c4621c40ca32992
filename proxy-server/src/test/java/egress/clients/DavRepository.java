package egress.clients;

import static java.nio.charset.StandardCharsets.UTF_8;

import egress.testkit.origin.Origin;
import egress.testkit.origin.OriginExchange;
import egress.testkit.origin.RecordedRequest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Serves the files of a bare repository to anybody, by as much WebDAV (RFC 4918) as {@code git http-push} asks for: a push
 * that does not arrive was stopped before.
 */
final class DavRepository {
    /** What changes the repository. */
    static final Set<String> WRITES = Set.of("PUT", "MKCOL", "MOVE", "DELETE", "LOCK", "UNLOCK", "PROPPATCH");

    private static final String PROPERTIES = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";

    private final Path root;
    private final AtomicInteger locks = new AtomicInteger();

    private DavRepository(Path root) {
        this.root = root;
    }

    /** Serves the files below a directory at every path that has no behaviour of its own. */
    static void serve(Origin origin, Path root) {
        origin.otherwise(new DavRepository(root)::serve);
    }

    private void serve(OriginExchange exchange) throws IOException {
        byte[] body = exchange.readAll();
        RecordedRequest request = exchange.request();
        Path file = file(exchange.path());
        switch (request.method()) {
            case "GET", "HEAD" -> get(exchange, file);
            case "PROPFIND" -> propfind(exchange, file);
            case "LOCK" -> lock(exchange, file);
            case "UNLOCK" -> exchange.respond(204, "");
            case "MKCOL" -> {
                boolean there = Files.isDirectory(file);
                Files.createDirectories(file);
                exchange.respond(there ? 405 : 201, "");
            }
            case "PUT" -> {
                Files.write(file, body);
                exchange.respond(201, "");
            }
            case "MOVE" -> {
                String destination = request.value("destination").orElseThrow();
                Files.move(file, file(URI.create(destination).getPath()), StandardCopyOption.REPLACE_EXISTING);
                exchange.respond(201, "");
            }
            case "DELETE" -> {
                Files.deleteIfExists(file);
                exchange.respond(204, "");
            }
            default -> exchange.respond(405, "");
        }
    }

    private Path file(String path) {
        Path file = root.resolve(path.substring(1)).normalize();
        if (!file.startsWith(root)) {
            throw new AssertionError("outside: " + path);
        }
        return file;
    }

    private static void get(OriginExchange exchange, Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            exchange.respond(404, "");
            return;
        }
        byte[] content = Files.readAllBytes(file);
        exchange.head(200, "content-length", Integer.toString(content.length));
        if (!exchange.request().method().equals("HEAD")) {
            exchange.write(content);
        }
        exchange.end();
    }

    private void propfind(OriginExchange exchange, Path file) throws IOException {
        if (!Files.exists(file)) {
            exchange.respond(404, "");
            return;
        }
        StringBuilder answer = new StringBuilder(PROPERTIES + "<D:multistatus xmlns:D=\"DAV:\">");
        boolean deep = exchange.request().value("depth").orElse("0").equals("1") && Files.isDirectory(file);
        try (Stream<Path> below = deep ? Files.list(file) : Stream.empty()) {
            Stream.concat(Stream.of(file), below).forEach(each -> answer.append(response(each)));
        }
        send(exchange, 207, answer.append("</D:multistatus>").toString());
    }

    private String response(Path file) {
        boolean directory = Files.isDirectory(file);
        return "<D:response><D:href>/" + root.relativize(file) + (directory ? "/" : "")
                + "</D:href><D:propstat><D:prop>"
                + "<D:resourcetype>" + (directory ? "<D:collection/>" : "") + "</D:resourcetype>"
                + "<D:supportedlock><D:lockentry><D:lockscope><D:exclusive/></D:lockscope>"
                + "<D:locktype><D:write/></D:locktype></D:lockentry></D:supportedlock>"
                + "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>";
    }

    private void lock(OriginExchange exchange, Path file) throws IOException {
        Files.createDirectories(file.resolve("..").normalize());
        String token = "opaquelocktoken:" + locks.incrementAndGet();
        send(
                exchange,
                200,
                PROPERTIES + "<D:prop xmlns:D=\"DAV:\"><D:lockdiscovery><D:activelock>"
                        + "<D:locktype><D:write/></D:locktype><D:lockscope><D:exclusive/></D:lockscope>"
                        + "<D:owner><D:href>mailto:a@tool.example</D:href></D:owner><D:timeout>Second-600</D:timeout>"
                        + "<D:locktoken><D:href>" + token + "</D:href></D:locktoken>"
                        + "</D:activelock></D:lockdiscovery></D:prop>");
    }

    private static void send(OriginExchange exchange, int status, String xml) throws IOException {
        byte[] body = xml.getBytes(UTF_8);
        exchange.head(status, "content-type", "application/xml", "content-length", Integer.toString(body.length));
        exchange.write(body);
        exchange.end();
    }
}
