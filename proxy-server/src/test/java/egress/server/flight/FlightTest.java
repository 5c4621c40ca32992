package egress.server.flight;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.Child;
import egress.testkit.Alpn;
import egress.testkit.GitHubToken;
import egress.testkit.TestCa;
import egress.testkit.Tool;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.Origin;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program under a flight recorder, beside one that was not started, and in a run time that has none. */
final class FlightTest {
    private static final String HOST = "api.example";
    private static final String SECRET = "kq7zt2vw9xhn4mpl8rbd";

    @TempDir
    private Path directory;

    private final TestCa origins = TestCa.create("origins");

    private Child start(Origin origin, String... jvm) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xlog:class+load:file=" + directory.resolve("classes.log")));
        arguments.addAll(List.of(jvm));
        Path routes = Files.writeString(directory.resolve("routes.yaml"), """
            routes:
              - host: api.example
              - host: "*.open.example"
                dlp: {outbound_detectors: false}
              - host: other.example
                auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}
            """);
        arguments.addAll(List.of("-cp", System.getProperty("java.class.path"), "egress.server.Main"));
        arguments.addAll(List.of("--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--ca-ephemeral", "-v"));
        arguments.addAll(List.of("--dlp-timeout", "60s")); // a busy machine is no matter of this test
        arguments.addAll(List.of("--routes", routes.toString()));
        arguments.addAll(List.of("--ca-cert-out", directory.resolve("ca.pem").toString()));
        arguments.addAll(List.of(
                "--upstream-ca",
                origins.writePem(directory.resolve("origins.pem")).toString()));
        arguments.addAll(List.of("--connect-to", HOST + ":443:127.0.0.1:" + origin.port()));
        return Child.of(Tool.of(Child.java()).with("EGRESS_TOKEN_0", SECRET), arguments.toArray(String[]::new));
    }

    private X509Certificate ca() throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(Files.newInputStream(directory.resolve("ca.pem")));
    }

    /** Longer than another test would wait: what it loads is logged, and it may be one of many processes. */
    private static void awaitListening(Child gate) throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            try {
                gate.port();
                return;
            } catch (AssertionError slow) {
                if (!gate.isAlive()) {
                    throw slow;
                }
            }
        }
    }

    private ReceivedResponse post(Child gate, String body) throws Exception {
        awaitListening(gate);
        try (RawClient client = RawClient.connect(gate.port())) {
            client.tunnel(HOST + ":443").tls(TlsClient.of(HOST, ca()).alpn("http/1.1"));
            client.send("POST /echo HTTP/1.1\r\nHost: " + HOST + "\r\nContent-Length: " + body.length() + "\r\n\r\n"
                    + body);
            return client.readResponse("POST");
        }
    }

    private static void stop(Child gate) throws Exception {
        gate.signal("TERM");
        assertThat(gate.awaitExit()).isZero();
    }

    /** In the order of their beginnings: the file has those of each thread together. */
    private static List<RecordedEvent> events(List<RecordedEvent> all, String name) {
        return all.stream()
                .filter(event -> event.getEventType().getName().equals(name))
                .sorted(Comparator.comparing(RecordedEvent::getStartTime))
                .toList();
    }

    private List<String> loaded(String prefix) throws IOException {
        try (Stream<String> lines = Files.lines(directory.resolve("classes.log"))) {
            return lines.map(line -> line.replaceFirst("^(\\[[^]]*])*\\s*", ""))
                    .filter(line -> line.startsWith(prefix))
                    .toList();
        }
    }

    @Test
    void aRecordingHasExchangesMintsHandshakesAndScans() throws Exception {
        Path file = directory.resolve("gate.jfr");
        try (Origin origin = Origin.tls(origins.leaf(HOST), Alpn.H1);
                Child gate =
                        start(origin, "-XX:StartFlightRecording:filename=" + file + ",settings=none,dumponexit=true")) {
            awaitSink(gate);
            assertThat(post(gate, "hello"))
                    .satisfies(response -> assertThat(response.status()).isEqualTo(200));
            assertThat(post(gate, "token=" + GitHubToken.of(1)).status()).isEqualTo(403);
            stop(gate);
        }
        List<RecordedEvent> all = RecordingFile.readAllEvents(file);

        List<RecordedEvent> exchanges = events(all, "egress.Exchange");
        assertThat(exchanges).hasSize(2);
        RecordedEvent allowed = exchanges.getFirst();
        assertThat(allowed.getString("method")).isEqualTo("POST");
        assertThat(allowed.getString("host")).isEqualTo(HOST);
        assertThat(allowed.getInt("port")).isEqualTo(443);
        assertThat(allowed.getString("route")).isEqualTo(HOST);
        assertThat(allowed.getInt("status")).isEqualTo(200);
        assertThat(allowed.getString("code")).isNull();
        assertThat(allowed.getLong("requestBytes")).isEqualTo(5);
        for (String phase : List.of(
                "accept", "hello", "mint", "handshake", "verdict", "connect", "tls", "stream", "firstByte", "body")) {
            assertThat(allowed.getDuration(phase)).as(phase).isPositive();
        }
        assertThat(allowed.getDuration("verdict").plus(allowed.getDuration("stream")))
                .isLessThanOrEqualTo(allowed.getDuration().plus(Duration.ofMillis(1)));
        RecordedEvent denied = exchanges.get(1);
        assertThat(denied.getString("code")).isEqualTo("dlp_match");
        assertThat(denied.getInt("status")).isEqualTo(403);
        assertThat(denied.getDuration("firstByte")).isZero();

        assertThat(events(all, "egress.Mint")).singleElement().satisfies(mint -> {
            assertThat(mint.getString("name")).isEqualTo(HOST);
            assertThat(mint.getString("failure")).isNull();
            assertThat(mint.getDuration()).isPositive();
            assertThat(mint.getThread().getJavaName()).startsWith("leaf-mint-");
        });
        assertThat(events(all, "egress.Handshake")).hasSize(2).allSatisfy(handshake -> {
            assertThat(handshake.getString("serverName")).isEqualTo(HOST);
            assertThat(handshake.getString("protocol")).isEqualTo("http/1.1");
            assertThat(handshake.getDuration()).isPositive();
        });
        assertThat(events(all, "egress.Scan").stream().map(scan -> scan.getString("verdict")))
                .contains("clean", "found");
        assertThat(Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1))
                .doesNotContain(GitHubToken.of(1));
    }

    /** The recorder is looked for in the background, once the gate is ready. */
    @Test
    void noNameOfAHostHasASecretInARecording() throws Exception {
        Path file = directory.resolve("gate.jfr");
        String name = SECRET + ".open.example";
        try (Origin origin = Origin.tls(origins.leaf(HOST), Alpn.H1);
                Child gate =
                        start(origin, "-XX:StartFlightRecording:filename=" + file + ",settings=none,dumponexit=true")) {
            awaitSink(gate);
            try (RawClient client = RawClient.connect(gate.port())) {
                client.tunnel(name + ":443").tls(TlsClient.of(name, ca()).alpn("http/1.1"));
                assertThat(client.get("/", name).status()).isEqualTo(502); // there is no such host
            }
            stop(gate);
        }
        List<RecordedEvent> all = RecordingFile.readAllEvents(file);
        assertThat(events(all, "egress.Exchange")).hasSize(1);
        assertThat(events(all, "egress.Exchange").getFirst().getString("host")).isEqualTo("********.open.example");
        RecordedEvent handshake = events(all, "egress.Handshake").getFirst();
        assertThat(handshake.getString("host")).isEqualTo("********.open.example");
        assertThat(handshake.getString("serverName")).isEqualTo("********.open.example");
        assertThat(events(all, "egress.Mint").getFirst().getString("name")).isEqualTo("********.open.example");
        assertThat(all.toString()).doesNotContain(SECRET);
    }

    private void awaitSink(Child gate) throws Exception {
        awaitListening(gate);
        egress.server.ProxyUnderTest.await("the recorder to be found", () -> {
            try {
                return !loaded("egress.server.flight.ScanEvent").isEmpty();
            } catch (IOException e) {
                return false;
            }
        });
    }

    @Test
    void withoutARecordingNoEventIsLoadedAndOneMayBeStartedLater() throws Exception {
        Path file = directory.resolve("later.jfr");
        try (Origin origin = Origin.tls(origins.leaf(HOST), Alpn.H1);
                Child gate = start(origin)) {
            assertThat(post(gate, "hello"))
                    .satisfies(response -> assertThat(response.status()).isEqualTo(200));
            assertThat(loaded("egress.server.flight.ExchangeEvent")).isEmpty();

            Tool jcmd = Tool.of(Path.of(System.getProperty("java.home"), "bin", "jcmd"));
            jcmd.run(Long.toString(gate.pid()), "JFR.start", "name=later", "settings=none")
                    .ok();
            awaitSink(gate);
            assertThat(post(gate, "hello"))
                    .satisfies(response -> assertThat(response.status()).isEqualTo(200));
            jcmd.run(Long.toString(gate.pid()), "JFR.dump", "name=later", "filename=" + file)
                    .ok();
            stop(gate);
        }
        assertThat(events(RecordingFile.readAllEvents(file), "egress.Exchange")).hasSize(1);
    }

    @Test
    void aRunTimeWithoutARecorderServesAllTheSame() throws Exception {
        String modules =
                "java.base,java.logging,java.management,java.naming,java.net.http,jdk.management,jdk.net,jdk.unsupported";
        try (Origin origin = Origin.tls(origins.leaf(HOST), Alpn.H1);
                Child gate = start(origin, "--limit-modules", modules)) {
            assertThat(post(gate, "hello"))
                    .satisfies(response -> assertThat(response.status()).isEqualTo(200));
            stop(gate);
            assertThat(gate.err()).noneMatch(line -> line.contains("jfr") || line.contains("NoClassDefFound"));
        }
        assertThat(loaded("egress.server.flight.FlightSink")).isEmpty();
        assertThat(loaded("jdk.jfr.")).isEmpty();
    }
}
