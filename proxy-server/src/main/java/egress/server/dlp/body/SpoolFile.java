package egress.server.dlp.body;

import egress.dlp.BodySource;
import egress.server.dlp.judge.ScanDispatcher;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The part of a held body that is on disk. Fields belong to the loop; the disk is touched elsewhere, by one task at a time. */
final class SpoolFile {
    /** Memory for reading back, in bytes: a chunk that is ready and one that is being read. */
    static final int READ_AHEAD = 2 * BodyReplay.CHUNK;

    private static final Logger LOG = LoggerFactory.getLogger(SpoolFile.class);
    private static final int MAX_UNWRITTEN = 64 * 1024;

    private final HeldBody body;
    private final EventLoop loop;
    private final Spool spool;
    private List<byte[]> unwritten = new ArrayList<>();
    private long unwrittenBytes;
    private long unwrittenTaken;
    private long written;
    private boolean writing;
    private boolean finishing;
    private @Nullable FileChannel channel;

    SpoolFile(HeldBody body, EventLoop loop, Spool spool) {
        this.body = body;
        this.loop = loop;
        this.spool = spool;
    }

    boolean hasRoom() {
        return unwrittenBytes < MAX_UNWRITTEN;
    }

    /** @param taken what the piece costs of the memory budget, given back once it is on disk */
    void write(byte[] piece, int taken) {
        unwritten.add(piece);
        unwrittenBytes += piece.length;
        unwrittenTaken += taken;
        if (!writing && unwrittenBytes >= MAX_UNWRITTEN / 2) {
            flush();
        }
    }

    /** Nothing more is written. */
    void finish() {
        finishing = true;
        if (!writing) {
            flush();
        }
    }

    private void flush() {
        List<byte[]> batch = unwritten;
        long bytes = unwrittenBytes;
        long taken = unwrittenTaken;
        unwritten = new ArrayList<>();
        unwrittenTaken = 0;
        writing = true;
        body.enter();
        FileChannel opened = channel;
        long position = written;
        try {
            body.onDisk(() -> append(opened, position, batch, bytes, taken));
        } catch (RejectedExecutionException e) {
            writing = false;
            body.give(taken);
            body.onBroken();
            body.leave();
        }
    }

    private void append(@Nullable FileChannel opened, long position, List<byte[]> batch, long bytes, long taken) {
        FileChannel file = opened;
        IOException failure = null;
        try {
            file = file == null ? spool.open() : file;
            long at = position;
            for (byte[] piece : batch) {
                ByteBuffer buffer = ByteBuffer.wrap(piece);
                while (buffer.hasRemaining()) {
                    at += file.write(buffer, at);
                }
            }
        } catch (IOException e) {
            failure = e;
        }
        FileChannel now = file;
        IOException why = failure;
        ScanDispatcher.onLoop(loop, () -> onAppended(now, bytes, taken, why));
    }

    private void onAppended(@Nullable FileChannel now, long bytes, long taken, @Nullable IOException failure) {
        channel = now;
        writing = false;
        written += bytes;
        unwrittenBytes -= bytes;
        body.give(taken);
        if (failure != null) {
            LOG.error("a body could not be spooled to {}: {}", spool.directory(), failure.toString());
            body.onBroken();
        } else if (!body.isClosed()) {
            boolean more = unwrittenBytes > 0 && (finishing || unwrittenBytes >= MAX_UNWRITTEN / 2);
            if (more) {
                flush();
            }
            body.onWritten(!more && unwrittenBytes == 0);
        }
        body.leave();
    }

    /** What is on disk, once all is. */
    BodySource source() {
        FileChannel opened = channel;
        return opened == null ? BodySource.empty() : BodySource.of(opened, written);
    }

    /** Nobody reads or writes any more. */
    void close() {
        FileChannel opened = channel;
        channel = null;
        if (opened != null) {
            try {
                body.onDisk(() -> close(opened));
            } catch (RejectedExecutionException e) {
                close(opened);
            }
        }
    }

    private static void close(FileChannel opened) {
        try {
            opened.close();
        } catch (IOException e) {
            LOG.warn("a spool file could not be closed: {}", e.toString());
        }
    }
}
