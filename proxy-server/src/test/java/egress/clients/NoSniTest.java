package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;

import egress.gate.Gate;
import egress.policy.Route;
import egress.server.CaLeaves;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.Tool;
import egress.testkit.client.ConnectShim;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.Origin;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.HttpsURLConnection;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that send no SNI, or an address in it: Java for names that it takes for none, and wrk. */
class NoSniTest {
    @TempDir
    static Path directory;

    private static Origin origin;
    private static ConnectShim shim;
    private static Gate gate;

    @BeforeAll
    static void start() throws IOException {
        TestCa origins = TestCa.create("origins");
        origin = Origin.tls(origins.leaf("intranet", "my_host", "my_host.example", "127.0.0.1"), Alpn.H1)
                .withoutRecords();
        shim = new ConnectShim();
        Gate.Builder builder = CaLeaves.gate().trust(origins.writePem(directory.resolve("origins.pem")));
        for (String host : List.of("intranet", "my_host", "my_host.example")) {
            builder.origin(host, origin.port());
        }
        gate = builder.route(Route.named("127.0.0.1:" + shim.port()).build())
                .pin("127.0.0.1", shim.port(), origin.port())
                .start();
        shim.lead("127.0.0.1", gate.port());
    }

    @AfterAll
    static void stop() throws IOException {
        gate.close();
        shim.close();
        origin.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"intranet", "my_host", "my_host.example"})
    void javasUrlConnectionAsksANameThatItSaysToNobody(String host) throws Exception {
        Proxy proxy =
                new Proxy(Proxy.Type.HTTP, new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), gate.port()));
        HttpsURLConnection connection =
                (HttpsURLConnection) URI.create("https://" + host + "/").toURL().openConnection(proxy);
        connection.setSSLSocketFactory(TlsClient.trusting(gate.authority()).getSocketFactory());
        if (host.indexOf('_') >= 0) { // Java's own check of a name knows no underscore
            connection.setHostnameVerifier((name, session) -> name.equals(host));
        }
        connection.setReadTimeout(20_000);

        assertThat(connection.getResponseCode()).isEqualTo(200);
        assertThat(connection.getServerCertificates()[0].toString()).contains("DNSName: " + host);
        try (InputStream body = connection.getInputStream()) {
            assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("hello from the origin\n");
        }
    }

    @Test
    void wrkSaysTheAddressOfTheConnect() throws Exception {
        Tool.Result result = Tool.require("wrk", "install wrk")
                .run("-t1", "-c2", "-d3s", "https://127.0.0.1:" + shim.port() + "/bytes/64");

        Matcher requests =
                Pattern.compile("([0-9]+) requests in").matcher(result.ok().out());
        assertThat(requests.find()).as(result.toString()).isTrue();
        assertThat(Integer.parseInt(requests.group(1)))
                .as(result + " " + gate.refusals() + gate.handshakeFaults())
                .isPositive();
        assertThat(result.out()).doesNotContain("Non-2xx").doesNotContainPattern("(connect|read|write) [1-9]");
    }
}
