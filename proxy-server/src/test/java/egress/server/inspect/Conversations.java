package egress.server.inspect;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The same conversation as each provider has it: a question, a tool call, its result, the answer. */
final class Conversations {
    private static final String TOOL_SCHEMA = "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}";

    private Conversations() {}

    /**
     * @param model as the answer names it
     * @param type of the answer
     */
    record Sample(String path, String model, String request, String type, String response) {}

    static Sample named(String name) {
        return switch (name) {
            case "anthropic" -> new Sample("/v1/messages", "claude-large", ANTHROPIC, JSON, ANTHROPIC_ANSWER);
            case "anthropic-stream" ->
                new Sample("/v1/messages?beta=true", "claude-large", ANTHROPIC, EVENTS, anthropicStream());
            case "openai-chat" -> new Sample("/v1/chat/completions", "gpt-large", CHAT, JSON, CHAT_ANSWER);
            case "openai-chat-stream" -> new Sample("/v1/chat/completions", "gpt-large", CHAT, EVENTS, chatStream());
            case "openai-responses" -> new Sample("/v1/responses", "gpt-large", RESPONSES, JSON, RESPONSES_ANSWER);
            case "openai-responses-stream" ->
                new Sample("/v1/responses", "gpt-large", RESPONSES, EVENTS, responsesStream());
            case "gemini" ->
                new Sample(
                        "/v1beta/models/gemini-large:generateContent",
                        "gemini-large",
                        GEMINI,
                        JSON,
                        gemini("It is 18 degrees in Paris."));
            case "gemini-stream" ->
                new Sample(
                        "/v1beta/models/gemini-large:streamGenerateContent?alt=sse",
                        "gemini-large",
                        GEMINI,
                        EVENTS,
                        events(gemini("It is 18 "), gemini("degrees in Paris.")));
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static final String JSON = "application/json";
    private static final String EVENTS = "text/event-stream; charset=utf-8";

    private static String events(String... data) {
        return Stream.of(data)
                .map(each -> "data: " + each.replaceAll("\\s*\\n\\s*", " ").strip() + "\n\n")
                .collect(Collectors.joining());
    }

    private static final String ANTHROPIC = """
            {"model": "claude-large", "max_tokens": 1024, "stream": true, "system": [{"type": "text", "text": "You are terse."}],
             "tools": [{"name": "get_weather", "description": "The weather of a city.", "input_schema": %s}],
             "messages": [
               {"role": "user", "content": "What is the weather in Paris?"},
               {"role": "assistant", "content": [
                 {"type": "thinking", "thinking": "A tool knows.", "signature": "x"},
                 {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris"}}]},
               {"role": "user", "content": [
                 {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "18 degrees"}]}]}]}
            """.formatted(TOOL_SCHEMA);

    private static final String ANTHROPIC_ANSWER = """
            {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-large",
             "content": [{"type": "text", "text": "It is 18 degrees in Paris."}], "stop_reason": "end_turn",
             "usage": {"input_tokens": 412, "output_tokens": 58, "cache_read_input_tokens": 300}}
            """;

    private static String anthropicStream() {
        return events(
                "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"role\":\"assistant\",\"model\":\"claude-large\","
                        + "\"content\":[],\"usage\":{\"input_tokens\":412,\"output_tokens\":1,\"cache_read_input_tokens\":300}}}",
                "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}",
                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"The tool \"}}",
                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"said so.\"}}",
                "{\"type\":\"content_block_stop\",\"index\":0}",
                "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}",
                "{\"type\":\"ping\"}",
                "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"It is 18 \"}}",
                "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"degrees in Paris.\"}}",
                "{\"type\":\"content_block_stop\",\"index\":1}",
                "{\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_2\","
                        + "\"name\":\"get_weather\",\"input\":{}}}",
                "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"city\\\": \\\"Ly\"}}",
                "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"on\\\"}\"}}",
                "{\"type\":\"content_block_stop\",\"index\":2}",
                "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":58}}",
                "{\"type\":\"message_stop\"}");
    }

    private static final String CHAT = """
            {"model": "gpt-large", "stream": true,
             "tools": [{"type": "function", "function": {"name": "get_weather", "description": "The weather of a city.",
               "parameters": %s}}],
             "messages": [
               {"role": "system", "content": "You are terse."},
               {"role": "user", "content": [{"type": "text", "text": "What is the weather in Paris?"}]},
               {"role": "assistant", "content": null, "tool_calls": [
                 {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{\\"city\\": \\"Paris\\"}"}}]},
               {"role": "tool", "tool_call_id": "call_1", "content": "18 degrees"}]}
            """.formatted(TOOL_SCHEMA);

    private static final String CHAT_ANSWER = """
            {"model": "gpt-large", "choices": [{"index": 0, "finish_reason": "stop",
              "message": {"role": "assistant", "content": "It is 18 degrees in Paris."}}],
             "usage": {"prompt_tokens": 412, "completion_tokens": 58}}
            """;

    private static String chatStream() {
        return events(
                        "{\"model\":\"gpt-large\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}",
                        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"It is 18 degrees\"}}]}",
                        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\" in Paris.\"}}]}",
                        "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_2\",\"function\":"
                                + "{\"name\":\"get_weather\",\"arguments\":\"\"}}]}}]}",
                        "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"city\\\":\"}}]}}]}",
                        "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\"Lyon\\\"}\"}}]}}]}",
                        "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}",
                        "{\"choices\":[],\"usage\":{\"prompt_tokens\":412,\"completion_tokens\":58}}")
                + "data: [DONE]\n\n";
    }

    private static final String RESPONSES = """
            {"model": "gpt-large", "stream": true, "instructions": "You are terse.",
             "tools": [{"type": "function", "name": "get_weather", "description": "The weather of a city.", "parameters": %s}],
             "input": [
               {"role": "user", "content": [{"type": "input_text", "text": "What is the weather in Paris?"}]},
               {"type": "reasoning", "summary": [{"type": "summary_text", "text": "A tool knows."}]},
               {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{\\"city\\": \\"Paris\\"}"},
               {"type": "function_call_output", "call_id": "call_1", "output": "18 degrees"}]}
            """.formatted(TOOL_SCHEMA);

    private static final String RESPONSES_ANSWER = """
            {"model": "gpt-large", "status": "completed", "output": [{"type": "message", "role": "assistant",
              "content": [{"type": "output_text", "text": "It is 18 degrees in Paris."}]}],
             "usage": {"input_tokens": 412, "output_tokens": 58}}
            """;

    /** Cut off before its last event holds the whole, as where the caller left: it is put together from the pieces. */
    private static String responsesStream() {
        return events(
                "{\"type\":\"response.created\",\"response\":{\"model\":\"gpt-large\",\"status\":\"in_progress\",\"output\":[],"
                        + "\"usage\":{\"input_tokens\":412,\"output_tokens\":58}}}",
                "{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":\"message\",\"role\":\"assistant\",\"content\":[]}}",
                "{\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"It is 18 degrees\"}",
                "{\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\" in Paris.\"}");
    }

    private static final String GEMINI = """
            {"systemInstruction": {"parts": [{"text": "You are terse."}]},
             "tools": [{"functionDeclarations": [{"name": "get_weather", "description": "The weather of a city."}]}],
             "contents": [
               {"role": "user", "parts": [{"text": "What is the weather in Paris?"}]},
               {"role": "model", "parts": [{"functionCall": {"name": "get_weather", "args": {"city": "Paris"}}}]},
               {"role": "user", "parts": [{"functionResponse": {"name": "get_weather", "response": {"result": "18 degrees"}}}]}]}
            """;

    private static String gemini(String text) {
        return """
                {"modelVersion": "gemini-large", "candidates": [{"content": {"role": "model", "parts": [{"text": "%s"}]},
                  "finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 412, "candidatesTokenCount": 58}}
                """.formatted(text);
    }
}
