package egress.server.cli;

import egress.ca.AtomicFile;
import egress.ca.CaException;
import egress.ca.Issuer;
import egress.ca.TrustStores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Picocli mixin: the certificate authority that the gate signs with. */
public final class CaOptions extends CaLocation {
    private static final String EPHEMERAL_OPTION = "--ca-ephemeral";

    @Option(names = EPHEMERAL_OPTION, description = "Make a CA for this run alone; its key is never written.")
    boolean ephemeral;

    @Option(
            names = "--ca-cert-out",
            paramLabel = "FILE",
            description = "Write the CA's certificate, without the key, to this file for clients to trust.")
    @Nullable
    Path certificateOut;

    private volatile boolean replaced;

    /** Leaves what the environment has for a gate that stays. */
    void ofThisRun() {
        file = null;
        directory = null;
        ephemeral = true;
    }

    /** Where clients find the certificate; empty where it is in no file. */
    public Optional<Path> clientCertificate() {
        if (certificateOut != null) {
            return Optional.of(expandHome(certificateOut));
        }
        // A file that was given holds the key too, which is none of the clients' business.
        return chosen().equals(DIRECTORY_OPTION) ? Optional.of(certificateFile()) : Optional.empty();
    }

    /** The flags by which {@code egress-proxy env} finds the same authority; empty where it cannot. */
    public Optional<String> forEnv() {
        return switch (chosen()) {
            case FILE_OPTION -> Optional.of(FILE_OPTION + " " + file());
            case DIRECTORY_OPTION -> Optional.of(directory == null ? "" : DIRECTORY_OPTION + " " + directory());
            default -> Optional.empty();
        };
    }

    @Override
    List<String> exclusive() {
        return List.of(FILE_OPTION, DIRECTORY_OPTION, EPHEMERAL_OPTION);
    }

    @Override
    boolean isSet(String option) {
        return option.equals(EPHEMERAL_OPTION) ? ephemeral : super.isSet(option);
    }

    /**
     * The authority that the options name: loaded, or made where they allow it; and its certificate written where they say.
     *
     * @throws CaException where that cannot be done: the program must not start
     * @throws picocli.CommandLine.ParameterException where options exclude each other
     */
    public Issuer issuer(InstantSource clock, SecureRandom random) throws CaException {
        Issuer issuer = chosen().equals(EPHEMERAL_OPTION) ? Issuer.mint(clock, random) : load(clock, random);
        if (certificateOut != null) {
            Path out = expandHome(certificateOut);
            byte[] pem = new TrustStores(issuer.certificate()).pem();
            try {
                replaced = Files.exists(out) && !Arrays.equals(Files.readAllBytes(out), pem);
                AtomicFile.write(out, pem);
            } catch (IOException e) {
                throw new CaException(
                        "--ca-cert-out: " + out + ": cannot be written: "
                                + e.getClass().getSimpleName()
                                + " (expected: a file in a directory that this user can write)",
                        e);
            }
        }
        return issuer;
    }

    /** Whether {@code --ca-cert-out} held the certificate of another authority, which clients may still trust. */
    public boolean replacedCertificate() {
        return replaced;
    }
}
