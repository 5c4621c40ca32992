package egress.server.routes;

import egress.http.Printable;
import java.util.ArrayList;
import java.util.List;

/** Everything that is wrong with a file, each with its place: {@code routes.yaml:12: routes[3].host: …}. */
final class Problems {
    private final String file;
    private final List<String> all = new ArrayList<>();

    Problems(String file) {
        this.file = file;
    }

    void add(int line, String path, String words) {
        all.add(file + ":" + line + ": " + path + (path.isEmpty() ? "" : ": ") + words);
    }

    /** A value that is none of what it may be. */
    void add(YamlNode node, String path, String expected) {
        String found = node instanceof YamlNode.Scalar scalar ? Printable.quote(scalar.text()) : node.kind();
        add(node.line(), path, found + " (expected: " + expected + ")");
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    int count() {
        return all.size();
    }

    List<String> all() {
        return List.copyOf(all);
    }
}
