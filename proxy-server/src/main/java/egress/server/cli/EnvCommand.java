package egress.server.cli;

import egress.ca.AtomicFile;
import egress.ca.CaDirectory;
import egress.ca.CaException;
import egress.ca.Issuer;
import egress.ca.TrustStores;
import egress.server.onboarding.ClientTrustVariables;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Prints what a shell must export so that its programs use the gate and trust it: {@code eval "$(egress-proxy env)"}. */
@Command(
        name = "env",
        description = {
            "Print the variables that send a shell's programs through the proxy and make them trust its CA:",
            "  eval \"$(egress-proxy env)\"",
            "Writes, beside the CA's certificate, the bundles of it and what this machine trusts that some of them name,",
            "and for wget, which knows no variable for that, its settings with the bundle in them."
        },
        mixinStandardHelpOptions = true)
final class EnvCommand implements Callable<Integer> {
    @Spec
    @Nullable
    CommandSpec spec;

    @Mixin
    CaLocation location = new CaLocation();

    @Option(
            names = "--proxy",
            paramLabel = "URL",
            defaultValue = "http://127.0.0.1:9099",
            description = "The proxy's address as the programs reach it. Default: ${DEFAULT-VALUE}")
    String proxy = "";

    private final Map<String, String> environment;

    public EnvCommand() {
        this(System.getenv());
    }

    /** @param environment for {@code SSL_CERT_FILE}, {@code WGETRC} and {@code HOME} */
    EnvCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    /** Where the files for clients are, next to the authority they are about. None of them holds a key. */
    private record TrustFiles(Path certificate, Path bundle, Path trustStore, Path wgetrc) {
        static TrustFiles of(CaLocation location) {
            if (location.chosen().equals(CaLocation.FILE_OPTION)) {
                // The file itself holds the key, which is none of the clients' business.
                Path file = location.file().toAbsolutePath().normalize();
                String stem = file.getFileName().toString().replaceFirst("\\.[^.]*$", "");
                return new TrustFiles(
                        file.resolveSibling(stem + ".trust.pem"),
                        file.resolveSibling(stem + ".bundle.pem"),
                        file.resolveSibling(stem + ".truststore.jks"),
                        file.resolveSibling(stem + ".wgetrc"));
            }
            Path directory = location.directory().toAbsolutePath().normalize();
            return new TrustFiles(
                    directory.resolve(CaDirectory.CERTIFICATE),
                    directory.resolve("bundle.pem"),
                    directory.resolve("truststore.jks"),
                    directory.resolve("wgetrc"));
        }
    }

    @Override
    public Integer call() {
        CommandSpec command = Commands.required(spec);
        URI proxyUrl = proxyUrl(command);
        try {
            TrustFiles files = TrustFiles.of(location);
            Issuer issuer = location.load(InstantSource.system(), new SecureRandom());
            write(files, new TrustStores(issuer.certificate()));
            command.commandLine().getOut().println("# " + ClientTrustVariables.OLD_NODE);
            ClientTrustVariables.variables(
                            proxyUrl,
                            files.certificate.toString(),
                            files.bundle.toString(),
                            files.trustStore.toString(),
                            files.wgetrc.toString())
                    .forEach((name, value) -> command.commandLine()
                            .getOut()
                            .println("export " + name + "=" + ClientTrustVariables.shellQuoted(value)));
            command.commandLine().getOut().flush();
            return 0;
        } catch (CaException e) {
            return Commands.fail(command, e);
        }
    }

    private URI proxyUrl(CommandSpec command) {
        try {
            URI url = new URI(proxy);
            if ("http".equals(url.getScheme())
                    && url.getHost() != null
                    && url.getPort() > 0
                    && url.getPort() < 65536
                    && (url.getRawPath().isEmpty() || url.getRawPath().equals("/"))) {
                return url;
            }
        } catch (URISyntaxException e) {
            throw notAProxy(command, e);
        }
        throw notAProxy(command, null);
    }

    private ParameterException notAProxy(CommandSpec command, @Nullable Throwable cause) {
        return new ParameterException(
                command.commandLine(), "--proxy: " + proxy + " (expected: http://HOST:PORT)", cause);
    }

    private void write(TrustFiles files, TrustStores stores) throws CaException {
        List<X509Certificate> machine = Commands.machineTrust(environment);
        write(files.certificate, stores.pem(), AtomicFile::write);
        write(files.bundle, stores.bundle(machine), AtomicFile::write);
        write(files.trustStore, stores.jksBundle(machine, TrustStores.DEFAULT_PASSWORD), AtomicFile::write);
        // The user's own may hold passwords.
        String wgetrc = ClientTrustVariables.wgetrc(ownWgetrc(files), files.bundle.toString());
        write(files.wgetrc, wgetrc.getBytes(StandardCharsets.ISO_8859_1), AtomicFile::writePrivate);
    }

    private String ownWgetrc(TrustFiles files) throws CaException {
        try {
            return ClientTrustVariables.ownWgetrc(environment, files.wgetrc);
        } catch (IOException e) {
            throw new CaException("wget's settings cannot be read: " + e, e);
        }
    }

    private interface Writer {
        void write(Path file, byte[] content) throws IOException;
    }

    private static void write(Path file, byte[] content, Writer writer) throws CaException {
        try {
            // A directory that may only be read will do when nothing has changed.
            if (!Files.exists(file) || !Arrays.equals(Files.readAllBytes(file), content)) {
                writer.write(file, content);
            }
        } catch (IOException e) {
            throw new CaException(
                    file + ": cannot be written: " + e.getClass().getSimpleName()
                            + " (expected: a directory that this user can write)",
                    e);
        }
    }
}
