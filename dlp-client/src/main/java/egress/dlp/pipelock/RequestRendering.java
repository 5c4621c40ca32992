package egress.dlp.pipelock;

import egress.dlp.HeaderField;
import egress.dlp.ScanRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A request's head as it is sent to pipelock: as the agent made it, except for what would frame or steer the question itself, or what
 * pipelock drops before it looks. Those values go in fields of our own, so that it reads them all the same.
 */
final class RequestRendering {
    private static final String HOST = "Egress-Host";
    private static final String FIELD = "Egress-Field";
    private static final String TRAILER = "Egress-Trailer";
    private static final String QUERY = "Egress-Query";

    /** Hop-by-hop or of the question's own framing (RFC 9110 §7.6.1), and of no meaning to the origin: left out. */
    private static final Set<String> LEFT_OUT = Set.of(
            "connection",
            "content-length",
            "keep-alive",
            "proxy-authorization",
            "proxy-connection",
            "transfer-encoding");

    /** Reach the origin in some form, but would steer the question, or are stripped by pipelock before it scans. */
    private static final Set<String> CARRIED = Set.of(
            "content-encoding",
            "expect",
            "host",
            "pipelock-mediation",
            "signature",
            "signature-input",
            "te",
            "trailer",
            "upgrade");

    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT");
    private static final Set<String> UNREAD = Set.of("image/", "audio/", "video/");
    private static final Pattern LINE_BREAK = Pattern.compile("%0[aAdD]");

    private RequestRendering() {}

    /** Whether it can be put on one HTTP request at all: no control character where none may stand. */
    static boolean isSound(ScanRequest request) {
        return (request.method().isEmpty() || Syntax.isToken(request.method()))
                && (request.target().isEmpty() || Syntax.isTarget(request.target()))
                && Syntax.isFieldValue(request.host())
                && isSound(request.fields())
                && isSound(request.trailers());
    }

    /** Whether an encoded CR or LF stands in the target: pipelock always blocks it, but by the sink way does not see it. */
    static boolean hasLineBreak(ScanRequest request) {
        return LINE_BREAK.matcher(request.target()).find();
    }

    /** The method to ask with: what comes after the head goes as a POST, and no question opens a tunnel. */
    static String method(ScanRequest request) {
        return switch (request.method()) {
            case "" -> "POST";
            case "CONNECT" -> "GET";
            default -> request.method();
        };
    }

    /** The target in origin-form; {@code *} would be answered by the server below pipelock. */
    static String target(ScanRequest request) {
        if (request.target().isEmpty()) {
            return "/";
        }
        return request.target().startsWith("/") ? request.target() : "/" + request.target();
    }

    /** The fields, in their order, then what is carried. {@code host}: whether the host goes along in a field of its own. */
    static List<HeaderField> fields(ScanRequest request, boolean host) {
        List<HeaderField> out = new ArrayList<>();
        List<HeaderField> carried = new ArrayList<>();
        boolean oneType = Syntax.values(request.fields(), "content-type").size() < 2;
        for (HeaderField field : request.fields()) {
            String name = field.name().toLowerCase(Locale.ROOT);
            if (name.equals("host") && isHost(field.value(), request.host())) {
                continue;
            }
            boolean unread = name.equals("content-type") && !(oneType && isRead(field.value()));
            if (unread || CARRIED.contains(name)) {
                carried.add(new HeaderField(FIELD, name + ": " + field.value()));
            } else if (!LEFT_OUT.contains(name)) {
                out.add(field);
            }
            if (unread && Syntax.values(out, "content-type").isEmpty()) {
                out.add(new HeaderField("Content-Type", "application/octet-stream"));
            }
        }
        if (host && !request.host().isEmpty()) {
            carried.add(new HeaderField(HOST, request.host()));
        }
        if (!request.method().isEmpty() && !METHODS.contains(request.method())) {
            carried.add(new HeaderField(FIELD, "method: " + request.method()));
        }
        for (HeaderField trailer : request.trailers()) {
            carried.add(new HeaderField(TRAILER, trailer.name() + ": " + trailer.value()));
        }
        joinedQuery(request, carried);
        out.addAll(carried);
        return out;
    }

    /** Names and values of fields and trailers, for a text. */
    static List<String> texts(ScanRequest request) {
        List<String> out = new ArrayList<>();
        for (List<HeaderField> fields : List.of(request.fields(), request.trailers())) {
            for (HeaderField field : fields) {
                String name = field.name().toLowerCase(Locale.ROOT);
                if (!LEFT_OUT.contains(name)) {
                    out.add(field.name());
                    out.add(field.value());
                }
            }
        }
        if (!request.method().isEmpty() && !METHODS.contains(request.method())) {
            out.add(request.method());
        }
        return out;
    }

    // pipelock's reverse proxy reads the query as one text, so a value in two parameters goes by; together they are one
    // value.
    private static void joinedQuery(ScanRequest request, List<HeaderField> into) {
        if (request.query().indexOf('&') < 0) {
            return;
        }
        StringBuilder values = new StringBuilder();
        for (String parameter : request.query().split("&", -1)) {
            values.append(parameter, parameter.indexOf('=') + 1, parameter.length());
        }
        into.add(new HeaderField(QUERY, values.toString()));
    }

    // Then it goes along in the host's own field.
    private static boolean isHost(String value, String host) {
        return value.equalsIgnoreCase(host)
                || value.toLowerCase(Locale.ROOT).matches(Pattern.quote(host) + ":[0-9]{1,5}");
    }

    private static boolean isRead(String type) {
        String plain = type.strip().toLowerCase(Locale.ROOT);
        return UNREAD.stream().noneMatch(plain::startsWith);
    }

    private static boolean isSound(List<HeaderField> fields) {
        return fields.stream().allMatch(f -> Syntax.isToken(f.name()) && Syntax.isFieldValue(f.value()));
    }
}
