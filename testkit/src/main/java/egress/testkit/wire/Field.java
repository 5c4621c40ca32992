package egress.testkit.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One field line as it stood on the wire: the name's case kept, the value without its surrounding white space. */
public record Field(String name, String value) {
    /** Pairs of name and value, in order. */
    public static List<Field> list(String... namesAndValues) {
        if (namesAndValues.length % 2 != 0) {
            throw new IllegalArgumentException(
                    "fields: " + namesAndValues.length + " strings (expected: name, value, …)");
        }
        List<Field> fields = new ArrayList<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.add(new Field(namesAndValues[i], namesAndValues[i + 1]));
        }
        return List.copyOf(fields);
    }

    /** The values of every line of that name, in order; names are compared without case. */
    public static List<String> values(List<Field> fields, String name) {
        return fields.stream()
                .filter(field -> field.name.equalsIgnoreCase(name))
                .map(Field::value)
                .toList();
    }

    /** The value of the first line of that name. */
    public static Optional<String> first(List<Field> fields, String name) {
        return values(fields, name).stream().findFirst();
    }

    @Override
    public String toString() {
        return name + ": " + value;
    }
}
