package egress.server.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.exchange.LocalSite;
import egress.http.Printable;
import egress.server.json.AsciiJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Brings MCP's messages from standard input to the gate's MCP server, through the proxy, and its answers back: for clients that know
 * programs alone, or ignore proxies. One line, one message.
 */
public final class McpBridge {
    private static final int CONNECT_MILLIS = 10_000;
    private static final int READ_MILLIS = 60_000;
    /** Of an answer; the longest of the gate's is a part of it. */
    private static final int MOST_ANSWER = 16 << 20;

    private static final int FAILED = -32_000;

    private final URI server = URI.create("http://" + LocalSite.HOST + AgentSite.MCP);
    private final ObjectMapper mapper = new ObjectMapper();
    private final Proxy proxy;
    private final Optional<String> authorization;
    private Optional<String> version = Optional.empty();

    /** @param proxy {@code http://HOST:PORT}, with {@code USER:PASSWORD@} where the gate asks for them */
    public McpBridge(URI proxy) {
        int port = proxy.getPort() < 0 ? 80 : proxy.getPort();
        this.proxy = new Proxy(Proxy.Type.HTTP, new InetSocketAddress(proxy.getHost(), port));
        this.authorization = Optional.ofNullable(proxy.getRawUserInfo())
                .map(user -> URLDecoder.decode(user.replace("+", "%2B"), StandardCharsets.UTF_8))
                .map(user -> "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8)));
    }

    /** Goes on until the input ends. */
    public void relay(InputStream in, OutputStream out) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int octet = in.read();
        while (octet >= 0) {
            if (octet == '\n') {
                relay(line.toByteArray(), out);
                line.reset();
            } else if (line.size() <= LocalSite.MOST_BODY) {
                line.write(octet);
            }
            octet = in.read();
        }
        relay(line.toByteArray(), out);
    }

    private void relay(byte[] message, OutputStream out) throws IOException {
        if (new String(message, StandardCharsets.UTF_8).isBlank()) {
            return;
        }
        String answer;
        if (message.length > LocalSite.MOST_BODY) {
            answer = fault(null, "a message has at most " + LocalSite.MOST_BODY + " bytes");
        } else {
            JsonNode asked = read(message);
            answer = ask(message, asked);
            if (asked != null && asked.path("method").asText().equals("initialize")) {
                JsonNode said = read(answer.getBytes(StandardCharsets.UTF_8));
                version = Optional.ofNullable(said)
                        .map(it -> it.path("result").path("protocolVersion").textValue());
            }
        }
        if (!answer.isEmpty()) {
            out.write((answer.replace("\r", "").replace('\n', ' ').strip() + "\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
    }

    private @Nullable JsonNode read(byte[] message) {
        try {
            return mapper.readTree(new String(message, StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            return null; // the server says so
        }
    }

    /** The answer, which is empty where there is none. */
    private String ask(byte[] message, @Nullable JsonNode asked) {
        try {
            HttpURLConnection connection = (HttpURLConnection) server.toURL().openConnection(proxy);
            connection.setConnectTimeout(CONNECT_MILLIS);
            connection.setReadTimeout(READ_MILLIS);
            connection.setInstanceFollowRedirects(false);
            connection.setDoOutput(true);
            connection.setFixedLengthStreamingMode(message.length); // so that nothing is sent twice
            connection.setRequestProperty("Content-Type", "application/json");
            connection.setRequestProperty("Accept", "application/json, text/event-stream");
            fields(asked, connection);
            authorization.ifPresent(it -> connection.setRequestProperty("Proxy-Authorization", it));
            try (OutputStream body = connection.getOutputStream()) {
                body.write(message);
            }
            int status = connection.getResponseCode();
            InputStream from = status < 400 ? connection.getInputStream() : connection.getErrorStream();
            String body = from == null ? "" : new String(from.readNBytes(MOST_ANSWER), StandardCharsets.UTF_8);
            boolean json = String.valueOf(connection.getContentType()).startsWith("application/json");
            if (status == 202 || json) {
                return status == 202 ? "" : body;
            }
            return fault(asked, "the gate answered " + status + ": " + Printable.line(body.strip()));
        } catch (IOException e) {
            return fault(
                    asked,
                    "the gate cannot be asked by " + proxy.address() + ": "
                            + Printable.line(String.valueOf(e.getMessage())));
        }
    }

    /** What HTTP says beside a message: its version and, where the message itself names that, its method and name. */
    private void fields(@Nullable JsonNode asked, HttpURLConnection connection) {
        JsonNode message = asked == null ? mapper.missingNode() : asked;
        JsonNode parameters = message.path("params");
        JsonNode own = parameters.path(McpVersions.META).path(McpVersions.VERSION_KEY);
        if (!own.isTextual()) {
            version.ifPresent(it -> connection.setRequestProperty(McpVersions.FIELD, it));
            return;
        }
        connection.setRequestProperty(McpVersions.FIELD, McpVersions.coded(own.textValue()));
        connection.setRequestProperty(
                McpVersions.METHOD_FIELD,
                McpVersions.coded(message.path("method").asText()));
        if (parameters.path("name").isTextual()) {
            connection.setRequestProperty(
                    McpVersions.NAME_FIELD,
                    McpVersions.coded(parameters.path("name").textValue()));
        }
    }

    /** The error in place of an answer; nothing for a message that asks for none. */
    private static String fault(@Nullable JsonNode asked, String words) {
        JsonNode id = asked == null ? null : asked.get("id");
        if (asked != null && id == null) {
            return "";
        }
        return AsciiJson.object(json -> {
            json.writeStringField("jsonrpc", "2.0");
            json.writeFieldName("id");
            json.writeRawValue(id == null ? "null" : id.toString());
            json.writeObjectFieldStart("error");
            json.writeNumberField("code", FAILED);
            json.writeStringField("message", words);
            json.writeEndObject();
        });
    }
}
