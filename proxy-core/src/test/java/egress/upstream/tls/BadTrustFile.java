package egress.upstream.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of trusted certificates that cannot be read. */
public enum BadTrustFile {
    MISSING,
    EMPTY,
    NO_CERTIFICATE,
    TRUNCATED,
    MALFORMED;

    /** @param good a file that can be read */
    public Path writeIn(Path folder, Path good) throws IOException {
        Path file = folder.resolve("bad-" + this + ".pem");
        String pem = Files.readString(good);
        switch (this) {
            case MISSING -> {
                // not written
            }
            case EMPTY -> Files.writeString(file, "");
            case NO_CERTIFICATE ->
                Files.writeString(file, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
            case TRUNCATED -> Files.writeString(file, pem.substring(0, pem.length() - 60));
            case MALFORMED -> Files.writeString(file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        }
        return file;
    }
}
