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
final class SinkWay implements Asking {
    /** Bodies that are held as strings at a time. */
    private static final int FLATTENED_AT_ONCE = 2;

    private final HttpClient client;
    private final Sink sink;
    private final long maxBody;
    private final Semaphore flattening = new Semaphore(FLATTENED_AT_ONCE);

    SinkWay(PipelockSettings settings, Sink sink) {
        this.client = new HttpClient(settings.base(), settings.connections());
        this.sink = sink;
        this.maxBody = settings.maxBody();
    }

    @Override
    public ScanVerdict ask(ScanRequest request, Deadline deadline) throws IOException {
        if (Dress.hasLineBreak(request)) {
            return Asking.denied("encoded CR or LF in URL");
        }
        AskedBody body = AskedBody.of(request, maxBody);
        ScanVerdict asItIs =
                put(Dress.method(request), Dress.target(request), Dress.fields(request, true), body, deadline);
        ScanVerdict read = asItIs instanceof Clean && !body.isEmpty() ? again(request, body, deadline) : asItIs;
        return read instanceof Clean && body.isTextOnTheWire() ? put("text/plain", body.onTheWire(), deadline) : read;
    }

    // What pipelock does not read as it came is put to it once more, so that it does.
    private ScanVerdict again(ScanRequest request, AskedBody body, Deadline deadline) throws IOException {
        List<String> types = Syntax.values(request.fields(), "content-type");
        boolean declared = types.size() == 1 && Json.isDeclared(types.getFirst());
        Json.Shape shape = shape(body);
        if (shape == Json.Shape.NOT_JSON) {
            return declared ? put("text/plain", body, deadline) : ScanVerdict.clean();
        }
        if (shape == Json.Shape.PLAIN && declared) {
            return ScanVerdict.clean();
        }
        return flat(body, declared, deadline);
    }

    private ScanVerdict flat(AskedBody body, boolean declared, Deadline deadline) throws IOException {
        acquire(deadline);
        byte[] flat;
        try (InputStream in = body.open()) {
            flat = Json.strings(in).flat();
        } catch (BodyRefusedException tooMuch) {
            if (declared) {
                throw tooMuch;
            }
            return ScanVerdict.clean();
        } finally {
            flattening.release();
        }
        return put("application/json", QuestionBody.of(flat), deadline);
    }

    private static Json.Shape shape(AskedBody body) throws IOException {
        try (InputStream in = body.open()) {
            return Json.shape(in);
        }
    }

    private ScanVerdict put(String type, QuestionBody body, Deadline deadline) throws IOException {
        return put("POST", "/", List.of(new HeaderField("Content-Type", type)), body, deadline);
    }

    private ScanVerdict put(
            String method, String target, List<HeaderField> fields, QuestionBody body, Deadline deadline)
            throws IOException {
        try (Sink.Asked asked = sink.open()) {
            List<HeaderField> all = new ArrayList<>(fields.size() + 2);
            all.add(new HeaderField("Host", client.authority()));
            all.add(new HeaderField(Sink.QUESTION, asked.id()));
            all.addAll(fields);
            HttpQuestion question = new HttpQuestion(method, target, all, asked.watched(body), true, status -> true);
            HttpAnswer answer = client.ask(question, deadline);
            return asked.granted(answer) ? ScanVerdict.clean() : refusal(answer, asked, method);
        }
    }

    private ScanVerdict refusal(HttpAnswer answer, Sink.Asked asked, String method) {
        if (asked.hasChanged()) {
            return Asking.unavailable("changes what it lets through (its redaction must be off)");
        }
        JsonNode said;
        try {
            said = Json.answer(answer.body());
        } catch (IOException notJson) {
            return Asking.unavailable(answer, "");
        }
        String reason = Reasons.text(said, "block_reason");
        boolean blocked = said.path("blocked").asBoolean(false) || method.equals("HEAD");
        if (answer.status() == 403 && blocked) {
            return Asking.denied(Reasons.of(answer, reason));
        }
        if (answer.status() == 502) {
            return Asking.unavailable("cannot reach the sink at " + Sink.words(sink.address()));
        }
        return Asking.unavailable(answer, reason.isEmpty() ? Reasons.text(said, "error") : reason);
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
