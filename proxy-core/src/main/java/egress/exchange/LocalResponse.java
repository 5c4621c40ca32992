package egress.exchange;

import egress.policy.DenyReason;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The proxy's own answers: why something is denied or failed, and the pages of the local site.
 *
 * @param recorded the status in the records; a gRPC call gets a {@code grpc-status} instead
 */
public record LocalResponse(HttpResponse head, LastHttpContent body, HttpResponseStatus recorded) {
    /** The field that carries the stable code of a block; an origin's own is removed. */
    public static final String DENY_FIELD = "X-Egress-Deny";

    /** The field beside it for whether trying again can help: {@link Hint}. */
    public static final String HINT_FIELD = "X-Egress-Hint";

    /** The field that names the question that an operator was asked. */
    public static final String ASK_FIELD = "X-Egress-Ask";

    /** After how many seconds an agent may look for the operator's answer again. */
    private static final int RETRY_AFTER = 10;

    /** The same, with what an agent needs to look for the answer to a question. */
    LocalResponse about(Failure failure, String question) {
        if (!question.isEmpty()) {
            head.headers().set(ASK_FIELD, question);
        }
        if (failure instanceof Failure.Denied denied && denied.why() == DenyReason.ASK_PENDING) {
            head.headers().set(HttpHeaderNames.RETRY_AFTER, Integer.toString(RETRY_AFTER));
        }
        return this;
    }

    /** To a request: in gRPC's form where the request is a gRPC call, in HTTP's otherwise. */
    static LocalResponse of(Failure failure, HttpRequest request, boolean http2) {
        GrpcStatus status = GrpcStatus.of(failure, request);
        return status == null
                ? of(failure, request.method())
                : status.trailersOnly(failure, request, sentence(failure), http2);
    }

    private static String sentence(Failure failure) {
        boolean dlp = failure instanceof Failure.Denied denied
                && (denied.why() == DenyReason.DLP_MATCH || denied.why() == DenyReason.DLP_UNSCANNABLE);
        return (dlp ? "egress DLP: " : "egress: ") + failure.words();
    }

    /** A sentence, and its code for programs. */
    public static LocalResponse of(Failure failure, HttpMethod method) {
        byte[] text = (sentence(failure) + "\n").getBytes(StandardCharsets.UTF_8);
        LocalResponse response = of(failure.status(), "text/plain; charset=utf-8", text, method);
        response.head.headers().set(DENY_FIELD, failure.code());
        response.head.headers().set(HINT_FIELD, Hint.of(failure).code());
        if (failure instanceof Failure.Unauthenticated) {
            response.head.headers().set(HttpHeaderNames.PROXY_AUTHENTICATE, "Basic realm=\"egress\"");
        }
        return response;
    }

    /** A page of the local site, or that there is none. */
    static LocalResponse of(Optional<LocalSite.Page> page, HttpMethod method) {
        return page.map(found -> of(found, method))
                .orElseGet(() -> of(
                        HttpResponseStatus.NOT_FOUND,
                        "text/plain; charset=utf-8",
                        "egress: no such page\n".getBytes(StandardCharsets.UTF_8),
                        method));
    }

    static LocalResponse of(LocalSite.Page page, HttpMethod method) {
        LocalResponse response = of(page.status(), page.contentType(), page.body(), method);
        page.fields().forEach(response.head.headers()::set);
        return response;
    }

    private static LocalResponse of(HttpResponseStatus status, String type, byte[] body, HttpMethod method) {
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, status);
        if (!type.isEmpty()) {
            head.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
        }
        head.headers().set(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.length));
        head.headers().set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        head.headers().set("X-Content-Type-Options", "nosniff");
        boolean bodiless = method.equals(HttpMethod.HEAD);
        return new LocalResponse(
                head,
                new DefaultLastHttpContent(bodiless ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body)),
                status);
    }
}
