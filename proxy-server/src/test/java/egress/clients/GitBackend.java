package egress.clients;

import egress.testkit.Tool;
import egress.testkit.origin.Origin;
import egress.testkit.origin.OriginExchange;
import egress.testkit.origin.RecordedRequest;
import egress.testkit.wire.Field;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Serves the repositories of a directory by git's smart HTTP: {@code git http-backend} behind CGI (RFC 3875), as a git host does.
 * It lets anybody push, so that a push that does not arrive was stopped before.
 */
final class GitBackend {
    private static final List<String> SERVICES = List.of("info/refs", "git-upload-pack", "git-receive-pack");

    private final Path root;
    private final Tool git;

    private GitBackend(Path root, Tool git) {
        this.root = root;
        this.git = git;
    }

    /** Adds what git asks of a repository to an origin. */
    static void serve(Origin origin, Tool git, Path root, String repository) {
        GitBackend backend = new GitBackend(root, git);
        for (String service : SERVICES) {
            origin.on("/" + repository + "/" + service, backend::serve);
        }
    }

    private void serve(OriginExchange exchange) throws IOException {
        byte[] request = exchange.readAll();
        Process process = environment(exchange.request(), request.length).start("http-backend");
        Thread errors = Thread.ofVirtual().start(() -> drain(process.getErrorStream()));
        try (InputStream answer = new BufferedInputStream(process.getInputStream())) {
            try (var body = process.getOutputStream()) {
                body.write(request);
            }
            List<Field> fields = new ArrayList<>();
            int status = head(answer, fields);
            exchange.head(status, fields);
            byte[] piece = new byte[1 << 14];
            for (int n = answer.read(piece); n >= 0; n = answer.read(piece)) {
                exchange.write(Arrays.copyOf(piece, n));
            }
            exchange.end();
        } finally {
            process.destroyForcibly();
            errors.interrupt();
        }
    }

    private Tool environment(RecordedRequest request, int length) {
        String[] target = request.target().split("\\?", 2);
        return git.with("GIT_PROJECT_ROOT", root.toString())
                .with("GIT_HTTP_EXPORT_ALL", "1")
                .with("PATH_INFO", target[0])
                .with("QUERY_STRING", target.length == 2 ? target[1] : "")
                .with("REQUEST_METHOD", request.method())
                .with("CONTENT_TYPE", request.value("content-type").orElse(""))
                .with("CONTENT_LENGTH", Integer.toString(length))
                .with("HTTP_CONTENT_ENCODING", request.value("content-encoding").orElse(""))
                .with("GIT_PROTOCOL", request.value("git-protocol").orElse(""))
                .with("REMOTE_ADDR", "127.0.0.1")
                .with("REMOTE_USER", "anybody");
    }

    /** The header of a CGI response (RFC 3875 §6.3). */
    private static int head(InputStream answer, List<Field> fields) throws IOException {
        int status = 200;
        for (String line = line(answer); !line.isEmpty(); line = line(answer)) {
            String[] field = line.split(":", 2);
            String value = field[1].strip();
            if (field[0].equalsIgnoreCase("status")) {
                status = Integer.parseInt(value.substring(0, 3));
            } else {
                fields.add(new Field(field[0].toLowerCase(Locale.ROOT), value));
            }
        }
        return status;
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        int octet;
        while ((octet = in.read()) != '\n') {
            if (octet < 0) {
                throw new IOException("git http-backend ended within its header: " + line);
            }
            line.append((char) octet);
        }
        return line.toString().strip();
    }

    private static void drain(InputStream errors) {
        try (errors) {
            errors.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // The process was ended: so are its words.
        }
    }
}
