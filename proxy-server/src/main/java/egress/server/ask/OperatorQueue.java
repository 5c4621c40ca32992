package egress.server.ask;

import egress.server.evidence.GrantedRule;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;

/** The operator's side of the directory: reads questions, and puts answers beside them. */
public final class OperatorQueue {
    private static final int MOST_BYTES = 1 << 20;
    private static final int LEAST_PREFIX = 4;

    private final Path directory;

    public OperatorQueue(Path directory) {
        this.directory = directory;
    }

    /**
     * What waits for an answer, the oldest first.
     *
     * @throws IOException where there is no such directory
     */
    public List<QuestionFile.Read> questions() throws IOException {
        List<QuestionFile.Read> questions = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory, "*.json")) {
            for (Path file : all) {
                if (!file.getFileName().toString().matches("[0-9a-f]{32}\\.json")) {
                    continue;
                }
                try {
                    questions.add(QuestionFile.read(read(file)));
                } catch (NoSuchFileException e) {
                    // answered meanwhile
                }
            }
        } catch (NoSuchFileException e) {
            throw new IOException(directory + ": no such directory (expected: the --ask-queue of a gate)", e);
        }
        questions.sort(Comparator.comparing(each -> each.question().time()));
        return questions;
    }

    private static byte[] read(Path file) throws IOException {
        try (var in = Files.newInputStream(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            return in.readNBytes(MOST_BYTES);
        }
    }

    /**
     * The one of that id.
     *
     * @param named the id, or as many of its first characters as are unique
     * @throws IOException where there is none, or more than one
     */
    public QuestionFile.Read question(String named) throws IOException {
        List<QuestionFile.Read> found = new ArrayList<>();
        for (QuestionFile.Read each : questions()) {
            if (named.length() >= LEAST_PREFIX && each.question().id().startsWith(named)) {
                found.add(each);
            }
        }
        if (found.size() != 1) {
            throw new IOException(
                    found.isEmpty()
                            ? "no question \"" + named + "\" waits (expected: an id that ask ls shows)"
                            : "\"" + named + "\" is the beginning of more than one id");
        }
        return found.getFirst();
    }

    /**
     * Puts an answer there, whole or not at all.
     *
     * @throws IOException where that is not this user's to do
     */
    public void answer(QuestionFile.Read to, Answer answer) throws IOException {
        String id = to.question().id();
        Path made = directory.resolve("." + id + ".answer." + UUID.randomUUID() + ".tmp");
        try {
            Files.createFile(made, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.write(made, AnswerFile.write(id, answer), StandardOpenOption.WRITE);
            own(made, to.owner());
            Files.move(made, directory.resolve(id + ".answer.json"), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(made);
        }
    }

    /** Root may answer for any owner. */
    private static void own(Path file, long owner) throws IOException {
        long self = ((Number) Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS)).longValue();
        if (self == owner) {
            return;
        }
        try {
            if (self == 0) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
                Files.setAttribute(file, "unix:uid", (int) owner, LinkOption.NOFOLLOW_LINKS);
                return;
            }
        } catch (IOException e) {
            throw new IOException("cannot answer for user " + owner + ": " + e.getMessage(), e);
        }
        throw new IOException("the gate takes answers of user " + owner + " alone, and this is user " + self);
    }

    /** What holds now. */
    public List<GrantedRule> granted() throws IOException {
        try {
            return GrantsFile.read(read(directory.resolve(QueueDirectory.GRANTS)));
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }
}
