package egress.server.routes;

import egress.http.Printable;
import egress.policy.Ask;
import java.util.Locale;

/** Reads whether an operator is asked: {@code unlisted} of the file, {@code ask} of a route. */
final class AskReader {
    private AskReader() {}

    static Ask unlisted(MappingReader file) {
        return switch (text(file, "unlisted")) {
            case "", "deny" -> Ask.NEVER;
            case "ask", "hold" -> Ask.HOLD;
            case "later" -> Ask.LATER;
            default -> wrong(file, "unlisted", "deny, ask or later");
        };
    }

    static Ask ofRoute(MappingReader route) {
        return switch (text(route, "ask")) {
            case "", "false" -> Ask.NEVER;
            case "true", "hold" -> Ask.HOLD;
            case "later" -> Ask.LATER;
            default -> wrong(route, "ask", "false, hold or later");
        };
    }

    /** Empty where the key is absent; of what is no value a word that means nothing. */
    private static String text(MappingReader reader, String key) {
        YamlNode value = reader.value(key);
        if (value == null) {
            return "";
        }
        if (!(value instanceof YamlNode.Scalar scalar) || scalar.text().isEmpty()) {
            return "?";
        }
        String text = scalar.text();
        String lower = text.toLowerCase(Locale.ROOT);
        boolean isBoolean = scalar.plain() && (lower.equals("true") || lower.equals("false"));
        return isBoolean ? lower : text.equals(lower) && !isQuotedBoolean(scalar) ? text : "?";
    }

    private static boolean isQuotedBoolean(YamlNode.Scalar scalar) {
        return !scalar.plain() && (scalar.text().equals("true") || scalar.text().equals("false"));
    }

    private static Ask wrong(MappingReader reader, String key, String expected) {
        YamlNode value = reader.value(key);
        String words = value instanceof YamlNode.Scalar scalar
                ? Printable.quote(scalar.text())
                : value == null ? "" : value.kind();
        reader.problem(key, words + " (expected: " + expected + ")");
        return Ask.NEVER;
    }
}
