package egress.server.run;

import egress.ca.CaException;
import egress.ca.TrustStores;
import egress.server.onboarding.ClientTrustVariables;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** The files by which a program trusts the gate, in a folder that is there as long as the program runs. None of them holds a key. */
public final class TrustFolder implements AutoCloseable {
    private static final List<String> FILES = List.of("ca.pem", "bundle.pem", "truststore.jks", "wgetrc");

    private final Path folder;

    private TrustFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * Writes them, readable by this user alone.
     *
     * @param machine what the machine trusts
     * @param environment where wget's own settings are named
     * @throws IOException where there is no room for temporary files
     */
    public static TrustFolder create(
            X509Certificate authority, Collection<X509Certificate> machine, Map<String, String> environment)
            throws IOException, CaException {
        TrustFolder made = new TrustFolder(Files.createTempDirectory("egress-run-"));
        try {
            TrustStores stores = new TrustStores(authority);
            Files.write(made.file("ca.pem"), stores.pem());
            Files.write(made.file("bundle.pem"), stores.bundle(machine));
            Files.write(made.file("truststore.jks"), stores.jksBundle(machine, TrustStores.DEFAULT_PASSWORD));
            String own = ClientTrustVariables.ownWgetrc(environment, made.file("wgetrc"));
            String wgetrc =
                    ClientTrustVariables.wgetrc(own, made.file("bundle.pem").toString());
            Files.write(made.file("wgetrc"), wgetrc.getBytes(StandardCharsets.ISO_8859_1));
            return made;
        } catch (IOException | RuntimeException e) {
            made.close();
            throw e;
        }
    }

    /** What a program's environment needs to be sent to this proxy and to trust it. */
    public Map<String, String> variables(URI proxy) {
        return ClientTrustVariables.variables(
                proxy,
                file("ca.pem").toString(),
                file("bundle.pem").toString(),
                file("truststore.jks").toString(),
                file("wgetrc").toString());
    }

    private Path file(String name) {
        return folder.resolve(name);
    }

    /** Removes the files and the folder; what the program put there itself stays. */
    @Override
    public void close() {
        try {
            for (String file : FILES) {
                Files.deleteIfExists(file(file));
            }
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            return; // certificates alone, in a folder for temporary files
        }
    }
}
