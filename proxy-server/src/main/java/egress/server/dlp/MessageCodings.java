package egress.server.dlp;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Locale;

/** The fields that name how a request's messages are coded, where two readers could take them for two things. */
final class MessageCodings {
    private static final List<String> NAMES =
            List.of(HttpHeaderNames.CONTENT_ENCODING.toString(), "grpc-encoding", "connect-content-encoding");

    private MessageCodings() {}

    /**
     * Whether a request of messages names a coding in two fields, or one field names it twice or in a list. Where the type is one of
     * messages, but not to everybody, a coding of messages at all.
     */
    static boolean clash(HttpHeaders fields) {
        boolean messages = fields.getAll(HttpHeaderNames.CONTENT_TYPE).stream()
                .map(type -> type.strip().toLowerCase(Locale.ROOT))
                .anyMatch(type -> type.startsWith("application/grpc") || type.startsWith("application/connect+"));
        if (!messages) {
            return false;
        }
        long named = NAMES.stream().filter(name -> isNamed(fields, name)).count();
        boolean listed = NAMES.stream().anyMatch(name -> isListed(fields, name));
        String type = Fields.mediaType(fields);
        String own = type.startsWith("application/connect+")
                ? "connect-content-encoding"
                : type.startsWith("application/grpc") && !type.startsWith("application/grpc-web-text")
                        ? "grpc-encoding"
                        : "";
        boolean others = NAMES.stream().anyMatch(name -> !name.equals(own) && isNamed(fields, name));
        return named > 1 || listed || others;
    }

    private static boolean isNamed(HttpHeaders fields, String name) {
        return fields.getAll(name).stream()
                .anyMatch(value -> !value.isBlank() && !value.strip().equalsIgnoreCase("identity"));
    }

    private static boolean isListed(HttpHeaders fields, String name) {
        List<String> values = fields.getAll(name);
        return values.size() > 1 || values.size() == 1 && values.getFirst().indexOf(',') >= 0;
    }
}
