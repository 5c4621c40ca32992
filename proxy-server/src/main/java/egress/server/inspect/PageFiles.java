package egress.server.inspect;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.Set;

/** The page's own files, from the jar. */
final class PageFiles {
    private static final Set<String> SCRIPTS = Set.of(
            "app.js",
            "api.js",
            "asks.js",
            "body.js",
            "copy.js",
            "detail.js",
            "dom.js",
            "format.js",
            "hex.js",
            "json.js",
            "list.js",
            "llm.js",
            "llmview.js",
            "policy.js",
            "protobuf.js",
            "replay.js",
            "structured.js",
            "waterfall.js");

    private PageFiles() {}

    /** The file at a path below the page's own; empty where there is none. */
    static Optional<Answer> answer(String name) {
        return switch (name) {
            case "" -> Optional.of(Answer.bytes("text/html; charset=utf-8", read("index.html")));
            case "style.css" -> Optional.of(Answer.bytes("text/css; charset=utf-8", read(name)));
            case "icon.svg" -> Optional.of(Answer.bytes("image/svg+xml", read(name)));
            default ->
                SCRIPTS.contains(name)
                        ? Optional.of(Answer.bytes("text/javascript; charset=utf-8", read(name)))
                        : Optional.empty();
        };
    }

    private static byte[] read(String name) {
        try (InputStream in = PageFiles.class.getResourceAsStream("page/" + name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not in the jar");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
