package egress.server.dlp.judge;

import egress.http.FieldNames;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The fields that name the coding of a request's messages, where two readers could understand them differently. */
public final class MessageCodings {
    private static final List<String> NAMES =
            List.of(HttpHeaderNames.CONTENT_ENCODING.toString(), "grpc-encoding", "connect-content-encoding");

    private MessageCodings() {}

    /** Whether a coding is named by a field that is one of these to some readers alone (RFC 3875 §4.1.18). */
    public static boolean isSpelledOtherwise(HttpHeaders fields) {
        for (Iterator<Map.Entry<CharSequence, CharSequence>> i = fields.iteratorCharSequence(); i.hasNext(); ) {
            Map.Entry<CharSequence, CharSequence> field = i.next();
            for (String name : NAMES) {
                if (FieldNames.same(field.getKey(), name)
                        && !AsciiString.contentEqualsIgnoreCase(field.getKey(), name)
                        && isCoding(field.getValue().toString())) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * Whether a query holds a message (Connect's GET) in a coding that is not looked for in what has no type: gzip and zstd
     * are known by their beginning.
     */
    public static boolean isUnreadIn(String query) {
        if (!query.contains("message") && query.indexOf('%') < 0) {
            return false;
        }
        QueryStringDecoder decoder =
                new QueryStringDecoder(query, StandardCharsets.ISO_8859_1, false, Math.max(1, query.length()));
        Map<String, List<String>> parameters;
        try {
            parameters = decoder.parameters();
        } catch (IllegalArgumentException e) {
            return false; // no such query is read by anybody
        }
        return parameters.containsKey("message")
                && parameters.getOrDefault("compression", List.of()).stream()
                        .anyMatch(value -> isCoding(value) && !value.equals("gzip") && !value.equals("zstd"));
    }

    /**
     * Whether a request of messages names a coding in another field than its protocol's, or in that field twice or in a list. Where
     * readers disagree whether the type is one of messages, naming any coding is a clash.
     */
    public static boolean clash(HttpHeaders fields) {
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
        return fields.getAll(name).stream().anyMatch(MessageCodings::isCoding);
    }

    private static boolean isCoding(String value) {
        return !value.isBlank() && !value.strip().equalsIgnoreCase("identity");
    }

    private static boolean isListed(HttpHeaders fields, String name) {
        List<String> values = fields.getAll(name);
        return values.size() > 1 || values.size() == 1 && values.getFirst().indexOf(',') >= 0;
    }
}
