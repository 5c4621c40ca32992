package egress.server.routes;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The routes file, opened by its path each time: it may be rewritten in place, or replaced by another; and the token
 * files it names.
 */
public final class RoutesSource implements Reloader.Source {
    private final Path file;
    private final List<String> passthrough;
    private final TokenSource tokens;
    /** Of the last file that held; a file that does not hold may name others, but nothing is in use from them. */
    private volatile List<Path> tokenFiles = List.of();

    /** @param passthrough hosts whose TLS is relayed unread, beside those that the file names */
    public RoutesSource(Path file, List<String> passthrough, Map<String, String> environment) {
        this.file = file;
        this.passthrough = List.copyOf(passthrough);
        this.tokens = TokenSource.of(environment);
    }

    @Override
    public RoutesFile.Result load() {
        RoutesFile.Result result = RoutesFile.load(file, tokens, passthrough);
        if (result instanceof RoutesFile.Result.Valid valid) {
            tokenFiles = valid.loaded().tokenFiles();
        }
        return result;
    }

    @Override
    public String fingerprint() {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
        add(digest, file);
        tokenFiles.forEach(token -> add(digest, token));
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void add(MessageDigest digest, Path path) {
        try (InputStream in = Files.newInputStream(path)) {
            digest.update(in.readNBytes(RoutesFile.MAX_BYTES + 1));
        } catch (IOException e) {
            digest.update((byte) 1); // unreadable is a content too, unlike any file's
        }
        digest.update((byte) 0);
    }
}
