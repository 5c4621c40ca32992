package egress.ca;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;

/**
 * A directory that keeps a certificate authority from one run to the next: {@code ca.pem}, the certificate alone, for clients to trust; and
 * {@code ca-key.pem}, which only its owner may read. Both are made at the first use, once, however many processes start at the same time; half a pair
 * is an error, never made anew in silence, because clients may trust the half that is left.
 */
public final class CaDirectory {
    public static final String CERTIFICATE = "ca.pem";
    static final String KEY = "ca-key.pem";
    private static final String LOCK = ".lock";

    /** A file lock is the process's, so threads of one process need a lock of their own. */
    private static final Object MINTING = new Object();

    private final Path directory;
    private final CaFiles files;
    private final InstantSource clock;
    private final SecureRandom random;

    public CaDirectory(Path directory, InstantSource clock, SecureRandom random) {
        this.directory = directory;
        this.files = new CaFiles(clock, random);
        this.clock = clock;
        this.random = random;
    }

    /** Where the authority is kept by default: {@code .egress-proxy} in the user's home. */
    public static Path standard(Path home) {
        return home.resolve(".egress-proxy");
    }

    public Path certificateFile() {
        return directory.resolve(CERTIFICATE);
    }

    private Path keyFile() {
        return directory.resolve(KEY);
    }

    /** The authority kept here, or empty where there is none yet; half a pair is an error. */
    public Optional<Issuer> load() throws CaException {
        boolean certificate = Files.exists(certificateFile());
        boolean key = Files.exists(keyFile());
        if (certificate && key) {
            return Optional.of(files.load(certificateFile(), keyFile()));
        }
        if (certificate || key) {
            Path there = certificate ? certificateFile() : keyFile();
            Path missing = certificate ? keyFile() : certificateFile();
            throw new CaException(
                    there + " is there, but " + missing
                            + " is not (expected: both, or neither, in which case a new CA is made): restore the missing file, or remove the other");
        }
        return Optional.empty();
    }

    /** The authority kept here; made and written at the first call. */
    public Issuer loadOrMint() throws CaException {
        // The usual case takes no lock, so that a directory that may only be read will do.
        if (Files.exists(certificateFile()) && Files.exists(keyFile())) {
            return files.load(certificateFile(), keyFile());
        }
        try {
            createDirectory();
            synchronized (MINTING) {
                try (FileChannel channel = FileChannel.open(
                                directory.resolve(LOCK),
                                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                                AtomicFile.ownerOnly(directory, "rw-------"));
                        FileLock lock = channel.lock()) {
                    assert lock.isValid();
                    Optional<Issuer> present = load();
                    return present.isPresent() ? present.get() : mint();
                }
            }
        } catch (IOException e) {
            throw new CaException(
                    directory + ": cannot keep a CA there: " + e.getClass().getSimpleName() + ": " + e.getMessage()
                            + " (expected: a directory that this user can write, or --ca-dir, --ca or --ca-ephemeral)",
                    e);
        }
    }

    private void createDirectory() throws IOException {
        Path parent = directory.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        try {
            Files.createDirectory(directory, AtomicFile.ownerOnly(directory, "rwx------"));
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw e;
            }
        }
    }

    private Issuer mint() throws IOException {
        Issuer.Minted minted = Issuer.mintPair(clock, random);
        AtomicFile.writePrivate(
                keyFile(), Pem.encodeBytes("PRIVATE KEY", minted.key().getEncoded()));
        AtomicFile.write(
                certificateFile(),
                Pem.encodeBytes("CERTIFICATE", minted.issuer().encoded()));
        return minted.issuer();
    }
}
