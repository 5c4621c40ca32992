package egress.server.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which version of MCP a message is in. Since 2026-07-28 each request names it itself, in the fields of its head too, which must agree
 * with the body; before, {@code initialize} settles it.
 */
final class McpVersions {
    /** Without a handshake. */
    static final String STATELESS = "2026-07-28";
    /** With a handshake, the latest first. */
    static final List<String> HANDSHAKE = List.of("2025-11-25", "2025-06-18", "2025-03-26");

    static final String FIELD = "mcp-protocol-version";
    static final String METHOD_FIELD = "mcp-method";
    static final String NAME_FIELD = "mcp-name";
    static final String META = "_meta";
    static final String VERSION_KEY = "io.modelcontextprotocol/protocolVersion";
    static final String CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities";
    static final String SERVER_KEY = "io.modelcontextprotocol/serverInfo";

    private static final String WITH_BATCHES = "2025-03-26";
    private static final String CODED = "=?base64?";
    private static final String CODED_END = "?=";

    private McpVersions() {}

    /** Whether the message is of a version without a handshake. */
    static boolean isStateless(JsonNode message, HttpHeaders fields) {
        return STATELESS.equals(fields.get(FIELD))
                || message.path("params").path(META).has(VERSION_KEY);
    }

    /** Whether several messages may come at once: in one version, and where none is named, which means that one. */
    static boolean takesBatches(HttpHeaders fields) {
        return WITH_BATCHES.equals(fields.get(FIELD, WITH_BATCHES));
    }

    /** Why a request cannot be served for its version; empty where it can. */
    static Optional<McpFault> fault(JsonNode request, HttpHeaders fields) {
        List<String> named = fields.getAll(FIELD);
        if (named.size() > 1) {
            return mismatch(FIELD);
        }
        if (isStateless(request, fields)) {
            return statelessFault(request, fields);
        }
        return named.isEmpty() || HANDSHAKE.contains(named.getFirst())
                ? Optional.empty()
                : Optional.of(unknown(named.getFirst()));
    }

    private static Optional<McpFault> statelessFault(JsonNode request, HttpHeaders fields) {
        JsonNode meta = request.path("params").path(META);
        JsonNode version = meta.path(VERSION_KEY);
        if (!version.isTextual() || !meta.path(CAPABILITIES_KEY).isObject()) {
            return Optional.of(new McpFault(
                    McpFault.WRONG_PARAMETERS,
                    META + " (expected: an object with " + VERSION_KEY + " and " + CAPABILITIES_KEY + ")"));
        }
        if (!version.textValue().equals(only(fields, FIELD))) {
            return mismatch(FIELD);
        }
        if (!request.path("method").asText().equals(only(fields, METHOD_FIELD))) {
            return mismatch(METHOD_FIELD);
        }
        JsonNode name = request.path("params").path("name");
        if (name.isTextual() && !name.textValue().equals(decoded(only(fields, NAME_FIELD)))) {
            return mismatch(NAME_FIELD);
        }
        return version.textValue().equals(STATELESS) ? Optional.empty() : Optional.of(unknown(version.textValue()));
    }

    private static Optional<McpFault> mismatch(String field) {
        return Optional.of(new McpFault(
                McpFault.FIELD_MISMATCH, "the field " + field + " says something else than the body, or comes twice"));
    }

    private static McpFault unknown(String version) {
        return new McpFault(McpFault.NO_VERSION, "Unsupported protocol version", json -> {
            json.writeArrayFieldStart("supported");
            json.writeString(STATELESS);
            for (String known : HANDSHAKE) {
                json.writeString(known);
            }
            json.writeEndArray();
            json.writeStringField("requested", version);
        });
    }

    private static @Nullable String only(HttpHeaders fields, String name) {
        List<String> values = fields.getAll(name);
        return values.size() == 1 ? values.getFirst() : null;
    }

    /** What a field carries that had to be coded, since it is not plain ASCII. */
    private static @Nullable String decoded(@Nullable String value) {
        if (value == null || !value.startsWith(CODED) || !value.endsWith(CODED_END)) {
            return value;
        }
        try {
            String payload = value.substring(CODED.length(), value.length() - CODED_END.length());
            return new String(Base64.getDecoder().decode(payload), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException | StringIndexOutOfBoundsException e) {
            return null;
        }
    }

    /** A value as a field carries it. */
    static String coded(String value) {
        boolean plain = value.chars().allMatch(c -> c >= ' ' && c < 0x7f)
                && value.equals(value.strip())
                && !value.startsWith(CODED);
        return plain
                ? value
                : CODED + Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8)) + CODED_END;
    }
}
