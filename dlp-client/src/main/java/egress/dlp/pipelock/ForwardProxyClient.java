package egress.dlp.pipelock;

import egress.dlp.HeaderField;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.ScanVerdict.Refused;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Through pipelock's forward proxy. It sends what it allows to the host, in clear text, so any answer of the host means "allowed";
 * a block is known by its form alone.
 */
final class ForwardProxyClient implements PipelockClient {
    private static final List<String> BLOCKS = List.of("blocked: ", "session anomaly: ", "airlock: ");
    private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS", "TRACE");
    /** As text/plain these come from the server under pipelock, which refused the request before anything was scanned. */
    private static final Set<Integer> NOT_SCANNED = Set.of(400, 405, 408, 413, 414, 417, 431, 500, 501, 505);

    private final HttpClient client;
    private final long maxBody;

    ForwardProxyClient(PipelockSettings settings) {
        this.client = new HttpClient(settings.base(), settings.connections());
        this.maxBody = settings.maxBody();
    }

    @Override
    public ScanVerdict ask(ScanRequest request, Deadline deadline) throws IOException {
        if (request.host().isEmpty()) {
            return PipelockClient.unavailable("the forward way takes whole requests only, with their host");
        }
        DecodedBody body = DecodedBody.of(request, maxBody);
        if (!body.isEmpty() && isHiding(body)) {
            return new Refused(
                    Reason.BUDGET_SPENT,
                    "pipelock: JSON with a key twice, or deeper than it reads, by the forward way");
        }
        if (body.isTextOnTheWire()) {
            return new Refused(
                    Reason.BUDGET_SPENT,
                    "pipelock: a coded body that is a text as it stands too, of which only one is asked by the forward way");
        }
        String host = ScanApi.authority(request.host());
        List<HeaderField> fields = new ArrayList<>();
        fields.add(new HeaderField("Host", host));
        fields.addAll(RequestRendering.fields(request, false));
        String method = RequestRendering.method(request);
        HttpRequest question = new HttpRequest(
                method,
                "http://" + host + RequestRendering.target(request),
                fields,
                body,
                SAFE.contains(method),
                status -> status == 403 || status == 429 || status == 503);
        return verdict(client.ask(question, deadline), method);
    }

    private static boolean isHiding(DecodedBody body) throws IOException {
        try (InputStream in = body.open()) {
            return JsonBodies.shape(in) == JsonBodies.Shape.HIDING;
        }
    }

    private static ScanVerdict verdict(HttpResponse answer, String method) {
        int status = answer.status();
        String text = answer.body();
        // The answer to HEAD does not carry the words that a block is known by (RFC 9110 §9.3.2).
        boolean blocked = answer.isPlainText()
                && (method.equals("HEAD") || BLOCKS.stream().anyMatch(text::startsWith));
        if (status == 403
                && (blocked || !answer.values("x-pipelock-block-reason").isEmpty())) {
            return PipelockClient.denied(Reasons.of(answer, text));
        }
        boolean noType = answer.values("content-type").isEmpty();
        boolean notScanned = NOT_SCANNED.contains(status) && (answer.isPlainText() || noType);
        if (notScanned || status == 407 || status == 429 || (status >= 502 && status <= 504)) {
            return PipelockClient.unavailable(answer, answer.isPlainText() ? text : "");
        }
        return ScanVerdict.clean();
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
