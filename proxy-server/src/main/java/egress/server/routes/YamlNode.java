package egress.server.routes;

import java.util.List;

/** A piece of a YAML document and the line it begins on, counted from 1. */
sealed interface YamlNode {
    int line();

    /**
     * A value.
     *
     * @param plain written without quotes, so that YAML may take it for something other than a string
     */
    record Scalar(int line, String text, boolean plain) implements YamlNode {}

    record Sequence(int line, List<YamlNode> items) implements YamlNode {}

    /** Keys in their order, each once. */
    record Mapping(int line, List<Entry> entries) implements YamlNode {}

    record Entry(Scalar key, YamlNode value) {}

    /** What it is, for a sentence. */
    default String kind() {
        return switch (this) {
            case Scalar s -> "a value";
            case Sequence s -> "a list";
            case Mapping m -> "a mapping";
        };
    }
}
