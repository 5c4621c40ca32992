package egress.abuse;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server that answers {@code /n} with the n-th of some byte strings as they are, and then ends its side of the connection. */
final class Scripted implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 1024, InetAddress.ofLiteral("127.0.0.1"));
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<byte[]> answers;

    Scripted(List<byte[]> answers) throws IOException {
        this.answers = List.copyOf(answers);
        threads.execute(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                threads.execute(() -> serve(socket));
            } catch (IOException e) {
                // Closed: the loop's condition says so.
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = socket.getInputStream();
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int next = in.read();
                if (next < 0) {
                    return;
                }
                head.append((char) next);
            }
            int n = Integer.parseInt(head.substring(head.indexOf("/") + 1, head.indexOf(" HTTP/")));
            socket.getOutputStream().write(answers.get(n));
            socket.shutdownOutput();
            in.transferTo(java.io.OutputStream.nullOutputStream());
        } catch (IOException e) {
            // The other side had enough.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        threads.shutdownNow();
    }
}
