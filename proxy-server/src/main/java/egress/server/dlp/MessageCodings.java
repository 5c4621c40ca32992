package egress.server.dlp;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Locale;

/** The fields that name the coding of a request's messages, where two readers could understand them differently. */
final class MessageCodings {
    private static final List<String> NAMES =
            List.of(HttpHeaderNames.CONTENT_ENCODING.toString(), "grpc-encoding", "connect-content-encoding");

    private MessageCodings() {}

    /**
     * Whether a request of messages names a coding in another field than its protocol's, or in that field twice or in a list. Where
     * readers disagree whether the type is one of messages, naming any coding is a clash.
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
