package egress.server.flows;

import egress.http.Printable;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Reads flow logs one line after the other: this program's, and those of others without the fields that are ours. A line that is no
 * flow is a problem, which is counted and passed over.
 */
public final class FlowReader implements Iterable<Flow>, AutoCloseable {
    private static final int BUFFER = 64 * 1024;

    private final Iterator<Path> files;
    private final FlowParser parser = new FlowParser();
    private byte[] line = new byte[8 * 1024];
    private @Nullable InputStream in;
    private @Nullable Path file;
    private long number;
    private long problems;
    private @Nullable String firstProblem;

    private FlowReader(List<Path> files) {
        this.files = files.iterator();
    }

    /**
     * Reads these files, in that order.
     *
     * @throws IOException when one of them cannot be read, with a sentence that names it
     */
    public static FlowReader read(Path... files) throws IOException {
        for (Path file : files) {
            if (!Files.isReadable(file) || Files.isDirectory(file)) {
                throw new IOException(file + ": cannot be read (expected: a flow log)");
            }
        }
        return new FlowReader(List.of(files));
    }

    /** Lines that were no flows, so far. */
    public long problems() {
        return problems;
    }

    /** What was wrong with the first of them, and where; null where there is none. */
    public @Nullable String firstProblem() {
        return firstProblem;
    }

    /** The flows, once, in the order of the lines; throws {@link UncheckedIOException} when a file breaks off. */
    public Stream<Flow> stream() {
        return StreamSupport.stream(
                Spliterators.spliteratorUnknownSize(iterator(), Spliterator.ORDERED | Spliterator.NONNULL), false);
    }

    /** As {@link #stream}. */
    @Override
    public Iterator<Flow> iterator() {
        return new Iterator<>() {
            private @Nullable Flow next;

            @Override
            public boolean hasNext() {
                if (next == null) {
                    next = readNext();
                }
                return next != null;
            }

            @Override
            public Flow next() {
                Flow flow = hasNext() ? next : null;
                if (flow == null) {
                    throw new NoSuchElementException();
                }
                next = null;
                return flow;
            }
        };
    }

    private @Nullable Flow readNext() {
        try {
            int length;
            while ((length = readLine()) >= 0) {
                if (isBlank(length)) {
                    continue;
                }
                try {
                    return parser.parse(line, length);
                } catch (IOException | RuntimeException e) {
                    problem(String.valueOf(e.getMessage()).lines().findFirst().orElse("no flow"));
                }
            }
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean isBlank(int length) {
        for (int i = 0; i < length; i++) {
            if (line[i] > ' ' || line[i] < 0) {
                return false;
            }
        }
        return true;
    }

    private void problem(String words) {
        problems++;
        if (firstProblem == null) {
            firstProblem = Printable.line(file + ":" + number + ": " + words); // the line may be anybody's
        }
    }

    /** Reads into {@link #line}; -1 at the end of all files. */
    private int readLine() throws IOException {
        while (true) {
            InputStream open = in;
            if (open == null) {
                if (!files.hasNext()) {
                    return -1;
                }
                file = files.next();
                number = 0;
                open = new BufferedInputStream(Files.newInputStream(file), BUFFER);
                in = open;
            }
            int length = readLine(open);
            if (length >= 0) {
                return length;
            }
            open.close();
            in = null;
        }
    }

    private int readLine(InputStream from) throws IOException {
        int length = 0;
        int c = from.read();
        if (c < 0) {
            return -1;
        }
        number++;
        while (c >= 0 && c != '\n') {
            if (length == FlowFile.LONGEST) {
                skipLine(from);
                problem("a line of more than 32 MiB");
                return 0;
            }
            if (length == line.length) {
                line = Arrays.copyOf(line, Math.min(FlowFile.LONGEST, 2 * length));
            }
            line[length++] = (byte) c;
            c = from.read();
        }
        return length;
    }

    private static void skipLine(InputStream from) throws IOException {
        int c;
        do {
            c = from.read();
        } while (c >= 0 && c != '\n');
    }

    @Override
    public void close() throws IOException {
        if (in != null) {
            in.close();
        }
    }
}
