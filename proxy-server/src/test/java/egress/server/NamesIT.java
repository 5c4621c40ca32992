package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Tool;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The packaged program with names that a file gives addresses to, and no others: what becomes of each is told in words. */
final class NamesIT {
    @TempDir
    static Path directory;

    private static HostileOrigin.RefusingPort refusing;
    private static Child child;

    @BeforeAll
    static void start() throws IOException {
        refusing = new HostileOrigin.RefusingPort();
        Path hosts = Files.writeString(directory.resolve("hosts"), """
                10.1.2.3 private.example
                169.254.169.254 metadata.example
                ::1 six.example
                127.0.0.1 refusing.example
                """);
        Path routes = Files.writeString(
                directory.resolve("routes.yaml"),
                "routes: [{host: unknown.example}, {host: private.example}, {host: metadata.example}, {host: six.example},"
                        + " {host: \"refusing.example:" + refusing.port() + "\"}]\n");
        List<String> command = List.of(
                "-Djdk.net.hosts.file=" + hosts,
                "--sun-misc-unsafe-memory-access=allow",
                "-jar",
                Child.jar().toString(),
                "--listen",
                "127.0.0.1:0",
                "--admin",
                "off",
                "--ca-ephemeral",
                "--allow-private",
                "127.0.0.0/8",
                "--ca-cert-out",
                directory.resolve("ca.pem").toString(),
                "--routes",
                routes.toString());
        child = Child.of(Tool.of(Child.java()), command.toArray(String[]::new));
    }

    @AfterAll
    static void stop() throws IOException {
        child.close();
        refusing.close();
    }

    private static ReceivedResponse get(String version, String name, int port) throws Exception {
        TlsClient tls = TlsClient.of(name, ca());
        if (version.equals("plain")) {
            try (RawClient client = RawClient.connect(child.port())) {
                client.send("GET http://" + name + "/ HTTP/1.1\r\nHost: " + name + "\r\n\r\n");
                return client.readResponse("GET");
            }
        }
        try (RawClient client = RawClient.connect(child.port()).tunnel(name + ":" + port)) {
            client.tls(tls.alpn("http/1.1"));
            return client.get("/", name + (port == 443 ? "" : ":" + port));
        }
    }

    private static Path ca() throws InterruptedException {
        child.port(); // written before it listens
        return directory.resolve("ca.pem");
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "tls"})
    void aNameWithoutAnAddressIsA502(String version) throws Exception {
        ReceivedResponse response = get(version, "unknown.example", 443);
        assertThat(response.status()).isEqualTo(502);
        assertThat(response.value("x-egress-deny")).contains("upstream_unreachable");
        assertThat(response.text()).isEqualTo("egress: no address is known for unknown.example\n");
    }

    @ParameterizedTest
    @CsvSource({
        "plain, private.example",
        "tls, private.example",
        "plain, metadata.example",
        "tls, metadata.example",
        "plain, six.example",
        "tls, six.example"
    })
    void aNameThatLeadsInsideIsA403(String version, String name) throws Exception {
        ReceivedResponse response = get(version, name, 443);
        assertThat(response.status()).isEqualTo(403);
        assertThat(response.value("x-egress-deny")).contains("address_not_allowed");
        assertThat(response.text()).startsWith("egress: ").contains(name);
    }

    @Test
    void aPortThatRefusesIsA502() throws Exception {
        ReceivedResponse response = get("tls", "refusing.example", refusing.port());
        assertThat(response.status()).isEqualTo(502);
        assertThat(response.value("x-egress-deny")).contains("upstream_unreachable");
        assertThat(response.text()).contains("refused");
    }
}
