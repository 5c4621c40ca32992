package egress.server.agent;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import egress.exchange.LocalSite;
import egress.http.Printable;
import egress.server.json.AsciiJson;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * JSON-RPC 2.0 as MCP speaks it, for a server that has tools and nothing else. It keeps no state between requests, so that there is no
 * session to take over.
 */
final class McpProtocol {
    private static final int MOST_IN_A_BATCH = 16;
    private static final int DEEPEST = 32;
    private static final int LONGEST_NUMBER = 100;
    private static final int LONGEST_NAME = 1_000;

    private static final String INSTRUCTIONS =
            "You reach the network through an egress gate, which lets out what its routes"
                    + " allow. A request that it denies is answered by the gate itself: X-Egress-Deny has the code, the body the"
                    + " reason. Look up what is allowed with egress_status, and why something was denied with egress_explain."
                    + " Where X-Egress-Hint is \"ask\", egress_ask puts a question to the person who runs the gate: say truthfully"
                    + " and shortly what you need it for, ask for as little as does, then look at the answer with"
                    + " egress_ask_result. Only that person can allow anything; a no is final for the time being.";

    private final ObjectMapper mapper = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxDocumentLength(LocalSite.MOST_BODY)
                            .maxStringLength(LocalSite.MOST_BODY)
                            .maxNestingDepth(DEEPEST)
                            .maxNumberLength(LONGEST_NUMBER)
                            .maxNameLength(LONGEST_NAME)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private final List<Tool> tools;
    private final String version;

    /** @param version of the program */
    McpProtocol(List<Tool> tools, String version) {
        this.tools = List.copyOf(tools);
        this.version = version;
    }

    /**
     * @param status of HTTP
     * @param body empty where nothing is answered
     */
    record Reply(int status, String body) {
        private static final Reply TAKEN = new Reply(202, "");

        private static Reply malformed(String id, int code, String words) {
            return new Reply(400, fault(id, new McpFault(code, words)));
        }
    }

    /** What a call of a method gives. */
    private sealed interface Outcome {
        record Result(AsciiJson.Writes fields) implements Outcome {}

        record Fault(McpFault fault) implements Outcome {
            Fault(int code, String words) {
                this(new McpFault(code, words));
            }
        }
    }

    /** Answers a whole body, whose head had these fields. */
    Reply answer(Tool.Asker asker, HttpHeaders fields, byte[] body) {
        JsonNode root;
        try {
            root = mapper.readTree(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString());
        } catch (CharacterCodingException e) {
            return Reply.malformed("null", McpFault.NOT_JSON, "the body is not in UTF-8");
        } catch (JsonProcessingException e) {
            return Reply.malformed("null", McpFault.NOT_JSON, "the body is not JSON within bounds");
        }
        if (!root.isArray()) {
            return one(asker, fields, root);
        }
        if (!McpVersions.takesBatches(fields) || root.isEmpty() || root.size() > MOST_IN_A_BATCH) {
            return Reply.malformed("null", McpFault.NO_REQUEST, "expected: one message");
        }
        List<String> answers = new ArrayList<>();
        root.forEach(message -> {
            String answer = one(asker, fields, message).body();
            if (!answer.isEmpty()) {
                answers.add(answer);
            }
        });
        return answers.isEmpty() ? Reply.TAKEN : new Reply(200, "[" + String.join(",", answers) + "]");
    }

    private Reply one(Tool.Asker asker, HttpHeaders fields, JsonNode message) {
        JsonNode id = message.path("id");
        boolean named = id.isTextual() || id.isIntegralNumber();
        JsonNode method = message.path("method");
        if (!message.path("jsonrpc").asText().equals("2.0")) {
            return Reply.malformed(named ? id.toString() : "null", McpFault.NO_REQUEST, "jsonrpc (expected: \"2.0\")");
        }
        if (method.isMissingNode() && (message.has("result") || message.has("error"))) {
            return Reply.TAKEN; // nothing was asked of the caller
        }
        if (!method.isTextual() || message.has("id") && !named) {
            return Reply.malformed(
                    "null", McpFault.NO_REQUEST, "expected: a method, and an id that is a string or a number");
        }
        if (!named) {
            return Reply.TAKEN; // a notification: none of them changes anything
        }
        Optional<McpFault> ofVersion = McpVersions.fault(message, fields);
        if (ofVersion.isPresent()) {
            return new Reply(ofVersion.get().status(), fault(id.toString(), ofVersion.get()));
        }
        boolean stateless = McpVersions.isStateless(message, fields);
        return switch (call(asker, stateless, method.textValue(), message.path("params"))) {
            case Outcome.Result result -> new Reply(200, result(id.toString(), stateless, result.fields()));
            case Outcome.Fault fault ->
                new Reply(stateless ? fault.fault().status() : 200, fault(id.toString(), fault.fault()));
        };
    }

    private Outcome call(Tool.Asker asker, boolean stateless, String method, JsonNode parameters) {
        if (!parameters.isMissingNode() && !parameters.isObject()) {
            return new Outcome.Fault(McpFault.WRONG_PARAMETERS, "params (expected: an object)");
        }
        return switch (method) {
            case "tools/list" ->
                parameters.has("cursor")
                        ? new Outcome.Fault(
                                McpFault.WRONG_PARAMETERS, "cursor (expected: none, all tools are on one page)")
                        : new Outcome.Result(json -> list(json, stateless));
            case "tools/call" -> tool(asker, parameters);
            default -> stateless ? stateless(method) : ofHandshake(method, parameters);
        };
    }

    private Outcome stateless(String method) {
        return method.equals("server/discover") ? new Outcome.Result(this::discover) : none(method);
    }

    private Outcome ofHandshake(String method, JsonNode parameters) {
        return switch (method) {
            case "initialize" -> initialize(parameters);
            case "ping" -> new Outcome.Result(_ -> {});
            default -> none(method);
        };
    }

    private static Outcome none(String method) {
        return new Outcome.Fault(McpFault.NO_METHOD, "there is no method " + Printable.quote(method));
    }

    private Outcome initialize(JsonNode parameters) {
        String asked = parameters.path("protocolVersion").asText();
        String spoken = McpVersions.HANDSHAKE.contains(asked) ? asked : McpVersions.HANDSHAKE.getFirst();
        return new Outcome.Result(json -> {
            json.writeStringField("protocolVersion", spoken);
            capabilities(json);
            json.writeFieldName("serverInfo");
            server(json);
            json.writeStringField("instructions", INSTRUCTIONS);
        });
    }

    private void discover(JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("supportedVersions");
        json.writeString(McpVersions.STATELESS);
        json.writeEndArray();
        capabilities(json);
        json.writeStringField("instructions", INSTRUCTIONS);
        freshness(json);
    }

    private static void capabilities(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("capabilities");
        json.writeObjectFieldStart("tools");
        json.writeEndObject();
        json.writeEndObject();
    }

    private void server(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", "egress-proxy");
        json.writeStringField("title", "Egress gate");
        json.writeStringField("version", version);
        json.writeEndObject();
    }

    /** What a client may keep of it: the tools are the program's, and the same for everybody. */
    private static void freshness(JsonGenerator json) throws IOException {
        json.writeNumberField("ttlMs", 60_000);
        json.writeStringField("cacheScope", "public");
    }

    private void list(JsonGenerator json, boolean stateless) throws IOException {
        json.writeArrayFieldStart("tools");
        for (Tool tool : tools) {
            json.writeStartObject();
            json.writeStringField("name", tool.name());
            json.writeStringField("title", tool.title());
            json.writeStringField("description", tool.description());
            json.writeFieldName("inputSchema");
            json.writeRawValue(tool.schema());
            json.writeObjectFieldStart("annotations");
            json.writeBooleanField("readOnlyHint", tool.isReadOnly());
            json.writeBooleanField("destructiveHint", false);
            json.writeBooleanField("openWorldHint", false);
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndArray();
        if (stateless) {
            freshness(json);
        }
    }

    private Outcome tool(Tool.Asker asker, JsonNode parameters) {
        String name = parameters.path("name").asText();
        Optional<Tool> found =
                tools.stream().filter(tool -> tool.name().equals(name)).findFirst();
        JsonNode arguments = parameters.path("arguments");
        if (found.isEmpty() || !(arguments.isObject() || arguments.isMissingNode() || arguments.isNull())) {
            return new Outcome.Fault(
                    McpFault.WRONG_PARAMETERS,
                    found.isEmpty() ? "there is no tool " + Printable.quote(name) : "arguments (expected: an object)");
        }
        Tool.Result result = call(found.get(), asker, new Arguments(arguments));
        return new Outcome.Result(json -> {
            json.writeArrayFieldStart("content");
            json.writeStartObject();
            json.writeStringField("type", "text");
            json.writeStringField("text", result.json());
            json.writeEndObject();
            json.writeEndArray();
            json.writeFieldName("structuredContent");
            json.writeRawValue(result.json());
            json.writeBooleanField("isError", result.failed());
        });
    }

    /** Wrong arguments are reported to the model, which can correct them. */
    private static Tool.Result call(Tool tool, Tool.Asker asker, Arguments arguments) {
        try {
            return tool.call(asker, arguments);
        } catch (IllegalArgumentException e) {
            String words = String.valueOf(e.getMessage());
            return new Tool.Result(AsciiJson.object(json -> json.writeStringField("words", words)), true);
        }
    }

    /** @param id as JSON */
    private String result(String id, boolean stateless, AsciiJson.Writes fields) {
        return AsciiJson.object(json -> {
            json.writeStringField("jsonrpc", "2.0");
            json.writeFieldName("id");
            json.writeRawValue(id);
            json.writeObjectFieldStart("result");
            fields.to(json);
            if (stateless) {
                json.writeStringField("resultType", "complete");
                json.writeObjectFieldStart(McpVersions.META);
                json.writeFieldName(McpVersions.SERVER_KEY);
                server(json);
                json.writeEndObject();
            }
            json.writeEndObject();
        });
    }

    private static String fault(String id, McpFault fault) {
        return AsciiJson.object(json -> {
            json.writeStringField("jsonrpc", "2.0");
            json.writeFieldName("id");
            json.writeRawValue(id);
            json.writeObjectFieldStart("error");
            json.writeNumberField("code", fault.code());
            json.writeStringField("message", fault.words());
            if (fault.hasData()) {
                json.writeObjectFieldStart("data");
                fault.data().to(json);
                json.writeEndObject();
            }
            json.writeEndObject();
        });
    }
}
