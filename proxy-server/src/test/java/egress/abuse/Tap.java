package egress.abuse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A wire between the gate and an origin that keeps every byte which the gate wrote, connection by connection. */
final class Tap implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 10;

    private final ServerSocket listener = new ServerSocket(0, 1024, InetAddress.ofLiteral("127.0.0.1"));
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<ByteArrayOutputStream> written = new ArrayList<>();
    private final int origin;

    /** @param origin the port on loopback that it leads to */
    Tap(int origin) throws IOException {
        this.origin = origin;
        threads.execute(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket gate = listener.accept();
                Socket behind = new Socket(InetAddress.ofLiteral("127.0.0.1"), origin); // in the order of the gate's
                gate.setTcpNoDelay(true);
                behind.setTcpNoDelay(true);
                ByteArrayOutputStream kept = new ByteArrayOutputStream();
                synchronized (written) {
                    written.add(kept);
                }
                threads.execute(() -> pump(gate, behind, kept));
                threads.execute(() -> pump(behind, gate, OutputStream.nullOutputStream()));
            } catch (IOException e) {
                // Closed: the loop's condition says so.
            }
        }
    }

    private static void pump(Socket from, Socket to, OutputStream kept) {
        byte[] some = new byte[1 << 14];
        try (InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            for (int n = in.read(some); n >= 0; n = in.read(some)) {
                kept.write(some, 0, n);
                out.write(some, 0, n);
            }
        } catch (IOException e) {
            // A side went away, and by the end of this block the other side does too.
        }
    }

    /** What was written on each connection, in the order in which they were opened; to be asked once the gate is gone. */
    List<byte[]> written() throws IOException, InterruptedException {
        listener.close();
        threads.shutdown();
        if (!threads.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("connections of a gate that is gone are still open");
        }
        return written.stream().map(ByteArrayOutputStream::toByteArray).toList();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        threads.shutdownNow();
    }
}
