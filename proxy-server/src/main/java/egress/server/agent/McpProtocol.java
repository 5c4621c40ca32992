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
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * JSON-RPC 2.0 as MCP speaks it, for a server that has tools and nothing else: {@code initialize}, {@code ping}, {@code tools/list},
 * {@code tools/call}. It keeps no state between requests, so that there is no session to take over.
 */
final class McpProtocol {
    /** Those it speaks, the latest first. */
    static final List<String> VERSIONS = List.of("2025-11-25", "2025-06-18", "2025-03-26");

    private static final String WITH_BATCHES = "2025-03-26";
    private static final int MOST_IN_A_BATCH = 16;
    private static final int DEEPEST = 32;
    private static final int LONGEST_NUMBER = 100;
    private static final int LONGEST_NAME = 1_000;

    private static final int NOT_JSON = -32700;
    private static final int NO_REQUEST = -32600;
    private static final int NO_METHOD = -32601;
    private static final int WRONG_PARAMETERS = -32602;

    private static final String INSTRUCTIONS = "You reach the network through an egress gate, which lets out what its routes"
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
    }

    /** What a call of a method gives. */
    private sealed interface Outcome {
        record Result(Json.Writes fields) implements Outcome {}

        record Fault(int code, String words) implements Outcome {}
    }

    /** Whether that version has batches; so has a caller that names none (MCP 2025-06-18, Protocol Version Header). */
    static boolean takesBatches(String version) {
        return version.isEmpty() || version.equals(WITH_BATCHES);
    }

    /** Answers a whole body. */
    Reply answer(Tool.Asker asker, byte[] body, boolean mayBatch) {
        JsonNode root;
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
            root = mapper.readTree(text);
        } catch (CharacterCodingException e) {
            return new Reply(400, fault("null", NOT_JSON, "the body is not in UTF-8"));
        } catch (JsonProcessingException e) {
            return new Reply(400, fault("null", NOT_JSON, "the body is not JSON within bounds"));
        }
        if (!root.isArray()) {
            return one(asker, root);
        }
        if (!mayBatch || root.isEmpty() || root.size() > MOST_IN_A_BATCH) {
            return new Reply(400, fault("null", NO_REQUEST, "expected: one message"));
        }
        List<String> answers = new ArrayList<>();
        root.forEach(message -> {
            String answer = one(asker, message).body();
            if (!answer.isEmpty()) {
                answers.add(answer);
            }
        });
        return answers.isEmpty() ? Reply.TAKEN : new Reply(200, "[" + String.join(",", answers) + "]");
    }

    private Reply one(Tool.Asker asker, JsonNode message) {
        JsonNode id = message.path("id");
        boolean named = id.isTextual() || id.isIntegralNumber();
        JsonNode method = message.path("method");
        if (!message.path("jsonrpc").asText().equals("2.0")) {
            return new Reply(400, fault(named ? id.toString() : "null", NO_REQUEST, "jsonrpc (expected: \"2.0\")"));
        }
        if (method.isMissingNode() && (message.has("result") || message.has("error"))) {
            return Reply.TAKEN; // nothing was asked of the caller
        }
        if (!method.isTextual() || message.has("id") && !named) {
            return new Reply(400, fault("null", NO_REQUEST, "expected: a method, and an id that is a string or a number"));
        }
        if (!named) {
            return Reply.TAKEN; // a notification: none of them changes anything
        }
        return switch (call(asker, method.textValue(), message.path("params"))) {
            case Outcome.Result result -> new Reply(200, result(id.toString(), result.fields()));
            case Outcome.Fault fault -> new Reply(200, fault(id.toString(), fault.code(), fault.words()));
        };
    }

    private Outcome call(Tool.Asker asker, String method, JsonNode parameters) {
        if (!parameters.isMissingNode() && !parameters.isObject()) {
            return new Outcome.Fault(WRONG_PARAMETERS, "params (expected: an object)");
        }
        return switch (method) {
            case "initialize" -> initialize(parameters);
            case "ping" -> new Outcome.Result(_ -> {});
            case "tools/list" ->
                parameters.has("cursor")
                        ? new Outcome.Fault(WRONG_PARAMETERS, "cursor (expected: none, all tools are on one page)")
                        : new Outcome.Result(this::tools);
            case "tools/call" -> tool(asker, parameters);
            default -> new Outcome.Fault(NO_METHOD, "there is no method " + Printable.quote(method));
        };
    }

    private Outcome initialize(JsonNode parameters) {
        String asked = parameters.path("protocolVersion").asText();
        return new Outcome.Result(json -> {
            json.writeStringField("protocolVersion", VERSIONS.contains(asked) ? asked : VERSIONS.getFirst());
            json.writeObjectFieldStart("capabilities");
            json.writeObjectFieldStart("tools");
            json.writeEndObject();
            json.writeEndObject();
            json.writeObjectFieldStart("serverInfo");
            json.writeStringField("name", "egress-proxy");
            json.writeStringField("title", "Egress gate");
            json.writeStringField("version", version);
            json.writeEndObject();
            json.writeStringField("instructions", INSTRUCTIONS);
        });
    }

    private void tools(JsonGenerator json) throws IOException {
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
            json.writeBooleanField("idempotentHint", true);
            json.writeBooleanField("openWorldHint", false);
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private Outcome tool(Tool.Asker asker, JsonNode parameters) {
        String name = parameters.path("name").asText();
        Optional<Tool> found =
                tools.stream().filter(tool -> tool.name().equals(name)).findFirst();
        JsonNode arguments = parameters.path("arguments");
        if (found.isEmpty() || !(arguments.isObject() || arguments.isMissingNode() || arguments.isNull())) {
            return new Outcome.Fault(
                    WRONG_PARAMETERS,
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

    /** Wrong arguments are told to the model, which can mend them (MCP 2025-11-25, Error Handling of tools). */
    private static Tool.Result call(Tool tool, Tool.Asker asker, Arguments arguments) {
        try {
            return tool.call(asker, arguments);
        } catch (IllegalArgumentException e) {
            String words = String.valueOf(e.getMessage());
            return new Tool.Result(Json.object(json -> json.writeStringField("words", words)), true);
        }
    }

    /** @param id as JSON */
    private static String result(String id, Json.Writes fields) {
        return Json.object(json -> {
            json.writeStringField("jsonrpc", "2.0");
            json.writeFieldName("id");
            json.writeRawValue(id);
            json.writeObjectFieldStart("result");
            fields.to(json);
            json.writeEndObject();
        });
    }

    private static String fault(String id, int code, String words) {
        return Json.object(json -> {
            json.writeStringField("jsonrpc", "2.0");
            json.writeFieldName("id");
            json.writeRawValue(id);
            json.writeObjectFieldStart("error");
            json.writeNumberField("code", code);
            json.writeStringField("message", words);
            json.writeEndObject();
        });
    }
}
