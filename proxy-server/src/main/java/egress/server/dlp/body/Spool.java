package egress.server.dlp.body;

import egress.share.FairBudget;
import egress.share.FairExecutor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;

/**
 * Where bodies wait that are too large for memory: files that only this process can read and that have no name any more once they
 * are open.
 *
 * @param quota bytes that all files together may hold
 * @param disk gives callers their turns at the disk, which nothing else touches
 */
public record Spool(Path directory, FairBudget quota, FairExecutor disk) {
    private static final FileAttribute<?>[] NONE = {};
    private static final FileAttribute<?>[] OWNER_ONLY = {
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
    };

    /**
     * Opens an empty file.
     *
     * @throws IOException when the directory cannot be written, or the file's name cannot be taken away
     */
    public FileChannel open() throws IOException {
        Path file = directory.resolve("egress-" + UUID.randomUUID() + ".spool");
        boolean posix = directory.getFileSystem().supportedFileAttributeViews().contains("posix");
        FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
                posix ? OWNER_ONLY : NONE);
        try {
            Files.delete(file);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        return channel;
    }
}
