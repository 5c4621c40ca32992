package egress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import egress.server.routes.RoutesFile;
import egress.server.routes.TokenSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** routes.yaml: read, or refused in sentences that hold no token; never an exception. */
public final class RoutesFuzz {
    private static final String TOKEN = "token-of-the-gate-0123456789";

    private RoutesFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        if (new String(input, ISO_8859_1).contains(TOKEN)) {
            return; // what it holds itself may be quoted
        }
        TokenSource tokens = new TokenSource() {
            @Override
            public @Nullable String variable(String name) {
                return TOKEN;
            }

            @Override
            public String file(Path path) throws IOException {
                throw new IOException("no files here");
            }
        };
        String shown = RoutesFile.parse("routes.yaml", input, tokens, List.of()).toString();
        if (shown.contains(TOKEN)) {
            throw new AssertionError("it shows the token: " + shown);
        }
    }
}
