package egress.server.cli;

import egress.ca.AtomicFile;
import egress.ca.CaDirectory;
import egress.ca.CaException;
import egress.ca.Issuer;
import egress.ca.TrustStores;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Looks after the certificate authority outside of a run of the gate. */
@Command(
        name = "ca",
        description = "Make, show or export the certificate authority that clients must trust.",
        subcommands = {CaCommand.Init.class, CaCommand.Show.class, CaCommand.Export.class},
        mixinStandardHelpOptions = true)
final class CaCommand implements Callable<Integer> {
    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(
                Commands.required(spec).commandLine(), "ca: what is to be done? (expected: init, show or export)");
    }

    private static void describe(CommandSpec spec, Issuer issuer, Path certificateFile) {
        X509Certificate certificate = issuer.certificate();
        PrintWriter out = spec.commandLine().getOut();
        out.println("certificate  " + certificateFile);
        out.println("subject      "
                + printable(certificate.getSubjectX500Principal().getName()));
        out.println("fingerprint  sha256:" + issuer.fingerprint());
        out.println("valid        " + certificate.getNotBefore().toInstant() + " until "
                + certificate.getNotAfter().toInstant());
        out.println("key          " + key(certificate));
        out.flush();
    }

    private static String key(X509Certificate certificate) {
        return certificate.getPublicKey() instanceof RSAPublicKey rsa
                ? "RSA " + rsa.getModulus().bitLength()
                : certificate.getPublicKey().getAlgorithm();
    }

    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }

    /** Makes the authority that the gate would make at its first start. */
    @Command(
            name = "init",
            description = "Make a CA in a directory, unless there is one.",
            mixinStandardHelpOptions = true)
    static final class Init implements Callable<Integer> {
        @Spec
        @Nullable
        CommandSpec spec;

        @Option(names = CaLocation.DIRECTORY_OPTION, paramLabel = "DIR", description = "Default: ~/.egress-proxy")
        @Nullable
        Path directory;

        @Override
        public Integer call() {
            CommandSpec command = Commands.required(spec);
            Path where = directory == null
                    ? CaDirectory.standard(CaLocation.home(System.getenv()))
                    : CaLocation.expandHome(directory);
            CaDirectory ca = new CaDirectory(where, InstantSource.system(), new SecureRandom());
            try {
                Optional<Issuer> present = ca.load();
                Issuer issuer = present.isPresent() ? present.get() : ca.loadOrMint();
                command.commandLine().getOut().println(present.isPresent() ? "There is a CA already:" : "Made a CA:");
                describe(command, issuer, ca.certificateFile());
                return 0;
            } catch (CaException e) {
                return Commands.fail(command, e);
            }
        }
    }

    /** Describes an authority; never makes one. */
    @Command(name = "show", description = "Describe the CA.", mixinStandardHelpOptions = true)
    static final class Show implements Callable<Integer> {
        @Spec
        @Nullable
        CommandSpec spec;

        @Mixin
        CaLocation location = new CaLocation();

        @Override
        public Integer call() {
            CommandSpec command = Commands.required(spec);
            try {
                describe(command, location.existing(), location.certificateFile());
                return 0;
            } catch (CaException e) {
                return Commands.fail(command, e);
            }
        }
    }

    enum Format {
        pem(true),
        der(false),
        p12(false),
        jks(false),
        bundle(true);

        private final boolean text;

        Format(boolean text) {
            this.text = text;
        }
    }

    /** Writes the certificate in a form that a client reads. */
    @Command(
            name = "export",
            description = "Write the CA's certificate, never its key, in a form that clients read.",
            mixinStandardHelpOptions = true)
    static final class Export implements Callable<Integer> {
        @Spec
        @Nullable
        CommandSpec spec;

        @Mixin
        CaLocation location = new CaLocation();

        @Option(
                names = "--format",
                defaultValue = "pem",
                description = {
                    "pem, der, p12 or jks (the CA's certificate alone), or bundle (PEM with what this machine trusts too).",
                    "Default: ${DEFAULT-VALUE}"
                })
        Format format = Format.pem;

        @Option(names = "--out", paramLabel = "FILE", description = "Default, for text: standard output")
        @Nullable
        Path out;

        @Option(
                names = "--password",
                defaultValue = TrustStores.DEFAULT_PASSWORD,
                description = "Password of a p12 or jks trust store. Default: ${DEFAULT-VALUE}")
        String password = TrustStores.DEFAULT_PASSWORD;

        @Override
        public Integer call() {
            CommandSpec command = Commands.required(spec);
            if (out == null && !format.text) {
                throw new ParameterException(
                        command.commandLine(),
                        "--out: is missing (expected: a file, because " + format + " is not text)");
            }
            if (password.length() < 6) {
                throw new ParameterException(
                        command.commandLine(), "--password: is too short (expected: 6 characters or more)");
            }
            try {
                byte[] content = content(new TrustStores(location.existing().certificate()));
                if (out == null) {
                    command.commandLine().getOut().print(new String(content, StandardCharsets.US_ASCII));
                    command.commandLine().getOut().flush();
                } else {
                    AtomicFile.write(CaLocation.expandHome(out), content);
                }
                return 0;
            } catch (CaException e) {
                return Commands.fail(command, e);
            } catch (IOException e) {
                return Commands.fail(
                        command,
                        new CaException("--out: " + out + ": cannot be written: "
                                + e.getClass().getSimpleName()
                                + " (expected: a file in a directory that this user can write)"));
            }
        }

        private byte[] content(TrustStores stores) throws CaException {
            return switch (format) {
                case pem -> stores.pem();
                case der -> stores.der();
                case p12 -> stores.pkcs12(password);
                case jks -> stores.jks(password);
                case bundle -> stores.bundle(Commands.machineTrust(System.getenv()));
            };
        }
    }
}
