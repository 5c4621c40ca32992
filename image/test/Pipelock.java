import egress.testkit.pipelock.PipelockServer;
import egress.testkit.pipelock.RecordedPipelock;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * The verdict server that answers as pipelock was recorded to, as a process: prints the URL of its reverse proxy and stays. Run from
 * source: {@code java -cp testkit/target/classes:egress-proxy.jar Pipelock.java SINK_PORT}.
 */
public final class Pipelock {
    private Pipelock() {}

    public static void main(String[] arguments) throws Exception {
        InetSocketAddress sink =
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), Integer.parseInt(arguments[0]));
        try (RecordedPipelock pipelock = RecordedPipelock.start(sink)) {
            System.out.println(pipelock.uri(PipelockServer.Listener.REVERSE));
            Thread.currentThread().join();
        }
    }
}
