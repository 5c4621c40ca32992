package egress.server.trace;

import org.jspecify.annotations.Nullable;

/** The protocols of language models, recognised by the path of their calls: other hosts than their makers' serve them too. */
enum LlmApi {
    /** Anthropic Messages. */
    ANTHROPIC("chat", "anthropic"),
    /** OpenAI Chat Completions. */
    OPENAI_CHAT("chat", "openai"),
    /** OpenAI Responses. */
    OPENAI_RESPONSES("chat", "openai"),
    OPENAI_EMBEDDINGS("embeddings", "openai"),
    /** Gemini generateContent, of Google's AI Studio or Vertex AI. */
    GEMINI("generate_content", "gcp.gemini");

    private static final String MODELS = "/models/";

    private final String operation;
    private final String provider;

    LlmApi(String operation, String provider) {
        this.operation = operation;
        this.provider = provider;
    }

    /**
     * The protocol of a call.
     *
     * @return null where it is none
     */
    static @Nullable LlmApi of(String method, String target) {
        if (!method.equals("POST")) {
            return null;
        }
        String path = path(target);
        if (path.endsWith("/v1/messages")) {
            return ANTHROPIC;
        } else if (path.endsWith("/chat/completions")) {
            return OPENAI_CHAT;
        } else if (path.endsWith("/responses")) {
            return OPENAI_RESPONSES;
        } else if (path.endsWith("/embeddings")) {
            return OPENAI_EMBEDDINGS;
        } else if (path.endsWith(":generateContent") || path.endsWith(":streamGenerateContent")) {
            return GEMINI;
        }
        return null;
    }

    private static String path(String target) {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }

    /** {@code gen_ai.operation.name}. */
    String operation() {
        return operation;
    }

    /** {@code gen_ai.provider.name}, by the host where one serves another's protocol. */
    String provider(String host) {
        if (host.endsWith(".openai.azure.com")) {
            return "azure.ai.openai";
        }
        return host.endsWith("aiplatform.googleapis.com") ? "gcp.vertex_ai" : provider;
    }

    /** The model that the path names; null where the body does. */
    @Nullable
    String modelOf(String target) {
        String path = path(target);
        int at = path.lastIndexOf(MODELS);
        int end = path.lastIndexOf(':');
        return this == GEMINI && at >= 0 && end > at ? path.substring(at + MODELS.length(), end) : null;
    }
}
