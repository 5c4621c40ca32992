package egress.server.dlp;

import static egress.server.dlp.DlpGate.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.pipelock.PipelockMode;
import egress.dlp.pipelock.PipelockScanner;
import egress.dlp.pipelock.PipelockSettings;
import egress.policy.DlpRules;
import egress.server.config.DlpConfig;
import egress.server.dlp.DlpGate.Ask;
import egress.testkit.FreePort;
import egress.testkit.GitHubToken;
import egress.testkit.pipelock.NeedsRealPipelock;
import egress.testkit.pipelock.PipelockServer;
import egress.testkit.pipelock.PipelockServer.Listener;
import egress.testkit.pipelock.RealPipelock;
import egress.testkit.wire.ReceivedResponse;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gate with the real pipelock behind it, and nothing else that scans. */
@NeedsRealPipelock
class DlpPipelockTest {
    private static final String TOKEN = GitHubToken.of(6);

    @TempDir
    Path directory;

    @Test
    void asksPipelockAboutHeadAndBodyThroughItsReverseProxy() throws Exception {
        InetSocketAddress sink = new InetSocketAddress(InetAddress.getLoopbackAddress(), FreePort.find());
        Path home = Files.createDirectory(directory.resolve("pipelock"));
        try (PipelockServer pipelock = RealPipelock.start(sink, home)) {
            PipelockSettings settings = PipelockSettings.of(PipelockMode.SINK, pipelock.uri(Listener.REVERSE), null)
                    .withSink(sink);
            asks(pipelock, settings);
        }
    }

    private void asks(PipelockServer pipelock, PipelockSettings settings) throws Exception {
        try (PipelockScanner scanner = PipelockScanner.start(settings, new SecureRandom());
                DlpGate dlp = DlpGate.start(
                        directory,
                        new DlpConfig(false, 4 << 20, 64 << 20, directory, 1 << 30, Duration.ofSeconds(5), Set.of()),
                        DlpRules.DEFAULT,
                        Optional.of(scanner))) {
            for (String caller : new String[] {"h1", "h2"}) {
                String host = caller.equals("h1") ? DlpGate.H1 : DlpGate.H2;
                ReceivedResponse json = dlp.ask(
                        caller,
                        Ask.post(host, "/echo", bytes("{\"clean\":true}")).with("content-type", "application/json"));
                assertThat(json.status()).as("%s", json).isEqualTo(200);
                assertThat(json.text()).isEqualTo("{\"clean\":true}");

                ReceivedResponse hit = dlp.ask(caller, Ask.post(host, "/echo", bytes("{\"t\":\"" + TOKEN + "\"}")));
                assertThat(hit.status()).isEqualTo(403);
                assertThat(hit.text()).startsWith("egress DLP: pipelock: ");
                assertThat(hit.value("x-egress-deny")).contains("dlp_match");

                ReceivedResponse header =
                        dlp.ask(caller, Ask.post(host, "/echo", bytes("clean")).with("x-note", TOKEN));
                assertThat(header.status()).isEqualTo(403);
            }
            int before = dlp.h1.requests().size();
            pipelock.stop();
            ReceivedResponse down = dlp.ask("h1", Ask.post(DlpGate.H1, "/echo", bytes("clean")));
            assertThat(down.status()).isEqualTo(403);
            assertThat(down.value("x-egress-deny")).contains("dlp_unavailable");
            assertThat(dlp.h1.requests()).hasSize(before);
            pipelock.restart();
            assertThat(dlp.ask("h1", Ask.post(DlpGate.H1, "/echo", bytes("clean")))
                            .status())
                    .isEqualTo(200);
        }
    }
}
