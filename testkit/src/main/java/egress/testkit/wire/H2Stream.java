package egress.testkit.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One h2 stream of a test's client or origin. Reading blocks until something comes and is what gives the other side more window. */
public final class H2Stream {
    private final H2Connection connection;
    private final int id;
    private final int window;

    // Guarded by the connection's monitor.
    long sendWindow;
    private final List<ReceivedResponse.Interim> interims = new ArrayList<>();
    private @Nullable List<Field> head;
    private final ArrayDeque<byte[]> body = new ArrayDeque<>();
    private int offset;
    private List<Field> trailers = List.of();
    private boolean remoteEnded;
    private boolean localEnded;
    private @Nullable IOException broken;
    private int unacknowledged;
    private long arrived;

    H2Stream(H2Connection connection, int id, int window, int sendWindow) {
        this.sendWindow = sendWindow;
        this.connection = connection;
        this.id = id;
        this.window = window;
    }

    /** The stream's identifier. */
    public int id() {
        return id;
    }

    void receive(List<Field> fields, boolean end) {
        synchronized (connection) {
            String status = Field.first(fields, ":status").orElse("");
            if (head != null) {
                trailers = fields;
            } else if (status.length() == 3 && status.startsWith("1")) {
                interims.add(new ReceivedResponse.Interim(Integer.parseInt(status), withoutStatus(fields)));
            } else {
                head = fields;
            }
            remoteEnded |= end;
            connection.notifyAll();
        }
        forgetWhenOver();
    }

    void receive(byte[] bytes, int flowControlled, boolean end) throws IOException {
        synchronized (connection) {
            arrived += bytes.length;
            if (bytes.length > 0) {
                body.add(bytes);
            }
            unacknowledged += flowControlled - bytes.length;
            remoteEnded |= end;
            connection.notifyAll();
        }
        forgetWhenOver();
    }

    void fail(IOException cause) {
        synchronized (connection) {
            broken = cause;
            connection.notifyAll();
        }
    }

    boolean broken() {
        return broken != null;
    }

    void throwIfBroken() throws IOException {
        if (broken instanceof StreamResetException reset) {
            throw new StreamResetException(id, reset.code());
        }
        if (broken != null) {
            throw new IOException(broken.getMessage(), broken);
        }
    }

    private void forgetWhenOver() {
        synchronized (connection) {
            if (remoteEnded && localEnded) {
                connection.forget(id);
            }
        }
    }

    /**
     * Whether the other side has sent all it had to say, and then that it wants no more: what is left to send is not
     * sent, and that is no failure (RFC 9113 §8.1).
     */
    private boolean wantsNoMore() {
        synchronized (connection) {
            return remoteEnded
                    && broken instanceof StreamResetException reset
                    && reset.code() == H2Frame.ErrorCode.NO_ERROR.code();
        }
    }

    /** Sends a field section: a head, a 1xx, or trailers. Nothing is sent to who wants no more (RFC 9113 §8.1). */
    public void headers(List<Field> fields, boolean end) throws IOException {
        if (wantsNoMore()) {
            return;
        }
        synchronized (connection) {
            throwIfBroken();
        }
        connection.wire().writeHeaders(id, fields, end);
        ended(end);
    }

    /** Sends bytes as a field section, legal or not. */
    void section(byte[] bytes, boolean end) throws IOException {
        connection.wire().write(H2Wire.headers(id, bytes, end));
        ended(end);
    }

    /**
     * Sends body bytes, waiting while the other side's windows are closed. Nothing is sent to who wants no more (RFC
     * 9113 §8.1).
     */
    public void write(byte[] bytes, boolean end) throws IOException {
        try {
            connection.data(this, bytes, end);
        } catch (StreamResetException e) {
            if (wantsNoMore()) {
                return;
            }
            throw e;
        }
        ended(end);
    }

    private void ended(boolean end) {
        synchronized (connection) {
            localEnded |= end;
        }
        forgetWhenOver();
    }

    /** Resets the stream. */
    public void reset(H2Frame.ErrorCode code) throws IOException {
        connection.forget(id);
        fail(new IOException("stream " + id + " was reset by this side"));
        connection.wire().write(H2Frame.rstStream(id, code));
    }

    /** After a whole answer: resets with NO_ERROR when the other side's body has not ended (RFC 9113 §8.1). */
    public void stopReading() throws IOException {
        boolean more;
        synchronized (connection) {
            more = !remoteEnded && localEnded && broken == null;
        }
        if (more) {
            reset(H2Frame.ErrorCode.NO_ERROR);
        }
    }

    /** Waits for the head that is not a 1xx: pseudo-header fields first, all as received. */
    public List<Field> awaitHead() throws IOException {
        synchronized (connection) {
            await(() -> head != null, "head");
            return Objects.requireNonNull(head);
        }
    }

    /** Waits until that many 1xx responses have come and returns them. */
    public List<ReceivedResponse.Interim> awaitInterims(int count) throws IOException {
        synchronized (connection) {
            await(() -> interims.size() >= count, "1xx");
            return List.copyOf(interims);
        }
    }

    /** Waits until that many body bytes have arrived, read or not: with a reader that stops, what the window let through. */
    public void awaitArrived(long bytes) throws IOException {
        synchronized (connection) {
            await(() -> arrived >= bytes, bytes + " bytes of body");
        }
    }

    /** The body bytes that have arrived so far, read or not. */
    public long arrived() {
        synchronized (connection) {
            return arrived;
        }
    }

    /** Waits for body bytes; returns how many were read, or -1 at the body's end. */
    public int read(byte[] into) throws IOException {
        int n;
        int update = 0;
        synchronized (connection) {
            await(() -> !body.isEmpty() || remoteEnded, "body");
            byte[] first = body.peek();
            if (first == null) {
                return -1;
            }
            n = Math.min(into.length, first.length - offset);
            System.arraycopy(first, offset, into, 0, n);
            offset += n;
            if (offset == first.length) {
                body.remove();
                offset = 0;
            }
            unacknowledged += n;
            if (!remoteEnded && unacknowledged >= Math.max(1, window / 2)) {
                update = unacknowledged;
                unacknowledged = 0;
            }
        }
        if (update > 0) {
            connection.wire().write(H2Frame.windowUpdate(id, update));
        }
        return n;
    }

    /** Waits for the whole rest of the body. */
    public byte[] readAll() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] some = new byte[1 << 16];
        for (int n = read(some); n >= 0; n = read(some)) {
            all.write(some, 0, n);
        }
        return all.toByteArray();
    }

    /** The trailers; call after the body's end was read. */
    public List<Field> trailers() {
        synchronized (connection) {
            return trailers;
        }
    }

    /** Waits for the whole response. */
    public ReceivedResponse response() throws IOException {
        List<Field> fields = awaitHead();
        byte[] bytes = readAll();
        String status =
                Field.first(fields, ":status").orElseThrow(() -> new HttpSyntaxException("no :status: " + fields));
        synchronized (connection) {
            return new ReceivedResponse(
                    Integer.parseInt(status), withoutStatus(fields), bytes, trailers, List.copyOf(interims));
        }
    }

    /** Waits until the other side resets the stream and returns the error code. */
    public int awaitReset() throws IOException {
        synchronized (connection) {
            connection.await(() -> broken != null, "RST_STREAM on stream " + id);
            if (broken instanceof StreamResetException reset) {
                return reset.code();
            }
            throwIfBroken();
            throw new AssertionError("not reached");
        }
    }

    /** Waits until the stream is of no more use to this side: reset, or its connection gone. */
    public IOException awaitBroken() throws IOException {
        synchronized (connection) {
            connection.await(() -> broken != null, "end of stream " + id);
            return Objects.requireNonNull(broken);
        }
    }

    private void await(H2Connection.Condition condition, String what) throws IOException {
        connection.await(() -> broken != null || condition.holds(), what + " on stream " + id);
        if (!condition.holds()) {
            throwIfBroken();
        }
    }

    private static List<Field> withoutStatus(List<Field> fields) {
        return fields.stream().filter(field -> !field.name().equals(":status")).toList();
    }
}
