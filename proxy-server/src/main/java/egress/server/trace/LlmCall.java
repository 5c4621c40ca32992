package egress.server.trace;

import egress.share.FairBudget;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Copies of the bodies of a call of a language model, to be read when it is over. */
final class LlmCall {
    private static final int MOST_REQUEST = 1 << 20;
    private static final int MOST_RESPONSE = 512 * 1024;
    /** Of a stream, whose last events have the usage. */
    private static final int END_OF_STREAM = 64 * 1024;

    private final LlmApi api;
    private final FairBudget.Lease memory;
    private final BodyCopy request;
    private List<String> requestCodings = List.of();
    private @Nullable BodyCopy response;
    private List<String> responseCodings = List.of();
    private boolean events;

    LlmCall(LlmApi api, @Nullable HttpHeaders requestFields, FairBudget.Lease memory) {
        this.api = api;
        this.memory = memory;
        this.request = new BodyCopy(MOST_REQUEST, 0, memory);
        if (requestFields != null) {
            this.requestCodings = List.copyOf(requestFields.getAll(HttpHeaderNames.CONTENT_ENCODING));
        }
    }

    void requestPart(ByteBuf part) {
        request.add(part);
    }

    /** The response's head: what its body will be. */
    void responseHead(@Nullable HttpHeaders fields) {
        if (fields == null || response != null) {
            return;
        }
        String type = fields.get(HttpHeaderNames.CONTENT_TYPE, "").toLowerCase(Locale.ROOT);
        events = type.startsWith("text/event-stream");
        if (events || type.contains("json")) {
            responseCodings = List.copyOf(fields.getAll(HttpHeaderNames.CONTENT_ENCODING));
            int end = events && responseCodings.isEmpty() ? END_OF_STREAM : 0;
            response = new BodyCopy(MOST_RESPONSE, end, memory);
        }
    }

    void responsePart(ByteBuf part) {
        BodyCopy copy = response;
        if (copy != null) {
            copy.add(part);
        }
    }

    LlmApi api() {
        return api;
    }

    BodyCopy request() {
        return request;
    }

    List<String> requestCodings() {
        return requestCodings;
    }

    @Nullable
    BodyCopy response() {
        return response;
    }

    List<String> responseCodings() {
        return responseCodings;
    }

    /** Whether the response is a stream of server-sent events. */
    boolean isStream() {
        return events;
    }
}
