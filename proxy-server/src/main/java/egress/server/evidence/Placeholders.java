package egress.server.evidence;

import egress.policy.Credential;
import egress.server.routes.RoutesFile;
import egress.server.routes.TokenSource;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads a routes file without its tokens: in place of each stands where it comes from, so that rules are compared on a machine that has none
 * of them.
 */
final class Placeholders implements TokenSource {
    private static final String VARIABLE = "env:";
    private static final String FILE = "file:";

    @Override
    public String variable(String name) {
        return VARIABLE + name;
    }

    @Override
    public String file(Path path) {
        return FILE + path;
    }

    static RoutesFile.Result load(Path file) {
        return RoutesFile.load(file, new Placeholders(), List.of());
    }

    static RoutesFile.Result parse(String name, byte[] content) {
        return RoutesFile.parse(name, content, new Placeholders(), List.of());
    }

    /** The field and where its value comes from: {@code Authorization of EGRESS_TOKEN_0}. */
    static String words(Credential credential) {
        String source = credential.secrets().stream()
                .filter(value -> value.startsWith(VARIABLE) || value.startsWith(FILE))
                .map(value -> value.substring(value.indexOf(':') + 1))
                .findFirst()
                .orElse("a token");
        return credential.field() + " of " + source;
    }
}
