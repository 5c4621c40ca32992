package egress.abuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import egress.server.Child;
import egress.testkit.Tool;
import egress.testkit.client.RawClient;
import egress.testkit.scorecard.Row;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The packaged program without file descriptors to spare. */
final class ExhaustionIT {
    private static final int DESCRIPTORS = 160;

    @Test
    @Row("42.xe")
    void outOfFileDescriptorsItServesWhomItHasAndRecovers() throws Exception {
        Tool shell = Tool.require("sh", "install a POSIX shell");
        List<String> arguments = new ArrayList<>(List.of("-c", "ulimit -n " + DESCRIPTORS + " && exec \"$0\" \"$@\""));
        List<String> command = new ArrayList<>(Child.command());
        command.add(1, "-XX:-MaxFDLimit");
        arguments.addAll(command);
        arguments.addAll(List.of("--listen", "127.0.0.1:0", "--admin", "off", "--ca-ephemeral"));
        try (Child child = Child.of(shell, arguments.toArray(String[]::new));
                RawClient old = RawClient.connect(child.port())) {
            assertThat(local(old)).isEqualTo(200);
            List<Socket> flood = new ArrayList<>();
            try {
                for (int i = 0; i < 2 * DESCRIPTORS; i++) {
                    Socket socket = new Socket();
                    flood.add(socket);
                    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), child.port()), 5_000);
                    socket.getOutputStream().write("GET http://_egress.local/".getBytes(ISO_8859_1));
                }
                assertThat(local(old)).as("a caller who was there before").isEqualTo(200);
                assertThat(child.isAlive()).isTrue();
            } finally {
                for (Socket socket : flood) {
                    socket.close();
                }
            }
            assertThat(recovered(child))
                    .as("a new caller, once there is room again")
                    .isTrue();
        }
    }

    private static int local(RawClient client) throws IOException {
        return client.get("http://_egress.local/allowlist", "_egress.local").status();
    }

    /** Accepting pauses for a while after a failure; there is no event to wait for. */
    private static boolean recovered(Child child) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(15).toNanos();
        while (System.nanoTime() < end) {
            try (RawClient client = RawClient.connect(child.port()).readTimeout(Duration.ofSeconds(2))) {
                if (local(client) == 200) {
                    return true;
                }
            } catch (IOException e) {
                Thread.sleep(50);
            }
        }
        return false;
    }
}
