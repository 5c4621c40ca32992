package egress.server.trace;

import static org.assertj.core.api.Assertions.assertThat;

import egress.share.Caller;
import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is read of calls of each protocol, whole and streamed, and what never is. */
final class LlmReaderTest {
    private static final String SECRET_TALK = "the-words-of-the-conversation";

    private final FairBudget budget = new FairBudget(64 << 20);

    private LlmFacts read(String target, String request, String type, String response) {
        return read(
                target,
                request,
                new DefaultHttpHeaders().set("content-type", type),
                response.getBytes(StandardCharsets.UTF_8));
    }

    private LlmFacts read(String target, String request, HttpHeaders fields, byte[] response) {
        LlmApi api = Objects.requireNonNull(LlmApi.of("POST", target));
        try (FairBudget.Lease lease = budget.lease(new Claimant(new Caller("a"), 0), FairBudget.Reclaim.NEVER)) {
            LlmCall call = new LlmCall(api, new DefaultHttpHeaders(), lease);
            call.requestPart(Unpooled.copiedBuffer(request, StandardCharsets.UTF_8));
            call.responseHead(fields);
            for (int at = 0; at < response.length; at += 1_000) {
                call.responsePart(Unpooled.wrappedBuffer(response, at, Math.min(1_000, response.length - at)));
            }
            return new LlmReader().read(call, target);
        }
    }

    private static final String ANTHROPIC_STREAM = """
            event: message_start
            data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-a-20","content":[],"stop_reason":null,"usage":{"input_tokens":25,"cache_read_input_tokens":1000,"cache_creation_input_tokens":200,"output_tokens":1}}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"%s"}}

            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":15}}

            event: message_stop
            data: {"type":"message_stop"}
            """.formatted(SECRET_TALK);

    @Test
    void readsAnthropicMessages() {
        LlmFacts facts = read(
                "/v1/messages?beta=true", """
                {"max_tokens":1024,"messages":[{"role":"user","content":"%s","model":"not this"}],"model":"claude-a","temperature":0.5}
                """.formatted(SECRET_TALK), "application/json", """
                {"id":"msg_1","type":"message","model":"claude-a-20","content":[{"type":"text","text":"%s","id":"x"}],
                 "stop_reason":"tool_use","usage":{"input_tokens":7,"output_tokens":9}}
                """.formatted(SECRET_TALK));

        assertThat(facts.isCall()).isTrue();
        assertThat(facts.api().operation()).isEqualTo("chat");
        assertThat(facts.requestModel()).isEqualTo("claude-a");
        assertThat(facts.maxTokens()).isEqualTo(1024);
        assertThat(facts.temperature()).isEqualTo(0.5);
        assertThat(facts.id()).isEqualTo("msg_1");
        assertThat(facts.model()).isEqualTo("claude-a-20");
        assertThat(facts.finish()).containsExactly("tool_use");
        assertThat(facts.input()).isEqualTo(7);
        assertThat(facts.output()).isEqualTo(9);
    }

    @Test
    void readsAnthropicsStreamAndCountsTheCacheAsInput() {
        LlmFacts facts =
                read("/v1/messages", "{\"model\":\"claude-a\"}", "text/event-stream; charset=utf-8", ANTHROPIC_STREAM);

        assertThat(facts.id()).isEqualTo("msg_1");
        assertThat(facts.input()).isEqualTo(1_225);
        assertThat(facts.cacheRead()).isEqualTo(1_000);
        assertThat(facts.cacheWritten()).isEqualTo(200);
        assertThat(facts.output()).isEqualTo(15);
        assertThat(facts.finish()).containsExactly("end_turn");
    }

    @Test
    void theUsageAtTheEndOfALongStreamIsRead() {
        String delta =
                "data: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"" + SECRET_TALK.repeat(10) + "\"}}\n\n";
        int end = ANTHROPIC_STREAM.indexOf("event: message_delta");
        String beginning = ANTHROPIC_STREAM.substring(0, end);
        LlmFacts facts = read(
                "/v1/messages",
                "{}",
                "text/event-stream",
                beginning + delta.repeat(10_000) + ANTHROPIC_STREAM.substring(end));

        assertThat(facts.model()).isEqualTo("claude-a-20");
        assertThat(facts.output()).isEqualTo(15);
        assertThat(facts.finish()).containsExactly("end_turn");
        assertThat(facts.isCall()).isTrue();
    }

    @Test
    void readsOpenAisChatCompletions() {
        LlmFacts facts = read("/openai/v1/chat/completions", """
                {"model":"gpt-a","messages":[],"max_completion_tokens":50,"top_p":0.25}
                """, "application/json", """
                {"id":"chatcmpl-1","object":"chat.completion","model":"gpt-a-2026",
                 "choices":[{"index":0,"message":{"role":"assistant","content":"%s"},"finish_reason":"stop"},
                            {"index":1,"message":{"content":"x"},"finish_reason":"length"}],
                 "usage":{"prompt_tokens":100,"completion_tokens":20,"prompt_tokens_details":{"cached_tokens":64}}}
                """.formatted(SECRET_TALK));

        assertThat(facts.requestModel()).isEqualTo("gpt-a");
        assertThat(facts.maxTokens()).isEqualTo(50);
        assertThat(facts.topP()).isEqualTo(0.25);
        assertThat(facts.model()).isEqualTo("gpt-a-2026");
        assertThat(facts.finish()).containsExactly("stop", "length");
        assertThat(facts.input()).isEqualTo(100);
        assertThat(facts.output()).isEqualTo(20);
        assertThat(facts.cacheRead()).isEqualTo(64);
    }

    @Test
    void readsOpenAisChatStream() {
        LlmFacts facts = read(
                "/v1/chat/completions", "{\"model\":\"gpt-a\",\"stream\":true}", "text/event-stream", """
                data: {"id":"chatcmpl-1","model":"gpt-a-2026","choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}

                data: {"id":"chatcmpl-1","model":"gpt-a-2026","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

                data: {"id":"chatcmpl-1","model":"gpt-a-2026","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}

                data: [DONE]

                """.formatted(
                                SECRET_TALK));

        assertThat(facts.id()).isEqualTo("chatcmpl-1");
        assertThat(facts.finish()).containsExactly("stop");
        assertThat(facts.input()).isEqualTo(3);
        assertThat(facts.output()).isEqualTo(4);
    }

    @Test
    void readsOpenAisResponsesWholeAndStreamed() {
        LlmFacts whole =
                read("/v1/responses", "{\"model\":\"gpt-a\",\"max_output_tokens\":9}", "application/json", """
                {"id":"resp_1","object":"response","status":"incomplete","model":"gpt-a-2026","output":[{"status":"x","id":"no"}],
                 "usage":{"input_tokens":36,"output_tokens":87,"input_tokens_details":{"cached_tokens":5}}}
                """);
        assertThat(whole.id()).isEqualTo("resp_1");
        assertThat(whole.finish()).containsExactly("incomplete");
        assertThat(whole.maxTokens()).isEqualTo(9);
        assertThat(whole.cacheRead()).isEqualTo(5);

        LlmFacts streamed = read(
                "/backend/codex/responses", "{\"model\":\"gpt-a\"}", "text/event-stream", """
                event: response.created
                data: {"type":"response.created","response":{"id":"resp_2","status":"in_progress","model":"gpt-a-2026"}}

                event: response.output_text.delta
                data: {"type":"response.output_text.delta","delta":"%s"}

                event: response.completed
                data: {"type":"response.completed","response":{"id":"resp_2","status":"completed","model":"gpt-a-2026","usage":{"input_tokens":37,"output_tokens":11}}}

                """.formatted(SECRET_TALK));
        assertThat(streamed.id()).isEqualTo("resp_2");
        assertThat(streamed.finish()).containsExactly("completed");
        assertThat(streamed.input()).isEqualTo(37);
        assertThat(streamed.output()).isEqualTo(11);
    }

    @Test
    void readsGeminiByItsPathWholeAndStreamed() {
        String chunk = """
                {"candidates":[{"content":{"parts":[{"text":"%s"}]},"finishReason":"STOP"}],"modelVersion":"gemini-a-001",
                 "responseId":"r1","usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":20,"thoughtsTokenCount":5}}
                """.formatted(SECRET_TALK);
        for (LlmFacts facts : new LlmFacts[] {
            read(
                    "/v1beta/models/gemini-a:generateContent?key=k",
                    "{\"generationConfig\":{\"maxOutputTokens\":7}}",
                    "application/json",
                    chunk),
            read(
                    "/v1beta/models/gemini-a:streamGenerateContent",
                    "{\"generationConfig\":{\"maxOutputTokens\":7}}",
                    "application/json",
                    "[" + chunk + "," + chunk + "]"),
            read(
                    "/v1beta/models/gemini-a:streamGenerateContent?alt=sse",
                    "{\"generationConfig\":{\"maxOutputTokens\":7}}",
                    "text/event-stream",
                    "data: " + chunk.replace("\n", "") + "\r\n\r\n")
        }) {
            assertThat(facts.api().operation()).isEqualTo("generate_content");
            assertThat(facts.requestModel()).isEqualTo("gemini-a");
            assertThat(facts.model()).isEqualTo("gemini-a-001");
            assertThat(facts.id()).isEqualTo("r1");
            assertThat(facts.maxTokens()).isEqualTo(7);
            assertThat(facts.input()).isEqualTo(8);
            assertThat(facts.output()).isEqualTo(25);
            assertThat(facts.finish()).containsExactly("STOP");
        }
    }

    @Test
    void readsACodedResponseEvenWhenItsCopyWasCutShort() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(ANTHROPIC_STREAM.getBytes(StandardCharsets.UTF_8));
        }
        HttpHeaders fields = new DefaultHttpHeaders()
                .set("content-type", "text/event-stream")
                .set("content-encoding", "gzip");

        assertThat(read("/v1/messages", "{}", fields, bytes.toByteArray()).output())
                .isEqualTo(15);
        byte[] cut = java.util.Arrays.copyOf(bytes.toByteArray(), bytes.size() - 20);
        assertThat(read("/v1/messages", "{}", fields, cut).model()).isEqualTo("claude-a-20");
    }

    @Test
    void aNumberThatWasCutIsNotRead() {
        LlmFacts facts = read(
                "/v1/messages",
                "{\"model\":\"a\",\"max_tokens\":10",
                "application/json",
                "{\"usage\":{\"input_tokens\":2,\"output_tokens\":3");
        assertThat(facts.requestModel()).isEqualTo("a");
        assertThat(facts.maxTokens()).isNull();
        assertThat(facts.input()).isEqualTo(2);
        assertThat(facts.output()).isNull();
    }

    @Test
    void whatIsNoSuchJsonGivesNothing() {
        for (String body : new String[] {
            "",
            "null",
            "[]",
            "[[[[",
            "\"model\"",
            "{\"model\":{\"model\":\"x\"}}",
            "{\"model\":1}",
            "\u0000\u0001",
            "{\"a\":".repeat(5_000),
            "[".repeat(5_000)
        }) {
            LlmFacts facts = read("/v1/messages", body, "application/json", body);
            assertThat(facts.isCall())
                    .as(body.substring(0, Math.min(20, body.length())))
                    .isFalse();
        }
    }

    @Test
    void countsOutsideOfWhatCountsCanBeAreNone() {
        LlmFacts facts = read(
                "/v1/messages",
                "{\"model\":\"a\",\"max_tokens\":-1}",
                "application/json",
                "{\"usage\":{\"input_tokens\":99999999999999999999999,\"output_tokens\":1.5}}");
        assertThat(facts.maxTokens()).isNull();
        assertThat(facts.input()).isNull();
        assertThat(facts.output()).isNull();
    }

    @Test
    void aNameIsCutAndReasonsAreFew() {
        StringBuilder choices = new StringBuilder();
        for (int i = 0; i < 100; i++) {
            choices.append("{\"finish_reason\":\"r").append(i).append("\"},");
        }
        LlmFacts facts = read(
                "/v1/chat/completions",
                "{\"model\":\"" + "m".repeat(10_000) + "\"}",
                "application/json",
                "{\"choices\":[" + choices + "{}]}");
        assertThat(facts.requestModel()).hasSize(128);
        assertThat(facts.finish()).hasSize(8);
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /v1/messages, ANTHROPIC",
        "POST, /v1/projects/p/models/gemini-a:generateContent, GEMINI",
        "POST, /v1/embeddings, OPENAI_EMBEDDINGS",
        "GET, /v1/messages, ",
        "POST, /v1/messages/count_tokens, ",
        "POST, /v1/messages/batches, ",
        "POST, /v1/models, ",
        "POST, /?x=/v1/messages, "
    })
    void thePathTellsTheProtocol(String method, String target, String api) {
        assertThat(LlmApi.of(method, target)).isEqualTo(api == null ? null : LlmApi.valueOf(api));
    }
}
