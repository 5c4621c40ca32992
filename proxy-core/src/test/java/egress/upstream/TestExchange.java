package egress.upstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import egress.exchange.Failure;
import egress.exchange.UpstreamPeer;
import egress.exchange.Upstreams;
import egress.http.InterimResponse;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The exchange's side of the port: writes one request, reads the response to its end, keeps what it heard. */
final class TestExchange implements Upstreams.Listener {
    /** How it ended. */
    sealed interface Outcome {}

    record Answer(int status, HttpHeaders fields, String body, HttpHeaders trailers, List<Integer> interims)
            implements Outcome {}

    record Failed(Failure failure) implements Outcome {}

    final CompletableFuture<UpstreamPeer> acquired = new CompletableFuture<>();
    final CompletableFuture<HttpResponse> head = new CompletableFuture<>();
    final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    volatile boolean reused;
    volatile boolean reading = true;
    /** It asks for no more once it has so many bytes. */
    volatile long readsUpTo = Long.MAX_VALUE;

    /** Makes exchanges that are all alike. */
    @FunctionalInterface
    interface Maker {
        TestExchange make();
    }

    final AtomicLong received = new AtomicLong();
    private final Consumer<UpstreamPeer> script;
    private final List<Integer> interims = new ArrayList<>();
    private final StringBuilder body = new StringBuilder();
    private @Nullable HttpResponse response;
    private @Nullable UpstreamPeer peer;
    private int acquisitions;
    private boolean wholeRequest = true;
    /** What was told of an origin that answered without the rest of the request, and went. */
    final CompletableFuture<Failure> goneAfterAnswer = new CompletableFuture<>();

    /**
     * @param script what to write once there is a stream
     */
    TestExchange(Consumer<UpstreamPeer> script) {
        this.script = script;
    }

    /** An exchange whose request is never sent to its end. */
    static TestExchange unfinished(Consumer<UpstreamPeer> script) {
        TestExchange exchange = new TestExchange(script);
        exchange.wholeRequest = false;
        return exchange;
    }

    /** A GET of {@code api.example}. */
    static TestExchange get() {
        return get("api.example");
    }

    static TestExchange get(String host) {
        return new TestExchange(peer -> send(peer, request(HttpMethod.GET, host)));
    }

    static HttpRequest request(HttpMethod method, String host) {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, method, "/");
        request.headers().set("Host", host);
        return request;
    }

    static void send(UpstreamPeer peer, HttpRequest head, String... body) {
        if (body.length > 0) {
            head.headers().set("Content-Length", String.join("", body).length());
        }
        peer.write(head);
        for (String part : body) {
            peer.write(new DefaultHttpContent(Unpooled.copiedBuffer(part, ISO_8859_1)));
        }
        peer.write(new DefaultLastHttpContent());
        peer.flush();
        peer.read();
    }

    @Override
    public void onAcquired(UpstreamPeer stream, boolean wasOpen) {
        if (++acquisitions > 1) {
            throw new AssertionError("acquired twice");
        }
        peer = stream;
        reused = wasOpen;
        script.accept(stream);
        acquired.complete(stream);
    }

    @Override
    public void onResponsePart(HttpObject part) {
        try {
            if (outcome.isDone()) {
                outcome.obtrudeException(new AssertionError("a part after the end: " + part));
            }
            switch (part) {
                case InterimResponse interim -> interims.add(interim.status().code());
                case HttpResponse answer -> {
                    response = answer;
                    head.complete(answer);
                }
                case HttpContent content -> {
                    received.addAndGet(content.content().readableBytes());
                    if (body.length() < 100_000) {
                        body.append(content.content().toString(ISO_8859_1));
                    }
                    if (part instanceof LastHttpContent last && response != null) {
                        outcome.complete(new Answer(
                                response.status().code(),
                                response.headers().copy(),
                                body.toString(),
                                last.trailingHeaders().copy(),
                                List.copyOf(interims)));
                    }
                }
                default -> throw new AssertionError("unexpected " + part);
            }
        } finally {
            ReferenceCountUtil.release(part);
        }
    }

    @Override
    public void onResponseReadComplete() {
        if (!outcome.isDone() && reading && received.get() < readsUpTo && peer != null) {
            peer.read();
        }
    }

    @Override
    public void onUpstreamWritable() {
        // scripts write little
    }

    @Override
    public void onFailed(Failure failure) {
        if (outcome.isDone() && (wholeRequest || goneAfterAnswer.isDone())) {
            outcome.obtrudeException(new AssertionError("failed after the end: " + failure));
        } else if (outcome.isDone()) {
            goneAfterAnswer.complete(failure);
            return;
        }
        acquired.cancel(false);
        head.cancel(false);
        outcome.complete(new Failed(failure));
    }

    /** From the loop. */
    void abort() {
        if (peer != null) {
            peer.abort();
        }
    }

    Answer answer() throws Exception {
        if (outcome.get(20, TimeUnit.SECONDS) instanceof Answer answer) {
            return answer;
        }
        throw new AssertionError(outcome.join() + " (expected: an answer)");
    }

    Failure failure() throws Exception {
        if (outcome.get(20, TimeUnit.SECONDS) instanceof Failed failed) {
            return failed.failure();
        }
        throw new AssertionError(outcome.join() + " (expected: a failure)");
    }
}
