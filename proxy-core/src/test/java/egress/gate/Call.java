package egress.gate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import egress.testkit.client.RawClient;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.HttpHead;
import egress.testkit.wire.ReceivedResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One request of a {@link Caller}, and its response as it comes. */
public final class Call {
    private final String method;
    private final @Nullable RawClient h1;
    private final @Nullable H2Stream h2;
    private final boolean chunked;
    private int status;
    private List<Field> fields = List.of();
    private @Nullable InputStream body;

    Call(String method, @Nullable RawClient h1, @Nullable H2Stream h2) {
        this(method, h1, h2, false);
    }

    Call(String method, @Nullable RawClient h1, @Nullable H2Stream h2, boolean chunked) {
        this.method = method;
        this.h1 = h1;
        this.h2 = h2;
        this.chunked = chunked;
    }

    public H2Stream h2() {
        return Objects.requireNonNull(h2, "an h1 call");
    }

    private RawClient h1() {
        return Objects.requireNonNull(h1, "an h2 call");
    }

    /** Sends part of the body. */
    public Call write(String text) throws IOException {
        return write(text.getBytes(ISO_8859_1));
    }

    /** Sends part of the body, on h1 as one chunk. */
    public Call write(byte[] bytes) throws IOException {
        if (h2 != null) {
            h2.write(bytes, false);
        } else if (!chunked) {
            h1().send(bytes);
        } else if (bytes.length > 0) {
            ByteArrayOutputStream chunk = new ByteArrayOutputStream(bytes.length + 16);
            chunk.writeBytes((Integer.toHexString(bytes.length) + "\r\n").getBytes(ISO_8859_1));
            chunk.writeBytes(bytes);
            chunk.writeBytes("\r\n".getBytes(ISO_8859_1));
            h1().send(chunk.toByteArray());
        }
        return this;
    }

    /** Ends the request's body, with trailers if there are any. */
    public Call end(String... trailers) throws IOException {
        if (h2 != null && trailers.length == 0) {
            h2.write(new byte[0], true);
        } else if (h2 != null) {
            h2.headers(Field.list(trailers), true);
        } else if (chunked) {
            StringBuilder last = new StringBuilder("0\r\n");
            Field.list(trailers).forEach(field -> last.append(field).append("\r\n"));
            h1().send(last.append("\r\n").toString());
        }
        return this;
    }

    /** Waits for the response's head. */
    public int status() throws IOException {
        if (status == 0 && h2 != null) {
            fields = h2.awaitHead();
            status = Integer.parseInt(Field.first(fields, ":status").orElseThrow());
        } else if (status == 0) {
            HttpHead head = h1().readHead();
            status = head.status();
            fields = head.fields();
            body = h1().body(head, method);
        }
        return status;
    }

    /** A field of the head, once that was waited for. */
    public Optional<String> field(String name) {
        return Field.first(fields, name);
    }

    /** Body bytes as they come; -1 at the end. */
    public int read(byte[] into) throws IOException {
        status();
        return h2 != null ? h2.read(into) : Objects.requireNonNull(body).read(into);
    }

    /** Exactly so many bytes of the body, as text. */
    public String read(int count) throws IOException {
        byte[] all = new byte[count];
        for (int at = 0; at < count; ) {
            byte[] some = new byte[count - at];
            int n = read(some);
            if (n < 0) {
                throw new AssertionError("the body ended after " + at + " bytes (expected: " + count + ")");
            }
            System.arraycopy(some, 0, all, at, n);
            at += n;
        }
        return new String(all, ISO_8859_1);
    }

    /** The whole response, with its 1xx and trailers; only where nothing of it was read before. */
    public ReceivedResponse response() throws IOException {
        return h2 != null ? h2.response() : h1().readResponse(method);
    }

    /** Waits until the response breaks: an error where it ends as if it were whole, or does not end. */
    public IOException awaitBroken() {
        byte[] some = new byte[1 << 16];
        try {
            int n;
            do {
                n = read(some);
            } while (n >= 0);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the response is still open (expected: broken)", e);
        } catch (IOException e) {
            return e;
        }
        throw new AssertionError("a " + status + " that ended well (expected: broken)");
    }
}
