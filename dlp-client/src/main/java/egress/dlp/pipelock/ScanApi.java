package egress.dlp.pipelock;

import com.fasterxml.jackson.databind.JsonNode;
import egress.dlp.HeaderField;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.util.List;

/** pipelock's scan API: one URL or one text a question. */
final class ScanApi implements Closeable {
    private static final String PATH = "/api/v1/scan";

    private final HttpClient client;
    private final String path;
    private final List<HeaderField> fields;

    ScanApi(URI base, String token, int connections) {
        String given = base.getRawPath();
        this.path = given == null || given.isEmpty() || given.equals("/") ? PATH : given;
        this.client = new HttpClient(base, connections);
        this.fields = List.of(
                new HeaderField("Host", client.authority()),
                new HeaderField("Authorization", "Bearer " + token),
                new HeaderField("Content-Type", "application/json"));
    }

    /** Asks for the request's URL, with its host; what has no host has no URL. */
    ScanVerdict url(ScanRequest request, Deadline deadline) throws IOException {
        if (request.host().isEmpty()) {
            return ScanVerdict.clean();
        }
        return url("https://" + authority(request.host()) + RequestRendering.target(request), deadline);
    }

    ScanVerdict url(String url, Deadline deadline) throws IOException {
        return ask("url", "url", url, deadline);
    }

    /** Asks about a text; an empty one has no findings. */
    ScanVerdict text(String text, Deadline deadline) throws IOException {
        return text.isEmpty() ? ScanVerdict.clean() : ask("dlp", "text", text, deadline);
    }

    /** The host as it stands in a URL: an IPv6 address in brackets. */
    static String authority(String host) {
        return host.indexOf(':') != host.lastIndexOf(':') && !host.startsWith("[") ? "[" + host + "]" : host;
    }

    private ScanVerdict ask(String kind, String member, String text, Deadline deadline) throws IOException {
        RequestBody body = RequestBody.of(JsonBodies.question(kind, member, text));
        HttpResponse answer = client.ask(new HttpRequest("POST", path, fields, body, true, status -> true), deadline);
        JsonNode said;
        try {
            said = JsonBodies.answer(answer.body());
        } catch (IOException notJson) {
            return PipelockClient.unavailable(answer, "");
        }
        if (answer.status() != 200) {
            return PipelockClient.unavailable(
                    answer, Reasons.text(said.path("errors").path(0), "code"));
        }
        boolean completed = Reasons.text(said, "status").equals("completed")
                && Reasons.text(said, "kind").equals(kind);
        String decision = Reasons.text(said, "decision");
        if (completed && decision.equals("allow")) {
            return ScanVerdict.clean();
        }
        if (completed && decision.equals("deny")) {
            String message = Reasons.text(said.path("findings").path(0), "message");
            return PipelockClient.denied(Reasons.of(answer, message));
        }
        return PipelockClient.unavailable(answer, "");
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
