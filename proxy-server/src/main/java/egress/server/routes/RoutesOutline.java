package egress.server.routes;

import egress.http.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Where things stand in the text of a routes file that was found valid, so that lines can be put into it. Lines count from 1. */
public final class RoutesOutline {
    private final List<String> lines;
    private final List<Entry> routes;

    /**
     * One route.
     *
     * @param host as it is written
     * @param last the last line that says something of it
     * @param indent of its keys
     * @param block whether each key has its line, so that more can follow
     * @param matches where its list of that name stands
     */
    public record Entry(
            String host, int first, int last, int indent, boolean block, Optional<Items> matches, boolean git) {}

    /**
     * A list.
     *
     * @param last its last line
     * @param indent of its hyphens
     * @param block whether each entry has its line
     */
    public record Items(int last, int indent, boolean block) {}

    private RoutesOutline(List<String> lines, List<Entry> routes) {
        this.lines = lines;
        this.routes = List.copyOf(routes);
    }

    /** @throws IllegalArgumentException with a sentence, where it is no YAML after all */
    public static RoutesOutline of(String text) {
        List<String> lines = text.lines().toList();
        YamlNode root;
        try {
            root = YamlReader.read(text);
        } catch (YamlReader.Fault e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        List<Entry> entries = new ArrayList<>();
        if (root instanceof YamlNode.Mapping file) {
            int end = lines.size();
            for (YamlNode.Entry key : file.entries().reversed()) {
                if (key.key().text().equals("routes") && key.value() instanceof YamlNode.Sequence sequence) {
                    entries = routes(lines, sequence.items(), end);
                }
                end = key.key().line() - 1;
            }
        }
        return new RoutesOutline(lines, entries);
    }

    /** Its lines, without their ends. */
    public List<String> lines() {
        return lines;
    }

    /** In the order of the file. */
    public List<Entry> routes() {
        return routes;
    }

    private static List<Entry> routes(List<String> lines, List<YamlNode> items, int end) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            int next = i + 1 < items.size() ? items.get(i + 1).line() - 1 : end;
            if (items.get(i) instanceof YamlNode.Mapping mapping) {
                entries.add(route(lines, mapping, next));
            }
        }
        return entries;
    }

    private static Entry route(List<String> lines, YamlNode.Mapping mapping, int end) {
        List<YamlNode.Entry> keys = mapping.entries();
        int last = lastSaid(lines, mapping.line(), end);
        YamlNode.Scalar firstKey = keys.getFirst().key();
        String host = "";
        boolean git = false;
        Optional<Items> matches = Optional.empty();
        for (int i = 0; i < keys.size(); i++) {
            int until = i + 1 < keys.size() ? keys.get(i + 1).key().line() - 1 : last;
            YamlNode value = keys.get(i).value();
            switch (keys.get(i).key().text()) {
                case "host" -> host = value instanceof YamlNode.Scalar scalar ? scalar.text() : "";
                case "git" -> git = true;
                case "matches" -> matches = Optional.of(items(lines, value, until));
                default -> {}
            }
        }
        int indent = column(lines, firstKey);
        boolean block = indent >= 0;
        return new Entry(host, mapping.line(), last, Math.max(indent, 0), block, matches, git);
    }

    private static Items items(List<String> lines, YamlNode value, int end) {
        int last = lastSaid(lines, value.line(), end);
        if (value instanceof YamlNode.Sequence sequence && !sequence.items().isEmpty()) {
            String line = lines.get(sequence.items().getFirst().line() - 1);
            int hyphen = line.length() - line.stripLeading().length();
            return new Items(last, hyphen, line.stripLeading().startsWith("- "));
        }
        return new Items(last, 0, false);
    }

    /** Where a key begins, where nothing but a hyphen stands before it on its line; or -1. */
    private static int column(List<String> lines, YamlNode.Scalar key) {
        String line = lines.get(key.line() - 1);
        int at = line.length() - line.stripLeading().length();
        if (line.startsWith("- ", at)) {
            at += 2;
            at += line.substring(at).length()
                    - line.substring(at).stripLeading().length();
        }
        return line.startsWith(key.text(), at) ? at : -1;
    }

    /** The last line within these that is neither empty nor a comment. */
    private static int lastSaid(List<String> lines, int first, int end) {
        int last = Math.min(end, lines.size());
        while (last > first) {
            String line = lines.get(last - 1).strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                break;
            }
            last--;
        }
        return last;
    }

    @Override
    public String toString() {
        return "RoutesOutline"
                + routes.stream().map(route -> Printable.quote(route.host())).toList();
    }
}
