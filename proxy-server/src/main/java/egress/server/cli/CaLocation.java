package egress.server.cli;

import egress.ca.CaDirectory;
import egress.ca.CaException;
import egress.ca.CaFiles;
import egress.ca.Issuer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Picocli mixin: where a certificate authority is kept. */
class CaLocation {
    static final String FILE_OPTION = "--ca";
    static final String DIRECTORY_OPTION = "--ca-dir";

    @Spec(Spec.Target.MIXEE)
    @Nullable
    CommandSpec spec;

    @Option(
            names = FILE_OPTION,
            paramLabel = "FILE",
            description = "Sign with the CA in this PEM file: its certificate and its private key, in any order.")
    @Nullable
    Path file;

    @Option(
            names = DIRECTORY_OPTION,
            paramLabel = "DIR",
            description = {
                "Keep the CA in this directory: ca.pem for clients to trust, ca-key.pem is secret. Made at the first use.",
                "Default: ~/.egress-proxy"
            })
    @Nullable
    Path directory;

    /** The options that exclude each other. */
    List<String> exclusive() {
        return List.of(FILE_OPTION, DIRECTORY_OPTION);
    }

    boolean isSet(String option) {
        return switch (option) {
            case FILE_OPTION -> file != null;
            case DIRECTORY_OPTION -> directory != null;
            default -> throw new IllegalArgumentException(option);
        };
    }

    /**
     * Which of the exclusive options rules: one from the command line before one from the environment.
     *
     * @throws ParameterException where two of the same rank are set
     */
    String chosen() {
        List<String> given = exclusive().stream().filter(this::isOnCommandLine).toList();
        if (given.isEmpty()) {
            given = exclusive().stream().filter(this::isSet).toList();
        }
        if (given.size() > 1) {
            throw new ParameterException(
                    mixee().commandLine(), String.join(", ", given) + ": are set together (expected: one of them)");
        }
        return given.isEmpty() ? DIRECTORY_OPTION : given.getFirst();
    }

    private boolean isOnCommandLine(String option) {
        return mixee().commandLine().getParseResult().hasMatchedOption(option);
    }

    CommandSpec mixee() {
        if (spec == null) {
            throw new IllegalStateException("not mixed into a command");
        }
        return spec;
    }

    Path directory() {
        return directory == null ? CaDirectory.standard(home(System.getenv())) : expandHome(directory);
    }

    Path file() {
        if (file == null) {
            throw new IllegalStateException(FILE_OPTION + " is not set");
        }
        return expandHome(file);
    }

    /** A shell expands neither {@code --ca-dir=~/x} nor a variable's value. */
    static Path expandHome(Path path) {
        return path.startsWith("~") ? home(System.getenv()).resolve(Path.of("~").relativize(path)) : path;
    }

    /** As shells have it: what HOME says, else what the user database does. */
    static Path home(Map<String, String> environment) {
        String home = environment.getOrDefault("HOME", "");
        return Path.of(home.isEmpty() ? System.getProperty("user.home") : home);
    }

    Issuer load(InstantSource clock, SecureRandom random) throws CaException {
        return chosen().equals(FILE_OPTION)
                ? new CaFiles(clock, random).load(file())
                : new CaDirectory(directory(), clock, random).loadOrMint();
    }

    /** The authority that is there; none is made. */
    Issuer existing() throws CaException {
        InstantSource clock = InstantSource.system();
        SecureRandom random = new SecureRandom();
        if (chosen().equals(FILE_OPTION)) {
            return new CaFiles(clock, random).load(file());
        }
        return new CaDirectory(directory(), clock, random)
                .load()
                .orElseThrow(() -> new CaException(directory()
                        + ": has no CA (expected: one that \"egress-proxy ca init\" or a first start made)"));
    }

    /** The file that holds the authority's certificate. */
    Path certificateFile() {
        return chosen().equals(FILE_OPTION) ? file() : directory().resolve(CaDirectory.CERTIFICATE);
    }
}
