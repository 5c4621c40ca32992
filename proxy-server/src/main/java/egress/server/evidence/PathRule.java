package egress.server.evidence;

import egress.policy.Matcher;
import java.util.List;
import java.util.stream.Stream;

/** A path as the routes file has it: {@code type} and {@code value}. */
record PathRule(Type type, String value) {
    enum Type {
        EXACT,
        PREFIX,
        REGEX
    }

    static PathRule exact(String path) {
        // A value of those types holds no mark of a query: a reading may.
        return path.indexOf('?') < 0 && path.indexOf('#') < 0
                ? new PathRule(Type.EXACT, path)
                : new PathRule(Type.REGEX, quoted(path));
    }

    /** As it was asked for; whatever is masked is any value. */
    static PathRule asked(String path) {
        return of(Stream.of(path.substring(1).split("/", -1))
                .<Segment>map(text -> text.contains(RecordedRequest.MASK)
                        ? new Segment.Any(Segment.Kind.SECRET)
                        : new Segment.Literal(text))
                .toList());
    }

    /**
     * The narrowest of the three that says it: {@code exact} without a free place, {@code prefix} where the only one is the last (never all of a
     * host), else {@code regex}.
     */
    static PathRule of(List<Segment> segments) {
        int free = 0;
        int first = segments.size();
        for (int i = segments.size() - 1; i >= 0; i--) {
            if (segments.get(i) instanceof Segment.Any) {
                free++;
                first = i;
            }
        }
        if (free == 0) {
            return exact(
                    "/" + String.join("/", segments.stream().map(PathRule::text).toList()));
        }
        boolean last = first == segments.size() - 1
                || first == segments.size() - 2
                        && text(segments.getLast()).isEmpty()
                        && segments.getLast() instanceof Segment.Literal;
        boolean anything = segments.get(first).equals(new Segment.Any(Segment.Kind.ANYTHING));
        String before = "/"
                + String.join(
                        "/",
                        segments.subList(0, first).stream().map(PathRule::text).toList());
        if (free == 1 && last && anything && first > 0 && before.indexOf('?') < 0 && before.indexOf('#') < 0) {
            return new PathRule(Type.PREFIX, before + "/");
        }
        return new PathRule(
                Type.REGEX,
                "/" + String.join("/", segments.stream().map(PathRule::source).toList()));
    }

    private static String text(Segment segment) {
        return segment instanceof Segment.Literal literal ? literal.text() : "";
    }

    private static String source(Segment segment) {
        return switch (segment) {
            case Segment.Literal literal -> quoted(literal.text());
            case Segment.Any any -> any.kind().source();
        };
    }

    /** As an RE2 expression that holds for this text alone. */
    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 8);
        for (int i = 0; i < text.length(); i++) {
            if ("\\.+*?()|[]{}^$".indexOf(text.charAt(i)) >= 0) {
                quoted.append('\\');
            }
            quoted.append(text.charAt(i));
        }
        return quoted.toString();
    }

    Matcher matcher() {
        return switch (type) {
            case EXACT -> new Matcher.Exact(value);
            case PREFIX -> new Matcher.Prefix(value);
            case REGEX -> Matcher.Regex.of(value);
        };
    }
}
