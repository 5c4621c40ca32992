package egress.testkit.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An h2 connection (RFC 9113) with threads that may block: one reads frames and hands them to streams, each stream's own thread
 * writes. Keeps the protocol by itself, except that a stream gets more window only as its reader consumes.
 *
 * <p>Independent of the codec that the proxy uses, so that a fault there cannot hide itself.
 */
public final class H2Connection {
    static final int DEFAULT_WINDOW = 65_535;
    static final long PATIENCE_NANOS = 30_000_000_000L;

    private final H2Wire wire;
    private final boolean client;
    private final H2Settings settings;
    private final Consumer<H2Stream> onStream;
    private final Map<Integer, H2Stream> streams = new HashMap<>();

    // Guarded by this; waiters are woken by every change.
    private long sendWindow = DEFAULT_WINDOW;
    private int peerStreamWindow = DEFAULT_WINDOW;
    private int peerMaxFrame = 16_384;
    private int peerMaxStreams = Integer.MAX_VALUE;
    private final Map<Integer, Integer> peerSettings = new HashMap<>();
    private int received;
    private int lastStreamId;
    private int nextStreamId = 1;
    private @Nullable H2Frame goAway;
    private @Nullable IOException ended;
    private boolean settled;
    private int pings;
    private boolean goingAway;

    /** @param onStream gets each stream that the other side opens, on the reading thread */
    public H2Connection(H2Wire wire, boolean client, H2Settings settings, Consumer<H2Stream> onStream) {
        this.wire = wire;
        this.client = client;
        this.settings = settings;
        this.onStream = onStream;
    }

    /** Says what a side says first. */
    public void open() throws IOException {
        if (client) {
            wire.write(H1Reader.latin1(H2Wire.PREFACE));
        }
        wire.write(settings.frames(client));
    }

    /** Reads frames until the connection ends and returns how it did. */
    public IOException run() {
        IOException end = new IOException("the connection was closed");
        try {
            for (H2Frame frame = wire.read(); frame != null; frame = wire.read()) {
                take(frame);
            }
        } catch (IOException e) {
            end = e;
        }
        end(end);
        return end;
    }

    private synchronized void end(IOException cause) {
        ended = cause;
        streams.values()
                .forEach(stream ->
                        stream.fail(new IOException("stream " + stream.id() + ": " + cause.getMessage(), cause)));
        streams.clear();
        notifyAll();
    }

    private void take(H2Frame frame) throws IOException {
        switch (frame.type()) {
            case H2Frame.DATA -> takeData(frame);
            case H2Frame.HEADERS -> takeHeaders(frame);
            case H2Frame.RST_STREAM -> {
                H2Stream stream = forget(frame.streamId());
                if (stream != null) {
                    stream.fail(new StreamResetException(frame.streamId(), frame.int32(0)));
                }
            }
            case H2Frame.SETTINGS -> takeSettings(frame);
            case H2Frame.PING -> takePing(frame);
            case H2Frame.GOAWAY -> takeGoAway(frame);
            case H2Frame.WINDOW_UPDATE -> takeWindow(frame);
            case H2Frame.CONTINUATION, H2Frame.PUSH_PROMISE -> throw new HttpSyntaxException("unexpected " + frame);
            default -> {
                // PRIORITY and unknown types mean nothing here (RFC 9113 §5.5).
            }
        }
    }

    private void takeData(H2Frame frame) throws IOException {
        int size = frame.payload().length;
        int replenish = 0;
        H2Stream stream;
        synchronized (this) {
            stream = streams.get(frame.streamId());
            received += size;
            if (received >= settings.connectionWindow() / 2) {
                replenish = received;
                received = 0;
            }
        }
        if (replenish > 0) {
            wire.write(H2Frame.windowUpdate(0, replenish));
        }
        if (stream != null) {
            stream.receive(unpadded(frame, 0), size, frame.has(H2Frame.END_STREAM));
        }
    }

    private void takeHeaders(H2Frame first) throws IOException {
        ByteArrayOutputStream section = new ByteArrayOutputStream();
        section.writeBytes(unpadded(first, first.has(H2Frame.PRIORITY_FLAG) ? 5 : 0));
        boolean end = first.has(H2Frame.END_HEADERS);
        while (!end) {
            H2Frame next = wire.read();
            if (next == null || next.type() != H2Frame.CONTINUATION || next.streamId() != first.streamId()) {
                throw new HttpSyntaxException(
                        "after HEADERS without END_HEADERS: " + next + " (expected: CONTINUATION)");
            }
            section.writeBytes(next.payload());
            end = next.has(H2Frame.END_HEADERS);
        }
        List<Field> fields = wire.decode(section.toByteArray());
        H2Stream stream;
        boolean opened = false;
        synchronized (this) {
            stream = streams.get(first.streamId());
            if (stream == null && !client && first.streamId() > lastStreamId) {
                lastStreamId = first.streamId();
                if (goingAway) {
                    return;
                }
                stream = new H2Stream(this, first.streamId(), settings.streamWindow(), peerStreamWindow);
                streams.put(first.streamId(), stream);
                opened = true;
            }
        }
        if (stream != null) {
            stream.receive(fields, first.has(H2Frame.END_STREAM));
        }
        if (stream != null && opened) {
            onStream.accept(stream);
        }
    }

    private static byte[] unpadded(H2Frame frame, int skip) throws IOException {
        byte[] payload = frame.payload();
        if (!frame.has(H2Frame.PADDED)) {
            return skip == 0 ? payload : Arrays.copyOfRange(payload, skip, payload.length);
        }
        int from = 1 + skip;
        int to = payload.length - (payload[0] & 0xff);
        if (to < from) {
            throw new HttpSyntaxException("more padding than payload: " + frame);
        }
        return Arrays.copyOfRange(payload, from, to);
    }

    private void takeSettings(H2Frame frame) throws IOException {
        if (frame.has(H2Frame.ACK)) {
            return;
        }
        synchronized (this) {
            for (int at = 0; at + 6 <= frame.payload().length; at += 6) {
                int id = (frame.payload()[at] & 0xff) << 8 | (frame.payload()[at + 1] & 0xff);
                int value = frame.int32(at + 2);
                peerSettings.put(id, value);
                if (id == H2Frame.Setting.INITIAL_WINDOW_SIZE.id) {
                    int change = value - peerStreamWindow;
                    peerStreamWindow = value;
                    streams.values().forEach(stream -> stream.sendWindow += change);
                } else if (id == H2Frame.Setting.MAX_FRAME_SIZE.id) {
                    peerMaxFrame = value;
                } else if (id == H2Frame.Setting.MAX_CONCURRENT_STREAMS.id) {
                    peerMaxStreams = value;
                }
            }
            settled = true;
            notifyAll();
        }
        wire.write(H2Frame.settingsAck());
    }

    private void takePing(H2Frame frame) throws IOException {
        if (!frame.has(H2Frame.ACK)) {
            wire.write(new H2Frame(H2Frame.PING, H2Frame.ACK, 0, frame.payload()));
            return;
        }
        synchronized (this) {
            pings++;
            notifyAll();
        }
    }

    private void takeGoAway(H2Frame frame) {
        int last = frame.int32(0) & 0x7fff_ffff;
        List<H2Stream> refused;
        synchronized (this) {
            goAway = frame;
            refused = client
                    ? streams.values().stream()
                            .filter(stream -> stream.id() > last)
                            .toList()
                    : List.of();
            refused.forEach(stream -> streams.remove(stream.id()));
            notifyAll();
        }
        refused.forEach(stream -> stream.fail(new IOException("stream " + stream.id() + ": not processed, GOAWAY "
                + H2Frame.ErrorCode.name(frame.int32(4)) + " with last stream " + last)));
    }

    private synchronized void takeWindow(H2Frame frame) {
        int increment = frame.int32(0) & 0x7fff_ffff;
        if (frame.streamId() == 0) {
            sendWindow += increment;
        } else {
            H2Stream stream = streams.get(frame.streamId());
            if (stream != null) {
                stream.sendWindow += increment;
            }
        }
        notifyAll();
    }

    /** Opens a stream with its request head, once the other side's SETTINGS are known; its limit of streams is the test's business. */
    public H2Stream open(List<Field> head, boolean end) throws IOException {
        return open(stream -> stream.headers(head, end));
    }

    /** The same with the bytes of the field section. */
    public H2Stream open(byte[] section, boolean end) throws IOException {
        return open(stream -> stream.section(section, end));
    }

    private interface Head {
        void send(H2Stream stream) throws IOException;
    }

    private H2Stream open(Head head) throws IOException {
        H2Stream stream;
        synchronized (this) {
            await(() -> settled, "the other side's SETTINGS");
        }
        synchronized (wire) { // so that streams begin on the wire in the order of their ids
            synchronized (this) {
                stream = new H2Stream(this, nextStreamId, settings.streamWindow(), peerStreamWindow);
                nextStreamId += 2;
                streams.put(stream.id(), stream);
            }
            head.send(stream);
        }
        return stream;
    }

    /** Writes DATA as the windows allow, waiting for them. */
    void data(H2Stream stream, byte[] bytes, boolean end) throws IOException {
        int offset = 0;
        do {
            int size;
            synchronized (this) {
                if (bytes.length > 0) {
                    await(() -> stream.broken() || Math.min(sendWindow, stream.sendWindow) > 0, "window to send in");
                }
                stream.throwIfBroken();
                long window = Math.max(0, Math.min(sendWindow, stream.sendWindow));
                size = (int) Math.min(Math.min(window, peerMaxFrame), bytes.length - offset);
                sendWindow -= size;
                stream.sendWindow -= size;
            }
            int next = offset + size;
            wire.write(H2Frame.data(stream.id(), Arrays.copyOfRange(bytes, offset, next), end && next == bytes.length));
            offset = next;
        } while (offset < bytes.length);
    }

    interface Condition {
        boolean holds() throws IOException;
    }

    /** Waits for a change of this connection or one of its streams; call with the monitor held. */
    void await(Condition condition, String what) throws IOException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.holds()) {
            if (ended != null) {
                throw new IOException("while waiting for " + what + ": " + ended.getMessage(), ended);
            }
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new SocketTimeoutException("no " + what + " came in time");
            }
            try {
                wait(left / 1_000_000 + 1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("while waiting for " + what);
            }
        }
    }

    synchronized @Nullable H2Stream forget(int streamId) {
        H2Stream stream = streams.remove(streamId);
        notifyAll();
        return stream;
    }

    /** Says that no new stream is taken, first with the highest id, and after a round trip with the true one (RFC 9113 §6.8). */
    public void goAwayGracefully() throws IOException {
        wire.write(H2Frame.goAway(Integer.MAX_VALUE, H2Frame.ErrorCode.NO_ERROR));
        int before;
        synchronized (this) {
            before = pings;
        }
        wire.write(H2Frame.ping(0));
        int last;
        synchronized (this) {
            await(() -> pings > before, "PING answer");
            goingAway = true;
            last = lastStreamId;
        }
        wire.write(H2Frame.goAway(last, H2Frame.ErrorCode.NO_ERROR));
    }

    public synchronized int pings() {
        return pings;
    }

    public synchronized void awaitPing(int count) throws IOException {
        await(() -> pings >= count, "PING answer");
    }

    public synchronized H2Frame awaitGoAway() throws IOException {
        await(() -> goAway != null, "GOAWAY");
        return Objects.requireNonNull(goAway);
    }

    /** Waits until the connection has ended and returns how. */
    public synchronized IOException awaitEnd() throws IOException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (ended == null) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new SocketTimeoutException("the connection is still open (expected: ended)");
            }
            try {
                wait(left / 1_000_000 + 1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("while waiting for the connection's end");
            }
        }
        return ended;
    }

    public synchronized Map<Integer, Integer> peerSettings() throws IOException {
        await(() -> settled, "the other side's SETTINGS");
        return Map.copyOf(peerSettings);
    }

    public synchronized int peerMaxStreams() throws IOException {
        await(() -> settled, "the other side's SETTINGS");
        return peerMaxStreams;
    }

    public H2Wire wire() {
        return wire;
    }
}
