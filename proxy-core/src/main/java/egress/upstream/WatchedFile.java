package egress.upstream;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A file as it was read last, read anew when it has changed. A file that cannot be read is an empty one. */
final class WatchedFile<T> {
    private record Stamp(long modified, long size, @Nullable Object key) {}

    private record Read<T>(@Nullable Stamp stamp, T value) {}

    private final Path path;
    private final Function<List<String>, T> parser;
    private volatile @Nullable Read<T> last;

    WatchedFile(Path path, Function<List<String>, T> parser) {
        this.path = path;
        this.parser = parser;
    }

    /** Blocks for as long as a look at the file takes. */
    T value() {
        Stamp now = stamp();
        Read<T> read = last;
        if (read == null || now == null || !now.equals(read.stamp())) {
            read = new Read<>(now, parser.apply(lines()));
            last = read;
        }
        return read.value();
    }

    private @Nullable Stamp stamp() {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            return new Stamp(attributes.lastModifiedTime().toMillis(), attributes.size(), attributes.fileKey());
        } catch (IOException e) {
            return null;
        }
    }

    private List<String> lines() {
        try {
            return Files.readAllLines(path, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return List.of();
        }
    }
}
