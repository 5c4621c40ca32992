package egress.dlp;

import egress.dlp.Finding.Span;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Masks what a scan with {@link ScanOptions#everyHit} found, without reading or copying the body. */
public final class Redactor {
    private static final String MASK = "********";
    private static final BodySource MASK_BYTES = BodySource.of(MASK.getBytes(StandardCharsets.ISO_8859_1));
    private static final Set<String> BODY_DIGESTS = Set.of("content-md5", "digest", "content-digest", "repr-digest");

    private Redactor() {}

    /**
     * Masks each finding that blocks in body, field values, path and query; of a known secret, the word that it stands in. What stands
     * nowhere verbatim, or stands in a field's name, the host, the method or a content-coded body, cannot be rewritten.
     */
    public static Redaction redact(ScanRequest request, List<Finding> findings) {
        List<Span> path = new ArrayList<>();
        List<Span> query = new ArrayList<>();
        List<Span> fields = new ArrayList<>();
        List<Span> trailers = new ArrayList<>();
        List<Span> body = new ArrayList<>();
        for (Finding hit : findings) {
            if (!hit.blocks()) {
                continue;
            }
            List<Span> into = switch (hit.place()) {
                case Place.Path p -> path;
                case Place.Query q -> query;
                case Place.Field f -> fields;
                case Place.Trailer t -> trailers;
                case Place.Body b when !contentCoded(request) -> body;
                case Place.Body b -> null;
                case Place.Host h -> null;
                case Place.Method m -> null;
                case Place.Fields f -> null;
                case Place.Trailers t -> null;
                case Place.WebSocket w -> null;
                case Place.Message m -> null;
                case Place.Sequence s -> null;
                case Place.Response r -> null;
            };
            Optional<Span> span = into == null ? Optional.empty() : span(request, hit);
            if (into == null || span.isEmpty()) {
                return new Redaction.NotRewritable(hit);
            }
            into.add(span.get());
        }
        return rewritten(request, path, query, fields, trailers, body);
    }

    /**
     * Whether a part of a known secret can be masked without telling how far it went: where it holds or touches what ends a word, the
     * next word would be masked or not. Where all of the secret occurs, this reveals nothing.
     */
    public static boolean masks(byte[] secret, int from, int to, Place place) {
        boolean whole = from == 0 && to == secret.length;
        for (int i = Math.max(0, from - 1); !whole && i < Math.min(secret.length, to + 1); i++) {
            if (MaskedSpan.ends(secret[i], place instanceof Place.Path)) {
                return false;
            }
        }
        return true;
    }

    private static Optional<Span> span(ScanRequest request, Finding hit) {
        if (hit.category() != Detector.KNOWN_SECRETS || hit.span().isEmpty()) {
            return hit.span();
        }
        Span span = hit.span().get();
        return switch (hit.place()) {
            case Place.Path p -> Optional.of(MaskedSpan.around(request.path(), span, true));
            case Place.Query q -> Optional.of(MaskedSpan.around(request.query(), span, false));
            case Place.Field f ->
                Optional.of(MaskedSpan.around(request.fields().get(span.index()).value(), span, false));
            case Place.Trailer t ->
                Optional.of(
                        MaskedSpan.around(request.trailers().get(span.index()).value(), span, false));
            case Place.Body b -> MaskedSpan.around(request.body(), span);
            case Place.Host h -> Optional.empty();
            case Place.Method m -> Optional.empty();
            case Place.Fields f -> Optional.empty();
            case Place.Trailers t -> Optional.empty();
            case Place.WebSocket w -> Optional.empty();
            case Place.Message m -> Optional.empty();
            case Place.Sequence s -> Optional.empty();
            case Place.Response r -> Optional.empty();
        };
    }

    private static Redaction rewritten(
            ScanRequest request,
            List<Span> path,
            List<Span> query,
            List<Span> fields,
            List<Span> trailers,
            List<Span> body) {
        String target = masked(request.path(), path);
        if (request.target().indexOf('?') >= 0) {
            target += '?' + masked(request.query(), query);
        }
        BodySource newBody = body.isEmpty() ? request.body() : masked(request.body(), body);
        List<HeaderField> newFields = masked(request.fields(), fields);
        if (!body.isEmpty()) {
            newFields = fitted(newFields, newBody.length());
        }
        ScanRequest masked = new ScanRequest(
                request.host(),
                request.method(),
                target,
                newFields,
                newBody,
                masked(request.trailers(), trailers),
                request.options(),
                request.openLabels());
        return new Redaction.Rewritten(masked, !body.isEmpty());
    }

    private static boolean contentCoded(ScanRequest request) {
        return request.fields().stream()
                .anyMatch(f -> f.name().equalsIgnoreCase("content-encoding")
                        && !f.value().isBlank()
                        && !f.value().strip().equalsIgnoreCase("identity"));
    }

    private static List<HeaderField> fitted(List<HeaderField> fields, long length) {
        return fields.stream()
                .filter(f -> !BODY_DIGESTS.contains(f.name().toLowerCase(Locale.ROOT)))
                .map(f -> f.name().equalsIgnoreCase("content-length")
                        ? new HeaderField(f.name(), Long.toString(length))
                        : f)
                .toList();
    }

    private static List<HeaderField> masked(List<HeaderField> fields, List<Span> spans) {
        if (spans.isEmpty()) {
            return fields;
        }
        List<HeaderField> out = new ArrayList<>(fields);
        for (int i = 0; i < fields.size(); i++) {
            int index = i;
            List<Span> here = spans.stream().filter(s -> s.index() == index).toList();
            if (!here.isEmpty()) {
                HeaderField f = fields.get(i);
                out.set(i, new HeaderField(f.name(), masked(f.value(), here)));
            }
        }
        return out;
    }

    private static String masked(String text, List<Span> spans) {
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (Span span : merged(spans)) {
            out.append(text, from, (int) span.start()).append(MASK);
            from = (int) span.end();
        }
        return out.append(text, from, text.length()).toString();
    }

    private static BodySource masked(BodySource body, List<Span> spans) {
        List<BodySource> parts = new ArrayList<>();
        long from = 0;
        for (Span span : merged(spans)) {
            parts.add(body.slice(from, span.start() - from));
            parts.add(MASK_BYTES);
            from = span.end();
        }
        parts.add(body.slice(from, body.length() - from));
        return BodySource.joined(parts);
    }

    private static List<Span> merged(List<Span> spans) {
        List<Span> sorted = new ArrayList<>(spans);
        sorted.sort(Comparator.comparingLong(Span::start));
        List<Span> out = new ArrayList<>();
        for (Span span : sorted) {
            Span last = out.isEmpty() ? null : out.getLast();
            if (last != null && span.start() <= last.end()) {
                out.set(out.size() - 1, new Span(0, last.start(), Math.max(last.end(), span.end())));
            } else {
                out.add(span);
            }
        }
        return out;
    }
}
