package egress.server.routes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where tokens come from: the environment, and files that are read anew with each load. */
public interface TokenSource {
    /** @return null when the variable is not set */
    @Nullable
    String variable(String name);

    /** @throws IOException when the file cannot be read */
    String file(Path path) throws IOException;

    /** The environment given, and the machine's files. */
    static TokenSource of(Map<String, String> environment) {
        return new TokenSource() {
            @Override
            public @Nullable String variable(String name) {
                return environment.get(name);
            }

            @Override
            public String file(Path path) throws IOException {
                if (Files.size(path) > 65_536) {
                    throw new IOException("more than 64 KiB");
                }
                return Files.readString(path, StandardCharsets.UTF_8);
            }
        };
    }
}
