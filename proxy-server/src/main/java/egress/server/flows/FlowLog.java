package egress.server.flows;

import egress.server.config.FlowSettings;
import egress.server.log.Notices;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * The flow log: each exchange that is over, and each ClientHello, one line of JSON. What cannot be written is lost and counted; where
 * the record is required, it is tried again until it can, and {@link #isWriting} says meanwhile that nothing new may leave.
 */
final class FlowLog implements FlowSink {
    /** So much is written at once, in bytes; a longer line alone. */
    private static final int BATCH = 64 * 1024;

    /** Holds a batch and the line that does not go with it. */
    private static final int BUFFER = 2 * BATCH;
    /** Between two tries of a line that must be written. */
    private static final long PAUSE = Duration.ofMillis(100).toNanos();

    /** What is kept of each body where a line is too long otherwise, in bytes. */
    private static final int[] LESS = {1 << 20, 64 * 1024, 0};

    private final Path path;
    private final FlowFile file;
    private final FlowSettings settings;
    private final FlowLosses losses;
    private final Notices notices;
    private final FlowWriter writer = new FlowWriter();
    /** Lines that wait to be written, each with its newline. */
    private ByteBuf lines = UnpooledByteBufAllocator.DEFAULT.directBuffer(BUFFER);

    private volatile boolean writing = true;
    private volatile boolean closing;
    private long lostBefore;

    private FlowLog(Path path, FlowFile file, FlowSettings settings, FlowLosses losses, Notices notices) {
        this.path = path;
        this.file = file;
        this.settings = settings;
        this.losses = losses;
        this.notices = notices;
    }

    /** @throws IOException when the file cannot be opened, with a sentence that names the flag */
    static Optional<FlowLog> open(FlowSettings settings, FlowLosses losses, Notices notices) throws IOException {
        if (settings.log().isEmpty()) {
            return Optional.empty();
        }
        Path path = settings.log().get();
        try {
            return Optional.of(new FlowLog(path, FlowFile.open(path), settings, losses, notices));
        } catch (IOException e) {
            throw new IOException("--flows: cannot write " + path + ": " + words(e), e);
        }
    }

    private static String words(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> "its directory is not there";
            case AccessDeniedException _ -> "permission denied";
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }

    /** Whether the latest line could be written. From any thread. */
    boolean isWriting() {
        return writing;
    }

    @Override
    public boolean isLive() {
        return false;
    }

    @Override
    public void started(Flow flow) {
        throw new IllegalStateException("not live");
    }

    @Override
    public void responded(Flow flow) {
        throw new IllegalStateException("not live");
    }

    @Override
    public void message(long id, Flow.Message message) {
        throw new IllegalStateException("not live");
    }

    @Override
    public void ended(Flow flow) {
        int before = lines.writerIndex();
        try {
            if (!render(flow, before)) {
                lines.writerIndex(before);
                losses.lose();
                return;
            }
        } catch (IOException e) {
            lines.writerIndex(before);
            losses.lose(); // not to be put into JSON
            return;
        }
        if (before > 0 && (lines.writerIndex() > BATCH || isFull(lines.writerIndex()))) {
            write(before);
        }
        if (lines.writerIndex() >= BATCH) {
            write(lines.writerIndex());
        }
    }

    private boolean render(Flow flow, int at) throws IOException {
        int length = render(flow, at, Integer.MAX_VALUE);
        for (int i = 0; i < LESS.length && length > FlowFile.LONGEST; i++) {
            length = render(flow, at, LESS[i]);
        }
        return length <= FlowFile.LONGEST;
    }

    private int render(Flow flow, int at, int mostOfBody) throws IOException {
        lines.writerIndex(at);
        try (ByteBufOutputStream to = new ByteBufOutputStream(lines)) {
            writer.write(flow, mostOfBody, to);
        }
        return lines.writerIndex() - at;
    }

    /** Whether so many bytes, of several lines, would make the file longer than it may be; true where that is unknown. */
    private boolean isFull(int bytes) {
        if (settings.rotateAt().isEmpty()) {
            return false;
        }
        long most = settings.rotateAt().get();
        try {
            return bytes > most || file.isFull(most, bytes);
        } catch (IOException e) {
            return true; // writing reports why
        }
    }

    /** Writes the first so many bytes of what waits, which are whole lines: at once or, where that fails, each line by itself. */
    private void write(int length) {
        int first = lines.indexOf(0, length, (byte) '\n') + 1;
        if (first == length || !isWritten(length)) {
            for (int from = 0, end = first;
                    from < length;
                    from = end, end = lines.indexOf(from, length, (byte) '\n') + 1) {
                writeLine(from, end - from);
            }
        }
        lines.readerIndex(length).discardReadBytes();
        if (lines.capacity() > BUFFER && lines.writerIndex() == 0) {
            lines.release();
            lines = UnpooledByteBufAllocator.DEFAULT.directBuffer(BUFFER);
        }
    }

    private boolean isWritten(int length) {
        try {
            append(0, length);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void append(int from, int length) throws IOException {
        if (settings.rotateAt().isPresent() && file.isFull(settings.rotateAt().get(), length)) {
            file.rotate(settings.keep());
        }
        file.append(lines.nioBuffer(from, length));
        works();
    }

    private void writeLine(int from, int length) {
        while (true) {
            try {
                append(from, length);
                return;
            } catch (IOException e) {
                fails(e);
            }
            if (!settings.required() || closing) {
                losses.lose();
                return;
            }
            LockSupport.parkNanos(this, PAUSE);
        }
    }

    private void works() {
        if (!writing) {
            writing = true;
            long lost = losses.count() - lostBefore;
            notices.say("--flows: " + path + " can be written again"
                    + (lost > 0 ? "; " + lost + " flow(s) were lost" : ""));
        }
    }

    private void fails(IOException e) {
        if (writing) {
            writing = false;
            lostBefore = losses.count();
            notices.say("--flows: cannot write " + path + ": " + words(e)
                    + (settings.required() ? ": no new request leaves until it can" : ""));
        }
    }

    @Override
    public void paused() {
        write(lines.writerIndex());
        try {
            file.unlock();
        } catch (IOException e) {
            fails(e);
        }
    }

    /** On the recorder's thread: continues in the file that has the name now. */
    void reopen() {
        write(lines.writerIndex());
        try {
            file.reopen();
        } catch (IOException e) {
            notices.say("--flows: cannot open " + path + " anew, and continues in the old file: " + words(e));
        }
    }

    /** From now on a line that cannot be written is lost. */
    void closing() {
        closing = true;
    }

    /** After the recorder's thread has ended. */
    void close() {
        write(lines.writerIndex());
        try {
            file.close();
        } catch (IOException e) {
            notices.say("--flows: cannot close " + path + ": " + words(e));
        }
        lines.release();
    }
}
