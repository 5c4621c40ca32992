package egress.server.routes;

import egress.http.Printable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One mapping of the file: its keys by name and type. What is wrong is added to the problems and read as absent. */
final class MappingReader {
    /** What the core schema of YAML 1.2 (§10.3.2) takes for null, a boolean or a number. */
    private static final Pattern NO_STRING = Pattern.compile("null|Null|NULL|~|true|True|TRUE|false|False|FALSE|"
            + "[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?|"
            + "[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)|");

    private final YamlNode node;
    private final String path;
    private final Problems problems;
    private final Map<String, YamlNode.Entry> entries = new LinkedHashMap<>();

    /** @param keys those that may be there */
    MappingReader(YamlNode node, String path, Problems problems, List<String> keys) {
        this.node = node;
        this.path = path;
        this.problems = problems;
        if (!(node instanceof YamlNode.Mapping mapping)) {
            problems.add(node, path, "a mapping with " + String.join(", ", keys));
            return;
        }
        for (YamlNode.Entry entry : mapping.entries()) {
            if (keys.contains(entry.key().text())) {
                entries.put(entry.key().text(), entry);
            } else {
                String meant = DidYouMean.nearest(entry.key().text(), keys)
                        .map(key -> "did you mean " + key + "? ")
                        .orElse("");
                problems.add(
                        entry.key().line(),
                        path,
                        "unknown key " + Printable.quote(entry.key().text()) + " (" + meant + "expected: "
                                + String.join(", ", keys) + ")");
            }
        }
    }

    boolean has(String key) {
        return entries.containsKey(key);
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    /** The place of a key, for a sentence. */
    String at(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    /** The line of a key, or of the mapping where it is absent. */
    int line(String key) {
        YamlNode.Entry entry = entries.get(key);
        return entry == null ? node.line() : entry.value().line();
    }

    @Nullable
    YamlNode value(String key) {
        YamlNode.Entry entry = entries.get(key);
        return entry == null ? null : entry.value();
    }

    void problem(String key, String words) {
        problems.add(line(key), at(key), words);
    }

    Optional<String> string(String key) {
        YamlNode value = value(key);
        return value == null ? Optional.empty() : string(value, at(key));
    }

    private Optional<String> string(YamlNode value, String where) {
        if (!(value instanceof YamlNode.Scalar scalar)) {
            problems.add(value, where, "a string");
            return Optional.empty();
        }
        if (scalar.plain() && NO_STRING.matcher(scalar.text()).matches()) {
            problems.add(value, where, "a string; put it in quotes");
            return Optional.empty();
        }
        return Optional.of(scalar.text());
    }

    boolean bool(String key, boolean otherwise) {
        YamlNode value = value(key);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof YamlNode.Scalar scalar && scalar.plain()) {
            switch (scalar.text()) {
                case "true", "True", "TRUE" -> {
                    return true;
                }
                case "false", "False", "FALSE" -> {
                    return false;
                }
                default -> {
                    // said below
                }
            }
        }
        problems.add(value, at(key), "true or false");
        return otherwise;
    }

    /** A whole number within bounds. */
    OptionalInt number(String key, int least, int most) {
        YamlNode value = value(key);
        if (value == null) {
            return OptionalInt.empty();
        }
        if (value instanceof YamlNode.Scalar scalar
                && scalar.plain()
                && scalar.text().matches("[0-9]{1,9}")) {
            int number = Integer.parseInt(scalar.text());
            if (number >= least && number <= most) {
                return OptionalInt.of(number);
            }
        }
        problems.add(value, at(key), least + " to " + most);
        return OptionalInt.empty();
    }

    /** Calls back for each item of a list, with its place. */
    void items(String key, BiConsumer<YamlNode, String> each) {
        YamlNode value = value(key);
        if (value == null) {
            return;
        }
        if (!(value instanceof YamlNode.Sequence sequence)) {
            problems.add(value, at(key), "a list");
            return;
        }
        int index = 0;
        for (YamlNode item : sequence.items()) {
            each.accept(item, at(key) + "[" + index++ + "]");
        }
    }

    /** Strings of a list. */
    List<Placed> strings(String key) {
        List<Placed> strings = new ArrayList<>();
        items(key, (item, where) -> string(item, where).ifPresent(text -> strings.add(new Placed(text, item, where))));
        return strings;
    }

    /** A list that is there must not be empty. */
    void requireItems(String key) {
        if (value(key) instanceof YamlNode.Sequence sequence && sequence.items().isEmpty()) {
            problems.add(sequence.line(), at(key), "an empty list (expected: at least one entry)");
        }
    }

    /** A string and its place. */
    record Placed(String text, YamlNode node, String path) {}
}
