package egress.gate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A port of loopback that leads to one port and, once it is turned, to another: what a name does whose address changes. */
final class Switch implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 16, InetAddress.ofLiteral("127.0.0.1"));
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final int second;
    private volatile int current;

    Switch(int first, int second) throws IOException {
        this.second = second;
        current = first;
        threads.execute(() -> {
            try {
                while (true) {
                    join(listener.accept());
                }
            } catch (IOException e) {
                // Closed.
            }
        });
    }

    int port() {
        return listener.getLocalPort();
    }

    void turn() {
        current = second;
    }

    private void join(Socket one) throws IOException {
        Socket other = new Socket(InetAddress.ofLiteral("127.0.0.1"), current);
        threads.execute(() -> copy(one, other));
        threads.execute(() -> copy(other, one));
    }

    private static void copy(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // Either end may go at any time.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.shutdown();
    }
}
