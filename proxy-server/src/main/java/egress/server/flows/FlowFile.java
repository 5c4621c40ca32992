package egress.server.flows;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The file of a flow log: whole lines at its end, under a lock, whatever else writes there by the same rule. */
final class FlowFile implements Closeable {
    /** Of a line, with its newline. */
    static final int LONGEST = 32 << 20;

    private static final Set<PosixFilePermission> OWNER = PosixFilePermissions.fromString("rw-------");
    private static final int BLOCK = 64 * 1024;

    /** How often something is appended under one lock at most, so that others have their turn. */
    private static final int MOST_LOCKED = 16;

    private final Path path;
    private FileChannel channel;
    private @Nullable FileLock lock;
    private long end;
    private int appended;

    private FlowFile(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Opens it, or makes it for its owner alone, and cuts off a line that a crash has left unfinished.
     *
     * @throws IOException where it is none, or cannot be written
     */
    static FlowFile open(Path path) throws IOException {
        return new FlowFile(path, channel(path, OWNER));
    }

    private static FileChannel channel(Path path, @Nullable Set<PosixFilePermission> permissions) throws IOException {
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new IOException("not a regular file");
        }
        FileChannel channel = FileChannel.open(
                path,
                Set.<OpenOption>of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE),
                attributes(path, permissions));
        try (FileLock _ = channel.lock()) {
            cut(channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        return channel;
    }

    private static FileAttribute<?>[] attributes(Path path, @Nullable Set<PosixFilePermission> permissions) {
        boolean posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
        return posix && permissions != null
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
                : new FileAttribute<?>[0];
    }

    /** Cuts off what stands behind the last newline, which is no longer than a line. */
    private static void cut(FileChannel channel) throws IOException {
        long size = channel.size();
        if (size == 0) {
            return;
        }
        if (byteAt(channel, 0) != '{') {
            throw new IOException("not a flow log");
        }
        long least = Math.max(0, size - LONGEST);
        long end = size;
        ByteBuffer block = ByteBuffer.allocate(BLOCK);
        while (end > least) {
            long from = Math.max(least, end - BLOCK);
            block.clear().limit((int) (end - from));
            readFully(channel, block, from);
            for (int i = block.limit() - 1; i >= 0; i--) {
                if (block.get(i) == '\n') {
                    if (from + i + 1 < size) {
                        channel.truncate(from + i + 1);
                    }
                    return;
                }
            }
            end = from;
        }
        if (least > 0) {
            throw new IOException("not a flow log");
        }
        channel.truncate(0);
    }

    private static byte byteAt(FileChannel channel, long at) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        readFully(channel, one, at);
        return one.get(0);
    }

    private static void readFully(FileChannel channel, ByteBuffer into, long from) throws IOException {
        long at = from;
        while (into.hasRemaining()) {
            int n = channel.read(into, at);
            if (n < 0) {
                throw new IOException("it became shorter");
            }
            at += n;
        }
    }

    /** Whether so many bytes would make it longer than it may be. */
    boolean isFull(long most, int bytes) throws IOException {
        lock();
        return end > 0 && end + bytes > most;
    }

    /**
     * Appends lines in one write, and stays locked until {@link #unlock}. What cannot be written whole is taken back.
     *
     * @throws IOException when nothing of it is there
     */
    void append(ByteBuffer lines) throws IOException {
        lock();
        long at = end;
        try {
            while (lines.hasRemaining()) { // once, unless the disk is full
                at += channel.write(lines, at);
            }
            end = at;
        } catch (IOException e) {
            channel.truncate(end);
            unlock();
            throw e;
        }
        if (++appended == MOST_LOCKED) {
            unlock();
        }
    }

    private void lock() throws IOException {
        if (lock == null) {
            lock = channel.lock();
            end = channel.size();
        }
    }

    /** Lets others append; harmless where it is not locked. */
    void unlock() throws IOException {
        FileLock held = lock;
        if (held != null) {
            lock = null;
            appended = 0;
            held.release();
        }
    }

    /** Opens what is at its path now; stays with the old one where that cannot be had. */
    void reopen() throws IOException {
        unlock();
        FileChannel next = channel(path, permissions());
        channel.close();
        channel = next;
    }

    /** Renames it to {@code FILE.1}, what was that to {@code FILE.2} and so on, and begins anew. */
    void rotate(int keep) throws IOException {
        unlock();
        Set<PosixFilePermission> permissions = permissions();
        if (Files.exists(path)) { // else it was renamed before, and a new one could not be had
            for (int i = keep - 1; i >= 1; i--) {
                move(numbered(i), numbered(i + 1));
            }
            move(path, numbered(1));
        }
        FileChannel next = channel(path, permissions);
        channel.close();
        channel = next;
    }

    private Path numbered(int i) {
        return path.resolveSibling(path.getFileName() + "." + i);
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        } catch (NoSuchFileException e) {
            return; // fewer so far
        }
    }

    /** Of the file that is there, for the one that takes its place. */
    private Set<PosixFilePermission> permissions() {
        try {
            return Files.getPosixFilePermissions(path);
        } catch (IOException | UnsupportedOperationException e) {
            return OWNER;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
