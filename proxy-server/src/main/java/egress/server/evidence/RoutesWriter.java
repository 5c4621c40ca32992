package egress.server.evidence;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** A suggestion as YAML. What agents have sent is quoted, and in comments it is words of letters and digits alone. */
final class RoutesWriter {
    /** What stands for itself in a flow mapping, and for no other type. */
    private static final Pattern PLAIN = Pattern.compile("/[A-Za-z0-9/._~@+-]*|[A-Za-z][A-Za-z0-9._-]*(:[0-9]+)?");

    private RoutesWriter() {}

    static String file(Suggestion suggestion) {
        List<String> lines = new ArrayList<>();
        suggestion.header().forEach(line -> lines.add("# " + line));
        boolean any = suggestion.routes().stream().anyMatch(Suggestion.Route::stands);
        lines.add(any ? "routes:" : "routes: [] # nothing stands: see below");
        for (Suggestion.Route route : suggestion.routes()) {
            lines.addAll(route(route, 2));
        }
        return String.join("\n", lines) + "\n";
    }

    /** A whole route, commented out where nothing of it stands. */
    static List<String> route(Suggestion.Route route, int indent) {
        List<String> lines = new ArrayList<>();
        boolean stands = route.stands();
        lines.add("- host: " + quoted(route.host()) + comment(route.words()));
        route.notes().forEach(note -> lines.add("  # " + note));
        if (route.passthrough()) {
            lines.add("  tls: passthrough");
        }
        if (route.gitFetch() != null) {
            lines.add("  git: {fetch: true}" + comment(route.gitFetch()));
        }
        if (!route.entries().isEmpty()) {
            lines.add("  matches:");
            entries(route.entries(), stands).forEach(line -> lines.add("    " + line));
        }
        String before = " ".repeat(indent) + (stands ? "" : "# ");
        return lines.stream().map(line -> before + line).toList();
    }

    /** @param comment whether those that do not stand are commented out, and not the whole route */
    static List<String> entries(List<Suggestion.Entry> entries, boolean comment) {
        List<String> lines = new ArrayList<>();
        for (Suggestion.Entry entry : entries) {
            boolean out = comment && !entry.stands();
            switch (entry.state()) {
                case Suggestion.State.Stands _ -> {}
                case Suggestion.State.Seldom seldom -> lines.add("# " + seldom(seldom.least()) + ":");
                case Suggestion.State.Denied denied -> lines.add("# denied (" + denied.code() + "):");
            }
            entry(entry).forEach(line -> lines.add((out ? "# " : "") + line));
        }
        return lines;
    }

    /** What is too little for a rule to stand. */
    static String seldom(int least) {
        return least == 2 ? "seen once" : "seen less than " + least + " times";
    }

    private static List<String> entry(Suggestion.Entry entry) {
        List<String> lines = new ArrayList<>();
        lines.add("- methods: ["
                + String.join(
                        ", ", entry.methods().stream().map(RoutesWriter::quoted).toList()) + "]");
        lines.add("  paths:");
        for (Suggestion.Path path : entry.paths()) {
            String type = path.rule().type().name().toLowerCase(Locale.ROOT);
            lines.add("    - {type: " + type + ", value: " + quoted(path.rule().value()) + "}" + comment(path.words()));
        }
        return lines;
    }

    private static String comment(String words) {
        return words.isEmpty() ? "" : " # " + words;
    }

    /** A scalar as it may stand in a flow mapping. */
    static String quoted(String text) {
        if (PLAIN.matcher(text).matches() && !isOfOtherType(text)) {
            return text;
        }
        if (text.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
            return "'" + text.replace("'", "''") + "'";
        }
        StringBuilder quoted = new StringBuilder("\"");
        text.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append((char) c);
            } else if (c >= ' ' && c < 0x7f) {
                quoted.append((char) c);
            } else {
                quoted.append((c > 0xffff ? "\\U%08x" : "\\u%04x").formatted(c));
            }
        });
        return quoted.append('"').toString();
    }

    private static boolean isOfOtherType(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "null", "true", "false", "yes", "no", "on", "off", "y", "n" -> true;
            default -> false;
        };
    }
}
