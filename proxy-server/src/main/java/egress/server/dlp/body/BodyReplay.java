package egress.server.dlp.body;

import egress.dlp.BodySource;
import egress.server.dlp.judge.ScanDispatcher;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** A held body on its way out: pieces from the heap as they are, the rest read from the spool a little ahead, off the loop. */
final class BodyReplay {
    /** Read at a time, in bytes. */
    static final int CHUNK = 64 * 1024;

    private final HeldBody body;
    private final Deque<byte[]> pieces;
    private final BodySource rest;
    private final EventLoop loop;
    private final Runnable onReady;
    private long position;
    private boolean reading;
    private byte @Nullable [] ready;

    /** @param onReady runs when {@link #next} has something again */
    BodyReplay(HeldBody body, List<byte[]> pieces, BodySource rest, EventLoop loop, Runnable onReady) {
        this.body = body;
        this.pieces = new ArrayDeque<>(pieces);
        this.rest = rest;
        this.loop = loop;
        this.onReady = onReady;
        readAhead();
    }

    /** The next bytes, or null when there are none now. */
    @Nullable
    ByteBuf next() {
        byte[] piece = pieces.poll();
        if (piece != null) {
            return Unpooled.wrappedBuffer(piece);
        }
        byte[] chunk = ready;
        if (chunk == null) {
            return null;
        }
        ready = null;
        readAhead();
        return Unpooled.wrappedBuffer(chunk);
    }

    /** Whether all of it was handed out. */
    boolean isDone() {
        return pieces.isEmpty() && ready == null && !reading && position >= rest.length();
    }

    private void readAhead() {
        if (reading || ready != null || position >= rest.length() || body.isClosed()) {
            return;
        }
        if (!body.isOnDisk()) {
            onRead(read(rest, position), true);
            return;
        }
        reading = true;
        body.enter();
        long from = position;
        try {
            body.onDisk(() -> {
                byte[] chunk = read(rest, from);
                ScanDispatcher.onLoop(loop, () -> {
                    reading = false;
                    onRead(chunk, false);
                    body.leave();
                });
            });
        } catch (RejectedExecutionException e) {
            reading = false;
            body.onBroken();
            body.leave();
        }
    }

    private void onRead(byte @Nullable [] chunk, boolean now) {
        if (chunk == null) {
            body.onBroken();
            return;
        }
        ready = chunk;
        position += chunk.length;
        if (!now && !body.isClosed()) {
            onReady.run();
        }
    }

    /** @return null when it cannot be read */
    private static byte @Nullable [] read(BodySource from, long position) {
        byte[] chunk = new byte[(int) Math.min(CHUNK, from.length() - position)];
        try {
            for (int n = 0; n < chunk.length; ) {
                int got = from.read(position + n, chunk, n, chunk.length - n);
                if (got <= 0) {
                    throw new EOFException("a spool ended early");
                }
                n += got;
            }
            return chunk;
        } catch (IOException e) {
            return null;
        }
    }
}
