package egress.dlp;

import java.util.List;

/**
 * A request as the agent made it, before any credential is injected.
 *
 * @param host normalised host, no port
 * @param method as sent
 * @param target origin-form: path and query as sent, one ISO-8859-1 character a byte
 * @param fields in their order, pseudo-fields left out; Content-Type and Content-Encoding are read from here
 * @param body content as sent, still content-coded
 * @param trailers in their order
 * @param openLabels how many labels at the front of the host the caller chose, since only a pattern allows them
 */
public record ScanRequest(
        String host,
        String method,
        String target,
        List<HeaderField> fields,
        BodySource body,
        List<HeaderField> trailers,
        ScanOptions options,
        int openLabels) {

    /** To a host that is allowed by its name. */
    public ScanRequest(
            String host,
            String method,
            String target,
            List<HeaderField> fields,
            BodySource body,
            List<HeaderField> trailers,
            ScanOptions options) {
        this(host, method, target, fields, body, trailers, options, 0);
    }

    public ScanRequest {
        fields = List.copyOf(fields);
        trailers = List.copyOf(trailers);
    }

    /** The head alone, as it is scanned before any DNS query. */
    public static ScanRequest head(
            String host, String method, String target, List<HeaderField> fields, ScanOptions options) {
        return new ScanRequest(host, method, target, fields, BodySource.empty(), List.of(), options);
    }

    /** The trailers of a body whose other parts were scanned before. */
    public ScanRequest trailersAlone(List<HeaderField> late) {
        return new ScanRequest(host, method, target, fields, BodySource.empty(), late, options);
    }

    /** Body and trailers only, with the fields that describe the body. */
    public ScanRequest withoutHead() {
        List<HeaderField> content = fields.stream()
                .filter(f -> f.name().regionMatches(true, 0, "content-", 0, 8))
                .toList();
        return new ScanRequest("", "", "", content, body, trailers, options);
    }

    public ScanRequest withOptions(ScanOptions other) {
        return new ScanRequest(host, method, target, fields, body, trailers, other, openLabels);
    }

    public ScanRequest withOpenLabels(int open) {
        return new ScanRequest(host, method, target, fields, body, trailers, options, open);
    }

    public String path() {
        int question = target.indexOf('?');
        return question < 0 ? target : target.substring(0, question);
    }

    /** What follows the first {@code ?}; empty when there is none. */
    public String query() {
        int question = target.indexOf('?');
        return question < 0 ? "" : target.substring(question + 1);
    }

    @Override
    public String toString() {
        return "ScanRequest[" + fields.size() + " fields, body " + body.length() + "]";
    }
}
