package egress.dlp.pipelock;

import com.fasterxml.jackson.databind.JsonNode;
import egress.dlp.HeaderField;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Clean;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Through pipelock's reverse proxy to our own sink: only a question that arrives there, unchanged, was allowed. */
final class ReverseProxyClient implements PipelockClient {
    /** Bodies that are held as strings at a time. */
    private static final int FLATTENED_AT_ONCE = 2;

    private final HttpClient client;
    private final Sink sink;
    private final long maxBody;
    private final Semaphore flattening = new Semaphore(FLATTENED_AT_ONCE);

    ReverseProxyClient(PipelockSettings settings, Sink sink) {
        this.client = new HttpClient(settings.base(), settings.connections());
        this.sink = sink;
        this.maxBody = settings.maxBody();
    }

    @Override
    public ScanVerdict ask(ScanRequest request, Deadline deadline) throws IOException {
        if (RequestRendering.hasLineBreak(request)) {
            return PipelockClient.denied("encoded CR or LF in URL");
        }
        DecodedBody body = DecodedBody.of(request, maxBody);
        ScanVerdict asItIs = put(
                RequestRendering.method(request),
                RequestRendering.target(request),
                RequestRendering.fields(request, true),
                body,
                deadline);
        ScanVerdict read = asItIs instanceof Clean && !body.isEmpty() ? again(request, body, deadline) : asItIs;
        return read instanceof Clean && body.isTextOnTheWire() ? put("text/plain", body.onTheWire(), deadline) : read;
    }

    // What pipelock cannot read in its original form is sent once more in a form that it can.
    private ScanVerdict again(ScanRequest request, DecodedBody body, Deadline deadline) throws IOException {
        List<String> types = Syntax.values(request.fields(), "content-type");
        boolean declared = types.size() == 1 && JsonBodies.isDeclared(types.getFirst());
        JsonBodies.Shape shape = shape(body);
        if (shape == JsonBodies.Shape.NOT_JSON) {
            return declared ? put("text/plain", body, deadline) : ScanVerdict.clean();
        }
        if (shape == JsonBodies.Shape.PLAIN && declared) {
            return ScanVerdict.clean();
        }
        return flat(body, declared, deadline);
    }

    private ScanVerdict flat(DecodedBody body, boolean declared, Deadline deadline) throws IOException {
        acquire(deadline);
        byte[] flat;
        try (InputStream in = body.open()) {
            flat = JsonBodies.strings(in).flat();
        } catch (BodyRefusedException tooMuch) {
            if (declared) {
                throw tooMuch;
            }
            return ScanVerdict.clean();
        } finally {
            flattening.release();
        }
        return put("application/json", RequestBody.of(flat), deadline);
    }

    private static JsonBodies.Shape shape(DecodedBody body) throws IOException {
        try (InputStream in = body.open()) {
            return JsonBodies.shape(in);
        }
    }

    private ScanVerdict put(String type, RequestBody body, Deadline deadline) throws IOException {
        return put("POST", "/", List.of(new HeaderField("Content-Type", type)), body, deadline);
    }

    private ScanVerdict put(String method, String target, List<HeaderField> fields, RequestBody body, Deadline deadline)
            throws IOException {
        try (Sink.Asked asked = sink.open()) {
            List<HeaderField> all = new ArrayList<>(fields.size() + 2);
            all.add(new HeaderField("Host", client.authority()));
            all.add(new HeaderField(Sink.QUESTION, asked.id()));
            all.addAll(fields);
            HttpRequest question = new HttpRequest(method, target, all, asked.watched(body), true, status -> true);
            HttpResponse answer = client.ask(question, deadline);
            return asked.granted(answer) ? ScanVerdict.clean() : refusal(answer, asked, method);
        }
    }

    private ScanVerdict refusal(HttpResponse answer, Sink.Asked asked, String method) {
        if (asked.hasChanged()) {
            return PipelockClient.unavailable("changes what it lets through (its redaction must be off)");
        }
        JsonNode said;
        try {
            said = JsonBodies.answer(answer.body());
        } catch (IOException notJson) {
            return PipelockClient.unavailable(answer, "");
        }
        String reason = Reasons.text(said, "block_reason");
        boolean blocked = said.path("blocked").asBoolean(false) || method.equals("HEAD");
        if (answer.status() == 403 && blocked) {
            return PipelockClient.denied(Reasons.of(answer, reason));
        }
        if (answer.status() == 502) {
            return PipelockClient.unavailable("cannot reach the sink at " + Sink.words(sink.address()));
        }
        return PipelockClient.unavailable(answer, reason.isEmpty() ? Reasons.text(said, "error") : reason);
    }

    private void acquire(Deadline deadline) throws IOException {
        try {
            if (flattening.tryAcquire(deadline.left(), TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new IOException("too many bodies to be read at once");
    }

    @Override
    public void close() throws IOException {
        client.close();
        sink.close();
    }
}
