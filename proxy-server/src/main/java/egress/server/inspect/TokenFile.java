package egress.server.inspect;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** The page's address with its token, in a file that its owner alone may read: how {@code tail} finds a gate that runs. */
public final class TokenFile {
    private TokenFile() {}

    /** Of the gate with this port for {@code --admin}. */
    public static Path in(Path directory, int port) {
        return directory.resolve("inspect-" + port);
    }

    /** @throws IOException where there is none, or it is no address */
    public static String read(Path file) throws IOException {
        return Files.readString(file).strip();
    }

    static void write(Path file, String url) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null && !Files.isDirectory(directory)) {
            Files.createDirectories(directory, owner(directory, "rwx------"));
        }
        Path made = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(made);
        Files.createFile(made, owner(made, "rw-------"));
        Files.write(made, (url + "\n").getBytes(StandardCharsets.UTF_8), StandardOpenOption.WRITE);
        try {
            Files.move(made, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (FileAlreadyExistsException e) {
            Files.deleteIfExists(made);
            throw e;
        }
    }

    /** Takes it away where it still holds this address, and not that of a gate that started later. */
    static void remove(Path file, String url) {
        try {
            if (read(file).equals(url)) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // A file that is left names a token that no longer opens anything.
        }
    }

    private static FileAttribute<?>[] owner(Path at, String permissions) {
        boolean posix = at.getFileSystem().supportedFileAttributeViews().contains("posix");
        return posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }
}
