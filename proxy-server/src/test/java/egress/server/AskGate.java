package egress.server;

import egress.testkit.TestCa;
import egress.testkit.origin.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A gate in a process of its own that asks about every host. */
final class AskGate {
    private AskGate() {}

    /**
     * Its command. It makes {@code ca.pem} in the directory.
     *
     * @param host the name of the origin
     * @param ca of the origin's certificate
     */
    static List<String> command(Path directory, Path queue, String host, Origin origin, TestCa ca) throws IOException {
        Path routes = Files.writeString(directory.resolve("routes.yaml"), "unlisted: ask\nroutes: []\n");
        return List.of(
                Child.java().toString(),
                "-Xmx128m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "--listen",
                "127.0.0.1:0",
                "--admin",
                "off",
                "--ca-ephemeral",
                "--ca-cert-out",
                directory.resolve("ca.pem").toString(),
                "--routes",
                routes.toString(),
                "--ask-queue",
                queue.toString(),
                "--connect-to",
                origin.connectTo(host),
                "--upstream-ca",
                ca.writePem(directory.resolve("origins.pem")).toString());
    }
}
