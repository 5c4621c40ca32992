package egress.server.ask;

import egress.ca.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The directory where questions and answers lie. Nobody but the gate and the one whose answers count may write there, and nothing that is
 * a link, of another owner or no plain file is an answer. Blocks: not for an event loop.
 */
final class QueueDirectory implements AutoCloseable {
    /** What was granted, for {@code ask export}. */
    public static final String GRANTS = "grants.json";

    private static final String LOCK = "gate.lock";
    private static final Pattern QUESTION = Pattern.compile("([0-9a-f]{32})\\.json");
    private static final Pattern ANSWER = Pattern.compile("([0-9a-f]{32})\\.answer\\.json");
    private static final int MOST_ENTRIES = 5_000;
    private static final int GROUP_WRITES = 0020;
    private static final int OTHERS_WRITE = 0002;

    private final Path directory;
    private final long gate;
    private final long owner;
    private final FileChannel lockFile;
    private final Set<String> stuck = new HashSet<>();

    private QueueDirectory(Path directory, long gate, long owner, FileChannel lockFile) {
        this.directory = directory;
        this.gate = gate;
        this.owner = owner;
        this.lockFile = lockFile;
    }

    /**
     * Takes the directory for one gate, makes it where it is not there, and takes away what an earlier gate left: its questions are
     * nobody's any more.
     *
     * @param owner whose answers count; empty for the gate's own user
     * @throws IOException with a sentence that names the flag
     */
    static QueueDirectory open(Path directory, OptionalInt owner) throws IOException {
        try {
            if (!Files.isDirectory(directory)) {
                Files.createDirectories(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            Path real = directory.toRealPath();
            FileChannel lockFile = FileChannel.open(
                    real.resolve(LOCK),
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try {
                if (isTaken(lockFile)) {
                    throw new IOException("another gate has it (expected: a directory of its own for each gate)");
                }
                long gate = uidOf(real.resolve(LOCK));
                QueueDirectory queue = new QueueDirectory(real, gate, owner.orElse((int) gate), lockFile);
                queue.check();
                queue.clear();
                return queue;
            } catch (IOException | RuntimeException e) {
                lockFile.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            throw new IOException("--ask-queue: " + directory + ": no such directory", e);
        } catch (IOException | UnsupportedOperationException e) {
            throw new IOException("--ask-queue: " + directory + ": " + e.getMessage(), e);
        }
    }

    /** Whether another gate has it. */
    private static boolean isTaken(FileChannel file) throws IOException {
        try {
            return file.tryLock() == null;
        } catch (OverlappingFileLockException e) {
            return true; // by this very process
        }
    }

    private static long uidOf(Path file) throws IOException {
        return ((Number) attributes(file, "uid").getOrDefault("uid", -1)).longValue();
    }

    private static Map<String, Object> attributes(Path file, String names) throws IOException {
        return Files.readAttributes(file, "unix:" + names, LinkOption.NOFOLLOW_LINKS);
    }

    /** Whose answers count. */
    long owner() {
        return owner;
    }

    /** The user that the gate runs as. */
    long gate() {
        return gate;
    }

    /** @throws IOException where others may write there */
    void check() throws IOException {
        Map<String, Object> is = attributes(directory, "uid,mode");
        long uid = ((Number) is.getOrDefault("uid", -1)).longValue();
        int mode = ((Number) is.getOrDefault("mode", -1)).intValue();
        if (uid != gate && uid != owner) {
            throw new IOException("belongs to user " + uid + " (expected: the gate's, " + gate + ", or --ask-owner)");
        }
        if ((mode & OTHERS_WRITE) != 0 || (mode & GROUP_WRITES) != 0 && owner == gate) {
            throw new IOException("others may write there (expected: mode 0700, or 0770 with an --ask-owner that is"
                    + " not the gate's user)");
        }
    }

    /** Takes away what is left of questions, answers and grants. */
    private void clear() throws IOException {
        for (Path entry : entries()) {
            String name = entry.getFileName().toString();
            if (QUESTION.matcher(name).matches()
                    || ANSWER.matcher(name).matches()
                    || name.equals(GRANTS)
                    || name.startsWith(".") && name.endsWith(".tmp")) {
                Files.deleteIfExists(entry);
            }
        }
    }

    private List<Path> entries() throws IOException {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            for (Path entry : all) {
                if (entries.size() == MOST_ENTRIES) {
                    break;
                }
                entries.add(entry);
            }
        }
        return entries;
    }

    void put(Question question) throws IOException {
        AtomicFile.writePrivate(directory.resolve(question.id() + ".json"), QuestionFile.write(question, owner));
        share(question.id() + ".json");
    }

    /** Another owner has to read what the gate wrote. */
    private void share(String name) throws IOException {
        if (owner != gate) {
            Files.setPosixFilePermissions(directory.resolve(name), PosixFilePermissions.fromString("rw-r--r--"));
        }
    }

    void grants(byte[] content) throws IOException {
        AtomicFile.writePrivate(directory.resolve(GRANTS), content);
        share(GRANTS);
    }

    void remove(String id) throws IOException {
        Files.deleteIfExists(directory.resolve(id + ".json"));
        Files.deleteIfExists(directory.resolve(id + ".answer.json"));
    }

    /**
     * One that lay there.
     */
    sealed interface Found {
        String id();

        record Valid(String id, Answer answer) implements Found {}

        /** @param fault why it is none */
        record Invalid(String id, String fault) implements Found {}
    }

    /** The answers that lie there; each is taken away, so that it is read once. */
    List<Found> take() throws IOException {
        List<Found> found = new ArrayList<>();
        for (Path entry : entries()) {
            Matcher name = ANSWER.matcher(entry.getFileName().toString());
            if (!name.matches()) {
                continue;
            }
            if (found.isEmpty()) {
                check();
            }
            String id = name.group(1);
            Found answer;
            try {
                answer = new Found.Valid(id, AnswerFile.read(id, content(entry)));
            } catch (IOException e) {
                answer = new Found.Invalid(id, String.valueOf(e.getMessage()));
            }
            if (isGone(entry)) {
                found.add(answer);
            } else if (stuck.size() < MOST_ENTRIES && stuck.add(id)) {
                found.add(new Found.Invalid(id, "cannot be taken away, and is not taken"));
            }
        }
        return found;
    }

    /** What stays could be taken twice. */
    private static boolean isGone(Path answer) {
        try {
            Files.deleteIfExists(answer);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private byte[] content(Path file) throws IOException {
        Map<String, Object> is = attributes(file, "uid,nlink,isRegularFile,size");
        long uid = ((Number) is.getOrDefault("uid", -1)).longValue();
        if (!Boolean.TRUE.equals(is.get("isRegularFile"))) {
            throw new IOException("no plain file (a link, perhaps)");
        }
        if (uid != owner) {
            throw new IOException("belongs to user " + uid + " (expected: " + owner + ")");
        }
        if (((Number) is.getOrDefault("nlink", 0)).longValue() != 1) {
            throw new IOException("has another name elsewhere");
        }
        try (InputStream in = Files.newInputStream(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            byte[] bytes = in.readNBytes(AnswerFile.MOST_BYTES + 1);
            if (bytes.length > AnswerFile.MOST_BYTES) {
                throw new IOException("longer than " + AnswerFile.MOST_BYTES + " bytes");
            }
            return bytes;
        }
    }

    @Override
    public void close() throws IOException {
        try {
            clear();
        } finally {
            lockFile.close();
        }
    }
}
