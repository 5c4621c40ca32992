package egress.server.agent;

import com.fasterxml.jackson.databind.JsonNode;
import egress.http.Printable;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** What a tool was called with. */
final class Arguments {
    private final JsonNode object;

    /** @param object one */
    Arguments(JsonNode object) {
        this.object = object;
    }

    /** @throws IllegalArgumentException where there are others */
    void only(String... names) {
        List<String> known = List.of(names);
        for (Iterator<String> given = object.fieldNames(); given.hasNext(); ) {
            String name = given.next();
            if (!known.contains(name)) {
                throw new IllegalArgumentException(Printable.quote(name) + " is no argument (expected: "
                        + (known.isEmpty() ? "none" : String.join(", ", known)) + ")");
            }
        }
    }

    /** @throws IllegalArgumentException where it is missing */
    String text(String name, int longest) {
        return optional(name, longest)
                .orElseThrow(() -> new IllegalArgumentException(name + " is missing (expected: a string)"));
    }

    /** @throws IllegalArgumentException where it is no string, or empty, or too long */
    Optional<String> optional(String name, int longest) {
        JsonNode value = object.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isTextual()
                || value.textValue().isBlank()
                || value.textValue().length() > longest) {
            throw new IllegalArgumentException(name + " (expected: a string of 1 to " + longest + " characters)");
        }
        return Optional.of(value.textValue());
    }

    /** @throws IllegalArgumentException where it is no whole number in that range */
    int number(String name, int least, int most, int otherwise) {
        JsonNode value = object.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return otherwise;
        }
        if (!value.isIntegralNumber()
                || !value.canConvertToInt()
                || value.intValue() < least
                || value.intValue() > most) {
            throw new IllegalArgumentException(name + " (expected: a number from " + least + " to " + most + ")");
        }
        return value.intValue();
    }
}
