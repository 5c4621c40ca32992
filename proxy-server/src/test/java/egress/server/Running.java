package egress.server;

import egress.gate.Caller;
import egress.gate.TwoOrigins;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.Origin;
import egress.testkit.wire.H2Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The packaged program as its launcher runs it, a process of its own, before an h1 and an h2 origin. */
final class Running implements AutoCloseable {
    private final Path ca;
    private final Path routes;
    private final Origin h1;
    private final Origin h2;
    private final Child child;

    /** @param directory for its files, of this one alone */
    Running(Path directory, String firstRoutes) throws IOException {
        ca = directory.resolve("ca.pem");
        routes = Files.writeString(directory.resolve("routes.yaml"), firstRoutes);
        TestCa origins = TestCa.create("origins");
        h1 = Origin.tls(origins.leaf(TwoOrigins.H1), Alpn.H1).withoutRecords();
        h2 = Origin.tls(origins.leaf(TwoOrigins.H2), Alpn.H2_AND_H1).withoutRecords();
        List<String> command = new ArrayList<>(
                Child.command("-Xmx256m", "-XX:+UseCompactObjectHeaders", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of("--listen", "127.0.0.1:0", "--admin", "off", "--ca-ephemeral", "--flow-detail", "0"));
        command.addAll(List.of("--routes", routes.toString(), "--ca-cert-out", ca.toString()));
        command.addAll(List.of(
                "--upstream-ca",
                origins.writePem(directory.resolve("origins.pem")).toString()));
        command.addAll(List.of("--connect-to", h1.connectTo(TwoOrigins.H1)));
        command.addAll(List.of("--connect-to", h2.connectTo(TwoOrigins.H2)));
        child = Child.of(command);
    }

    Child child() {
        return child;
    }

    Path routes() {
        return routes;
    }

    Origin origin(String host) {
        return host.equals(TwoOrigins.H1) ? h1 : h2;
    }

    Caller caller(String version, String host) throws IOException, InterruptedException {
        return caller(version, host, H2Settings.defaults());
    }

    Caller caller(String version, String host, H2Settings settings) throws IOException, InterruptedException {
        int port = child.port();
        return Caller.through(port, TlsClient.of(host, ca), version, host, settings, 0);
    }

    @Override
    public void close() throws IOException {
        child.close();
        h1.close();
        h2.close();
    }
}
