package egress.dlp.pipelock;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.regex.Pattern;

/** Cleans pipelock's reasons for logs and answers: one short printable line without anything that could be a value. */
final class Reasons {
    private static final String MASK = "********";
    private static final int LONGEST = 200;
    private static final Pattern UNPRINTABLE = Pattern.compile("[^ -~]+");
    private static final Pattern SPACES = Pattern.compile(" {2,}");
    private static final Pattern QUOTED = Pattern.compile("\"[^\"]{9,}\"|'[^']{9,}'|`[^`]{9,}`");
    /** A long string that is not a word: a token, an id, encoded text. */
    private static final Pattern MADE = Pattern.compile("(?=[A-Za-z_+/=%~-]*[0-9])[A-Za-z0-9_+/=%~-]{16,}");

    private static final Pattern VERY_LONG = Pattern.compile("[^ ]{48,}");
    private static final List<String> PREFIXES = List.of("blocked: ", "CONNECT blocked: ");

    private Reasons() {}

    /** Cleans what pipelock said; {@code otherwise} when nothing is left of it. */
    static String clean(String said, String otherwise) {
        String line = SPACES.matcher(UNPRINTABLE.matcher(said).replaceAll(" "))
                .replaceAll(" ")
                .strip();
        for (String prefix : PREFIXES) {
            if (line.startsWith(prefix)) {
                line = line.substring(prefix.length());
            }
        }
        line = QUOTED.matcher(line).replaceAll(MASK);
        line = MADE.matcher(line).replaceAll(MASK);
        line = VERY_LONG.matcher(line).replaceAll(MASK).strip();
        if (line.isEmpty()) {
            return otherwise;
        }
        return line.length() > LONGEST ? line.substring(0, LONGEST) + "..." : line;
    }

    /** Why that answer denies: the field that newer versions add, or else what its body says. */
    static String of(HttpResponse answer, String body) {
        List<String> field = answer.values("x-pipelock-block-reason");
        return clean(field.isEmpty() ? body : field.getFirst(), clean(body, "blocked (" + answer.status() + ")"));
    }

    /** A text member of a JSON object; empty when there is none. */
    static String text(JsonNode object, String name) {
        JsonNode member = object.path(name);
        return member.isTextual() ? member.asText() : "";
    }
}
