package egress.testkit.origin;

import egress.testkit.wire.Field;
import egress.testkit.wire.H2Frame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * One request at an {@link Origin} and the answer to it, the same for h1 and h2. Whoever drives it (a behaviour, or the test itself)
 * may block; nothing is read or written before it is asked for, and every write goes out at once.
 */
public abstract class OriginExchange {
    /** What the bytes after a 101 are read from and written to. */
    public record Upgraded(InputStream in, OutputStream out) {}

    private final RecordedRequest request;
    private final CountDownLatch over = new CountDownLatch(1);
    private boolean headWritten;
    private boolean ended;

    OriginExchange(RecordedRequest request) {
        this.request = request;
    }

    /** The request; its body grows as this exchange reads it. */
    public final RecordedRequest request() {
        return request;
    }

    /** The path of the target, without its query. */
    public final String path() {
        return request.target().split("\\?", 2)[0];
    }

    /** A parameter of the target's query; {@code otherwise} when it is not there. */
    public final String parameter(String name, String otherwise) {
        String[] parts = request.target().split("\\?", 2);
        if (parts.length == 2) {
            for (String pair : parts[1].split("&", -1)) {
                if (pair.startsWith(name + "=")) {
                    return pair.substring(name.length() + 1);
                }
            }
        }
        return otherwise;
    }

    /** A number in the target's query. */
    public final int parameter(String name, int otherwise) {
        return Integer.parseInt(parameter(name, Integer.toString(otherwise)));
    }

    /** Reads body bytes as they come, asking for them with a 100 where the request expects one; -1 at the end. */
    public final int read(byte[] into) throws IOException {
        try {
            int n = readBody(into);
            if (n < 0) {
                request.completed(requestTrailers());
            } else {
                request.received(into, n);
            }
            return n;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Reads the rest of the body. */
    public final byte[] readAll() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] some = new byte[1 << 16];
        for (int n = read(some); n >= 0; n = read(some)) {
            all.write(some, 0, n);
        }
        return all.toByteArray();
    }

    /** Reads the rest of the body without keeping it here. */
    public final void drain() throws IOException {
        byte[] some = new byte[1 << 16];
        int n;
        do {
            n = read(some);
        } while (n >= 0);
    }

    /** Sends a 1xx response. */
    public final void interim(int status, String... namesAndValues) throws IOException {
        guarded(() -> writeInterim(status, Field.list(namesAndValues)));
    }

    /** Sends the head of the final response; on h1 without Content-Length the body goes chunked. */
    public final void head(int status, String... namesAndValues) throws IOException {
        head(status, Field.list(namesAndValues));
    }

    /** Sends the head of the final response; on h1 without Content-Length the body goes chunked. */
    public final void head(int status, List<Field> fields) throws IOException {
        headWritten = true;
        guarded(() -> writeHead(status, fields));
    }

    /** Sends body bytes at once, waiting while the other side takes none. */
    public final void write(byte[] bytes) throws IOException {
        guarded(() -> writeBody(bytes, bytes.length));
    }

    /** Sends the first {@code length} bytes. */
    final void write(byte[] bytes, int length) throws IOException {
        guarded(() -> writeBody(bytes, length));
    }

    /** Sends body text as UTF-8. */
    public final void write(String text) throws IOException {
        write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Ends the response, with these trailers if any. */
    public final void end(List<Field> trailers) throws IOException {
        if (!ended) {
            guarded(() -> writeEnd(trailers));
            ended = true;
            request.answered();
            over.countDown();
        }
    }

    /** Ends the response. */
    public final void end() throws IOException {
        end(List.of());
    }

    /** Sends a whole response with its Content-Length. */
    public final void respond(int status, String text, String... namesAndValues) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        List<Field> fields = new ArrayList<>(Field.list(namesAndValues));
        if (status != 204 && status != 304) {
            fields.add(new Field("content-length", Integer.toString(bytes.length)));
        }
        head(status, fields);
        if (bytes.length > 0) {
            write(bytes);
        }
        end();
    }

    /** Aborts: a RST of the connection on h1, RST_STREAM with INTERNAL_ERROR on h2. */
    public final void reset() throws IOException {
        reset(H2Frame.ErrorCode.INTERNAL_ERROR);
    }

    /** Aborts: a RST of the connection on h1, RST_STREAM with this code on h2. */
    public final void reset(H2Frame.ErrorCode code) throws IOException {
        ended = true;
        writeReset(code);
        request.failed(new IOException("reset by the origin"));
        over.countDown();
    }

    /**
     * Waits until the proxy has given the exchange up: its stream reset, its connection ended. The request must have been read to its
     * end, and the answer must not have been.
     */
    public final IOException awaitGone() throws IOException {
        IOException gone = readGone();
        failed(gone);
        ended = true;
        over.countDown();
        return gone;
    }

    /** Answers 101 with these fields, then {@code early} in the same packet, and hands over the connection; h1 only. */
    public final Upgraded upgrade(byte[] early, String... namesAndValues) throws IOException {
        headWritten = true;
        ended = true;
        Upgraded upgraded = writeUpgrade(early, Field.list(namesAndValues));
        request.completed(List.of());
        request.answered();
        return upgraded;
    }

    /** Sends bytes as they are, past all framing; h1 only. */
    public abstract void raw(byte[] bytes) throws IOException;

    final boolean headWritten() {
        return headWritten;
    }

    final boolean ended() {
        return ended;
    }

    final void awaitOver() throws InterruptedException {
        over.await();
    }

    final void giveUp(IOException cause) {
        request.failed(cause);
        over.countDown();
    }

    private interface Step {
        void run() throws IOException;
    }

    private void guarded(Step step) throws IOException {
        try {
            step.run();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private IOException failed(IOException cause) {
        request.failed(cause);
        over.countDown();
        return cause;
    }

    abstract int readBody(byte[] into) throws IOException;

    abstract List<Field> requestTrailers();

    abstract void writeInterim(int status, List<Field> fields) throws IOException;

    abstract void writeHead(int status, List<Field> fields) throws IOException;

    abstract void writeBody(byte[] bytes, int length) throws IOException;

    abstract void writeEnd(List<Field> trailers) throws IOException;

    abstract void writeReset(H2Frame.ErrorCode code) throws IOException;

    abstract IOException readGone() throws IOException;

    abstract Upgraded writeUpgrade(byte[] early, List<Field> fields) throws IOException;
}
