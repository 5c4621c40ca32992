package egress.dlp.pipelock;

import egress.dlp.HeaderField;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * One request to pipelock.
 *
 * @param fields with Host, without Content-Length and Transfer-Encoding
 * @param body what goes after them
 * @param repeatable whether it may be sent again when a kept-alive connection turns out to be dead
 * @param bodyWanted of which answers the body is read; after the others the connection is closed unless there is none
 */
record HttpRequest(
        String method,
        String target,
        List<HeaderField> fields,
        RequestBody body,
        boolean repeatable,
        IntPredicate bodyWanted) {

    HttpRequest {
        fields = List.copyOf(fields);
        boolean sound = Syntax.isToken(method)
                && Syntax.isTarget(target)
                && fields.stream().allMatch(f -> Syntax.isToken(f.name()) && Syntax.isFieldValue(f.value()));
        if (!sound) {
            throw new IllegalArgumentException("question: not an HTTP request (expected: what Syntax allows)");
        }
    }

    /** The head, with the framing that fits: a length of -1 goes chunked; an empty body says so only where one is usual. */
    byte[] head(long length) {
        StringBuilder head = new StringBuilder(512);
        head.append(method).append(' ').append(target).append(" HTTP/1.1\r\n");
        for (HeaderField field : fields) {
            head.append(field.name()).append(": ").append(field.value()).append("\r\n");
        }
        if (length < 0) {
            head.append("Transfer-Encoding: chunked\r\n");
        } else if (length > 0 || method.equals("POST") || method.equals("PUT") || method.equals("PATCH")) {
            head.append("Content-Length: ").append(length).append("\r\n");
        }
        return Syntax.bytes(head.append("\r\n").toString());
    }
}
