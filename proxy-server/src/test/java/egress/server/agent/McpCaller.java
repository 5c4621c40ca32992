package egress.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.server.ProxyUnderTest;
import egress.testkit.client.RawClient;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** An agent that speaks MCP by hand through a gate, as a proxy user or as nobody in particular. */
final class McpCaller implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RawClient client;
    private final String authorization;

    private McpCaller(RawClient client, String authorization) {
        this.client = client;
        this.authorization = authorization;
    }

    static McpCaller of(ProxyUnderTest gate) throws IOException {
        return new McpCaller(gate.connect(), "");
    }

    static McpCaller of(ProxyUnderTest gate, String user, String password) throws IOException {
        String pair = Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
        return new McpCaller(gate.connect(), "Proxy-Authorization: Basic " + pair + "\r\n");
    }

    /** Asks for anything; field lines each end with CR LF. */
    ReceivedResponse send(String method, String url, String fields, byte[] body) throws IOException {
        String length = method.equals("POST") ? "Content-Length: " + body.length + "\r\n" : "";
        return client.send(method + " " + url + " HTTP/1.1\r\nHost: " + host(url) + "\r\n" + authorization + fields
                        + length + "\r\n")
                .send(body)
                .readResponse(method);
    }

    ReceivedResponse get(String url) throws IOException {
        return send("GET", url, "", new byte[0]);
    }

    private static String host(String url) {
        return url.substring("http://".length()).split("/", 2)[0];
    }

    ReceivedResponse post(String fields, String body) throws IOException {
        return send(
                "POST",
                "http://_egress.local/mcp",
                "Content-Type: application/json\r\n" + fields,
                body.getBytes(StandardCharsets.UTF_8));
    }

    /** The answer to a message that has one. */
    JsonNode ask(String message) throws IOException {
        return json(post("MCP-Protocol-Version: 2025-06-18\r\n", message).text());
    }

    /** What a tool gives; its text and its structure say the same. */
    JsonNode call(String tool, String arguments) throws IOException {
        JsonNode result = ask("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                        + "\",\"arguments\":" + arguments + "}}")
                .path("result");
        assertThat(json(result.path("content").path(0).path("text").asText()))
                .isEqualTo(result.path("structuredContent"));
        return result;
    }

    static JsonNode json(String text) throws IOException {
        return JSON.readTree(text);
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
