package egress.http;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The fields that end at the gate (RFC 9110 §7.6.1). Content-Length and Transfer-Encoding are the codec's, in a head;
 * everything else that concerns one connection is removed, and the rest stays unchanged.
 */
public final class HopByHop {
    /** One connection's own, in either direction. */
    private static final Set<String> CONNECTION_FIELDS = Set.of(
            "connection",
            "keep-alive",
            "proxy-connection",
            "proxy-authorization",
            "proxy-authenticate",
            "proxy-authentication-info",
            "te",
            "upgrade",
            "http2-settings");

    /** Would lead a caller past the gate (RFC 7838). */
    private static final String ALT_SVC = "alt-svc";

    /** The prefix of the gate's own fields, which no origin may send. */
    private static final String OWN = "x-egress-";

    /**
     * Meant for every recipient, so that a Connection field must not list them (RFC 9110 §7.6.1): where one does, it is
     * not heeded, or a caller could take apart the framing, the routing or the meaning of what policy has seen.
     */
    private static final Set<String> END_TO_END = Set.of(
            "host",
            "content-length",
            "transfer-encoding",
            "content-type",
            "content-encoding",
            "content-range",
            "cache-control",
            "expect",
            "date",
            "authorization");

    /** What must not stand in trailers, since it is needed before them (RFC 9110 §6.5.1). */
    private static final Set<String> NOT_IN_TRAILERS = Set.of(
            "authorization",
            "cache-control",
            "content-encoding",
            "content-length",
            "content-range",
            "content-type",
            "cookie",
            "expect",
            "host",
            "if-match",
            "if-modified-since",
            "if-none-match",
            "if-range",
            "if-unmodified-since",
            "location",
            "max-forwards",
            "pragma",
            "range",
            "set-cookie",
            "trailer",
            "transfer-encoding",
            "vary",
            "www-authenticate");

    private static final AsciiString CONNECTION = AsciiString.cached("connection");
    private static final AsciiString TE = AsciiString.cached("te");
    private static final AsciiString TRAILERS = AsciiString.cached("trailers");

    private HopByHop() {}

    /** Strips a request's head. Of {@code TE} only {@code trailers} is passed on, because gRPC requires it. */
    public static void stripRequest(HttpHeaders fields) {
        boolean trailers = fields.contains(TE) && lists(fields.getAll(TE), "trailers");
        strip(fields, false);
        if (trailers) {
            fields.set(TE, TRAILERS);
        }
    }

    /** Strips a response's head, an interim one's too. */
    public static void stripResponse(HttpHeaders fields) {
        strip(fields, true);
    }

    /** Strips the trailers of a request or a response: under every spelling that a recipient may take for the name. */
    public static void stripTrailers(HttpHeaders fields) {
        if (!fields.isEmpty()) {
            FieldNames.removeIf(fields, name -> {
                String folded = FieldNames.canonical(name);
                return isConnectionField(folded)
                        || isOriginsAlone(folded)
                        || NOT_IN_TRAILERS.contains(folded)
                        || RewriteFields.kindOf(name) != null;
            });
        }
    }

    private static void strip(HttpHeaders fields, boolean response) {
        List<String> listed = fields.contains(CONNECTION) ? options(fields.getAll(CONNECTION)) : List.of();
        FieldNames.removeIf(fields, name -> isUnwanted(name, response));
        for (String option : listed) {
            if (!END_TO_END.contains(option)) {
                fields.remove(option);
            }
        }
    }

    /** Looks at first letter and length before anything else: most names are not even candidates. */
    private static boolean isUnwanted(CharSequence name, boolean response) {
        int length = name.length();
        boolean candidate = length > 1
                && switch (name.charAt(0) | 0x20) {
                    case 'c', 'k' -> length == 10;
                    case 't' -> length == 2;
                    case 'u', 'a' -> length == 7;
                    case 'h' -> length == 14;
                    case 'p' -> length >= 16;
                    case 'x' -> length >= 9;
                    default -> false;
                };
        if (!candidate) {
            return false;
        }
        String lower = name.toString().toLowerCase(Locale.ROOT);
        return isConnectionField(lower) || (response && isOriginsAlone(lower));
    }

    /** Underscores count as hyphens, since they do where fields become variables (RFC 3875 §4.1.18). */
    private static boolean isOriginsAlone(String lower) {
        return lower.equals(ALT_SVC) || lower.replace('_', '-').startsWith(OWN);
    }

    private static boolean isConnectionField(String lower) {
        return CONNECTION_FIELDS.contains(lower) || lower.startsWith("x-http2-");
    }

    /** The options that the values of a Connection field list, in lower case. */
    private static List<String> options(List<String> values) {
        List<String> options = new ArrayList<>(2);
        for (String value : values) {
            for (String option : value.split(",", -1)) {
                String name = option.strip().toLowerCase(Locale.ROOT);
                if (FieldNames.isToken(name)) {
                    options.add(name);
                }
            }
        }
        return options;
    }

    /** Whether one of the comma-separated values is the word, parameters aside. */
    private static boolean lists(List<String> values, String word) {
        for (String value : values) {
            for (String element : value.split(",", -1)) {
                int parameters = element.indexOf(';');
                String name = parameters < 0 ? element : element.substring(0, parameters);
                if (name.strip().equalsIgnoreCase(word)) {
                    return true;
                }
            }
        }
        return false;
    }
}
