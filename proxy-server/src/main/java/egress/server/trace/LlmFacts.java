package egress.server.trace;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a call of a language model says of itself: models, bounds, tokens, and why it ended. Which place of which protocol holds what is
 * two tables; a value that comes again, as in a stream, takes the place of the one before.
 */
final class LlmFacts {
    private static final int LONGEST = 128;
    private static final int MOST_REASONS = 8;

    /** What a place holds. */
    private enum Field {
        REQUEST_MODEL,
        MAX_TOKENS,
        TEMPERATURE,
        TOP_P,
        ID,
        MODEL,
        FINISH,
        /** Of OpenAI's Responses: the last one counts. */
        STATUS,
        INPUT,
        OUTPUT,
        /** Tokens of thinking, which Gemini counts beside the output. */
        THOUGHTS,
        CACHE_READ,
        CACHE_WRITTEN
    }

    private static final Map<String, Field> OF_REQUEST = Map.of(
            "model", Field.REQUEST_MODEL,
            "max_tokens", Field.MAX_TOKENS,
            "max_completion_tokens", Field.MAX_TOKENS,
            "max_output_tokens", Field.MAX_TOKENS,
            "generationConfig.maxOutputTokens", Field.MAX_TOKENS,
            "temperature", Field.TEMPERATURE,
            "generationConfig.temperature", Field.TEMPERATURE,
            "top_p", Field.TOP_P,
            "generationConfig.topP", Field.TOP_P);

    private static final Map<String, Field> OF_RESPONSE = Map.ofEntries(
            Map.entry("id", Field.ID),
            Map.entry("message.id", Field.ID),
            Map.entry("response.id", Field.ID),
            Map.entry("responseId", Field.ID),
            Map.entry("model", Field.MODEL),
            Map.entry("message.model", Field.MODEL),
            Map.entry("response.model", Field.MODEL),
            Map.entry("modelVersion", Field.MODEL),
            Map.entry("stop_reason", Field.FINISH),
            Map.entry("delta.stop_reason", Field.FINISH),
            Map.entry("choices.finish_reason", Field.FINISH),
            Map.entry("candidates.finishReason", Field.FINISH),
            Map.entry("status", Field.STATUS),
            Map.entry("response.status", Field.STATUS),
            Map.entry("usage.input_tokens", Field.INPUT),
            Map.entry("message.usage.input_tokens", Field.INPUT),
            Map.entry("response.usage.input_tokens", Field.INPUT),
            Map.entry("usage.prompt_tokens", Field.INPUT),
            Map.entry("usageMetadata.promptTokenCount", Field.INPUT),
            Map.entry("usage.output_tokens", Field.OUTPUT),
            Map.entry("message.usage.output_tokens", Field.OUTPUT),
            Map.entry("response.usage.output_tokens", Field.OUTPUT),
            Map.entry("usage.completion_tokens", Field.OUTPUT),
            Map.entry("usageMetadata.candidatesTokenCount", Field.OUTPUT),
            Map.entry("usageMetadata.thoughtsTokenCount", Field.THOUGHTS),
            Map.entry("usage.cache_read_input_tokens", Field.CACHE_READ),
            Map.entry("message.usage.cache_read_input_tokens", Field.CACHE_READ),
            Map.entry("usage.prompt_tokens_details.cached_tokens", Field.CACHE_READ),
            Map.entry("usage.input_tokens_details.cached_tokens", Field.CACHE_READ),
            Map.entry("response.usage.input_tokens_details.cached_tokens", Field.CACHE_READ),
            Map.entry("usageMetadata.cachedContentTokenCount", Field.CACHE_READ),
            Map.entry("usage.cache_creation_input_tokens", Field.CACHE_WRITTEN),
            Map.entry("message.usage.cache_creation_input_tokens", Field.CACHE_WRITTEN));

    private final LlmApi api;
    private final Set<String> finish = new LinkedHashSet<>();
    private @Nullable String requestModel;
    private @Nullable String model;
    private @Nullable String id;
    private @Nullable String status;
    private @Nullable Long maxTokens;
    private @Nullable Double temperature;
    private @Nullable Double topP;
    private @Nullable Long input;
    private @Nullable Long output;
    private @Nullable Long thoughts;
    private @Nullable Long cacheRead;
    private @Nullable Long cacheWritten;

    LlmFacts(LlmApi api, @Nullable String modelOfPath) {
        this.api = api;
        this.requestModel = modelOfPath == null ? null : cut(modelOfPath);
    }

    static JsonPaths requestPaths() {
        return new JsonPaths(OF_REQUEST.keySet());
    }

    static JsonPaths responsePaths() {
        return new JsonPaths(OF_RESPONSE.keySet());
    }

    /** A value of the request. */
    void request(String path, JsonParser value) throws IOException {
        Field field = OF_REQUEST.get(path);
        if (field != null) {
            put(field, value);
        }
    }

    /** A value of the response, or of an event of it. */
    void response(String path, JsonParser value) throws IOException {
        Field field = OF_RESPONSE.get(path);
        if (field != null) {
            put(field, value);
        }
    }

    private void put(Field field, JsonParser value) throws IOException {
        switch (field) {
            case REQUEST_MODEL -> requestModel = text(value, requestModel);
            case MODEL -> model = text(value, model);
            case ID -> id = text(value, id);
            case STATUS -> status = text(value, status);
            case FINISH -> addFinish(text(value, null));
            case MAX_TOKENS -> maxTokens = whole(value, maxTokens);
            case INPUT -> input = whole(value, input);
            case OUTPUT -> output = whole(value, output);
            case THOUGHTS -> thoughts = whole(value, thoughts);
            case CACHE_READ -> cacheRead = whole(value, cacheRead);
            case CACHE_WRITTEN -> cacheWritten = whole(value, cacheWritten);
            case TEMPERATURE -> temperature = number(value, temperature);
            case TOP_P -> topP = number(value, topP);
        }
    }

    private void addFinish(@Nullable String reason) {
        if (reason != null && finish.size() < MOST_REASONS) {
            finish.add(reason);
        }
    }

    private static @Nullable String text(JsonParser value, @Nullable String before) throws IOException {
        return value.currentToken() == JsonToken.VALUE_STRING ? cut(value.getText()) : before;
    }

    private static String cut(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST);
    }

    private static @Nullable Long whole(JsonParser value, @Nullable Long before) throws IOException {
        boolean fits = value.currentToken() == JsonToken.VALUE_NUMBER_INT
                && value.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                && value.getLongValue() >= 0;
        return fits ? (Long) value.getLongValue() : before;
    }

    private static @Nullable Double number(JsonParser value, @Nullable Double before) throws IOException {
        return value.currentToken().isNumeric() ? (Double) value.getDoubleValue() : before;
    }

    /** Whether it was such a call after all: its path may be another program's too, but every call names a model. */
    boolean isCall() {
        return requestModel != null || model != null && input != null;
    }

    LlmApi api() {
        return api;
    }

    @Nullable
    String requestModel() {
        return requestModel;
    }

    @Nullable
    String model() {
        return model;
    }

    @Nullable
    String id() {
        return id;
    }

    @Nullable
    Long maxTokens() {
        return maxTokens;
    }

    @Nullable
    Double temperature() {
        return temperature;
    }

    @Nullable
    Double topP() {
        return topP;
    }

    /** Tokens read, those from a cache among them, which Anthropic counts beside the others. */
    @Nullable
    Long input() {
        return input == null || api != LlmApi.ANTHROPIC
                ? input
                : (Long) (input + zeroOr(cacheRead) + zeroOr(cacheWritten));
    }

    /** Tokens written, those of thinking among them. */
    @Nullable
    Long output() {
        return output == null && thoughts == null ? null : (Long) (zeroOr(output) + zeroOr(thoughts));
    }

    @Nullable
    Long cacheRead() {
        return cacheRead;
    }

    @Nullable
    Long cacheWritten() {
        return cacheWritten;
    }

    private static long zeroOr(@Nullable Long count) {
        return count == null ? 0 : count;
    }

    /** Why the model stopped, in the protocol's words. */
    Set<String> finish() {
        return api == LlmApi.OPENAI_RESPONSES && status != null ? Set.of(status) : finish;
    }
}
