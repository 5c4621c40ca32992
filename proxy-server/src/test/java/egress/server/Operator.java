package egress.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.testkit.client.RawClient;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Whoever runs a gate, with its page: what the page asks and sends, by hand. */
public final class Operator {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** The agent may be a program that takes its time to start. */
    private static final int PATIENCE_SECONDS = 60;

    private final ProxyUnderTest gate;
    private final String fields;

    private Operator(ProxyUnderTest gate, String fields) {
        this.gate = gate;
        this.fields = fields;
    }

    /** Of a gate with {@code --inspect}. */
    public static Operator of(ProxyUnderTest gate) {
        String url = gate.gate().inspector().orElseThrow().url();
        return new Operator(
                gate, "Host: localhost\r\nAuthorization: Bearer " + url.substring(url.indexOf('=') + 1) + "\r\n");
    }

    /** What lets a request in to the page. */
    public String fields() {
        return fields;
    }

    /** Every exchange that the page holds, the oldest first. */
    public List<JsonNode> flows() throws IOException {
        List<JsonNode> flows = new ArrayList<>();
        for (int number = 1; ; number++) {
            try (RawClient admin = RawClient.connect(gate.admin())) {
                ReceivedResponse response = admin.send(
                                "GET /inspect/api/flows/" + number + " HTTP/1.1\r\n" + fields + "\r\n")
                        .readResponse("GET");
                if (response.status() != 200) {
                    return flows;
                }
                JsonNode flow = JSON.readTree(response.text());
                if (flow.has("request")) {
                    flows.add(flow);
                }
            }
        }
    }

    /** Every open question. */
    public JsonNode open() throws IOException {
        try (RawClient admin = RawClient.connect(gate.admin())) {
            return JSON.readTree(admin.send("GET /inspect/api/asks HTTP/1.1\r\n" + fields + "\r\n")
                            .readResponse("GET")
                            .text())
                    .path("asks");
        }
    }

    /** Waits for a question, and gives it. */
    public JsonNode await(Predicate<JsonNode> wanted) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() - end < 0) {
            for (JsonNode question : open()) {
                if (wanted.test(question)) {
                    return question;
                }
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
        throw new AssertionError("no such question came, but " + open());
    }

    /**
     * Answers.
     *
     * @param fieldsOfJson such as {@code "answer":"once"}
     */
    public ReceivedResponse answer(String id, String fieldsOfJson) throws IOException {
        byte[] body = ("{\"id\":\"" + id + "\"," + fieldsOfJson + "}").getBytes(StandardCharsets.UTF_8);
        try (RawClient admin = RawClient.connect(gate.admin())) {
            return admin.send("POST /inspect/api/asks/answer HTTP/1.1\r\n" + fields + "Content-Length: " + body.length
                            + "\r\n\r\n")
                    .send(body)
                    .readResponse("POST");
        }
    }
}
