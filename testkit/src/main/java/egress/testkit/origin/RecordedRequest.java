package egress.testkit.origin;

import egress.testkit.wire.Field;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A request as an {@link Origin} received it; there from its head on, while the body may still be coming. */
public final class RecordedRequest {
    private static final int KEPT = 8 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final int connection;
    private final @Nullable String sni;
    private final String protocol;
    private final String method;
    private final String target;
    private final List<Field> fields;

    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private long bodyLength;
    private List<Field> trailers = List.of();
    private boolean complete;
    private @Nullable IOException aborted;
    private boolean answered;

    RecordedRequest(
            int connection, @Nullable String sni, String protocol, String method, String target, List<Field> fields) {
        this.connection = connection;
        this.sni = sni;
        this.protocol = protocol;
        this.method = method;
        this.target = target;
        this.fields = fields;
    }

    /** Which of the origin's connections it came on, counted from 1. */
    public int connection() {
        return connection;
    }

    /** The name in the TLS handshake of its connection, if any. */
    public Optional<String> sni() {
        return Optional.ofNullable(sni);
    }

    /** {@code HTTP/1.1}, {@code HTTP/1.0} or {@code HTTP/2}. */
    public String protocol() {
        return protocol;
    }

    /** The method as sent. */
    public String method() {
        return method;
    }

    /** The target as sent; on h2 {@code :path}. */
    public String target() {
        return target;
    }

    /** Every field in wire order with its name's case; on h2 with the pseudo-header fields, where they stood. */
    public List<Field> fields() {
        return fields;
    }

    /** The value of the first field of that name. */
    public Optional<String> value(String name) {
        return Field.first(fields, name);
    }

    /** Every value of that name, in order. */
    public List<String> values(String name) {
        return Field.values(fields, name);
    }

    synchronized void received(byte[] bytes, int length) {
        body.write(bytes, 0, Math.min(length, Math.max(0, KEPT - body.size())));
        bodyLength += length;
        notifyAll();
    }

    synchronized void completed(List<Field> trailerFields) {
        complete = true;
        trailers = trailerFields;
        notifyAll();
    }

    synchronized void failed(IOException cause) {
        if (!answered && aborted == null) {
            aborted = cause;
            notifyAll();
        }
    }

    synchronized void answered() {
        answered = true;
        notifyAll();
    }

    /** The body bytes received so far, at most the first 8 MiB. */
    public synchronized byte[] body() {
        return body.toByteArray();
    }

    /** The body received so far as UTF-8. */
    public synchronized String text() {
        return body.toString(StandardCharsets.UTF_8);
    }

    /** How many body bytes were received so far. */
    public synchronized long bodyLength() {
        return bodyLength;
    }

    /** The trailers; empty until the request is complete. */
    public synchronized List<Field> trailers() {
        return trailers;
    }

    /** Waits until the whole request was received. */
    public synchronized RecordedRequest awaitComplete() throws IOException {
        await(() -> complete || aborted != null, "its end");
        if (!complete) {
            throw new IOException(this + " was aborted: " + aborted, aborted);
        }
        return this;
    }

    /** Waits until at least so many body bytes were received. */
    public synchronized RecordedRequest awaitBody(long bytes) throws IOException {
        await(() -> bodyLength >= bytes || aborted != null, bytes + " bytes of body");
        if (bodyLength < bytes) {
            throw new IOException(this + " was aborted: " + aborted, aborted);
        }
        return this;
    }

    /** Waits until the exchange was aborted by the proxy (a reset, or a connection's end) before its answer was complete. */
    public synchronized IOException awaitAborted() throws IOException {
        await(() -> aborted != null || answered, "its abort");
        if (aborted == null) {
            throw new IOException(this + " was answered completely (expected: aborted)");
        }
        return aborted;
    }

    /** Waits until the answer was written completely. */
    public synchronized RecordedRequest awaitAnswered() throws IOException {
        await(() -> aborted != null || answered, "its answer");
        if (!answered) {
            throw new IOException(this + " was aborted: " + aborted, aborted);
        }
        return this;
    }

    private interface Condition {
        boolean holds();
    }

    private synchronized void await(Condition condition, String what) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.holds()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new SocketTimeoutException(this + ": " + what + " did not come in time");
            }
            try {
                wait(left / 1_000_000 + 1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
        }
    }

    @Override
    public String toString() {
        return method + " " + target + " " + protocol + " " + fields;
    }
}
