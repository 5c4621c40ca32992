package egress.dlp;

/**
 * Where in an exchange something was found. {@link #text()} may be shown and logged: it never holds content, and a field
 * is named only where its name is an ordinary one.
 */
public sealed interface Place {

    /** The host, labels joined or not. */
    record Host() implements Place {}

    /** The method. */
    record Method() implements Place {}

    /** The path, without its query. */
    record Path() implements Place {}

    /** The query, names and values. */
    record Query() implements Place {}

    /** A field's value; the name is the field's own. */
    record Field(String name) implements Place {}

    /** A field's name, or fields taken together. */
    record Fields() implements Place {}

    /** A trailer's value; the name is the trailer's own. */
    record Trailer(String name) implements Place {}

    /** A trailer's name, or trailers taken together. */
    record Trailers() implements Place {}

    /** The body. */
    record Body() implements Place {}

    /** A WebSocket message, or several in a row. */
    record WebSocket() implements Place {}

    /** A gRPC or Connect message, or several in a row. */
    record Message() implements Place {}

    /** Values that were sent one after the other, in several requests or messages. */
    record Sequence() implements Place {}

    /** A response, on its way in. */
    record Response() implements Place {}

    /** A word or two for a sentence: {@code egress DLP: github_token found in <text>}. */
    default String text() {
        return switch (this) {
            case Host h -> "host";
            case Method m -> "method";
            case Path p -> "path";
            case Query q -> "query";
            case Field f -> ordinary(f.name()) ? "header " + f.name() : "header";
            case Fields f -> "headers";
            case Trailer t -> ordinary(t.name()) ? "trailer " + t.name() : "trailer";
            case Trailers t -> "trailers";
            case Body b -> "body";
            case WebSocket w -> "websocket";
            case Message m -> "message";
            case Sequence s -> "values sent one after the other";
            case Response r -> "response";
        };
    }

    // A made-up name could be the secret itself, so only short names without many digits are shown.
    private static boolean ordinary(String name) {
        int digits = 0;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            boolean digit = c >= '0' && c <= '9';
            if (!letter && !digit && c != '-') {
                return false;
            }
            digits += digit ? 1 : 0;
        }
        return !name.isEmpty() && name.length() <= 40 && digits <= 3;
    }
}
