package egress.upstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/** An origin that says exactly what a test wants, byte by byte. */
final class RawOrigin implements Closeable {
    /** What happens on each connection; when it returns, the connection is closed. */
    @FunctionalInterface
    interface Script {
        void run(Connection connection) throws IOException;
    }

    /** A connection accepted. */
    record Connection(int number, Socket socket, InputStream in, OutputStream out) {
        /** Reads a head, up to and with the empty line; empty at the end of the stream. */
        String readHead() throws IOException {
            StringBuilder head = new StringBuilder();
            int octet;
            while (head.indexOf("\r\n\r\n") < 0 && (octet = in.read()) >= 0) {
                head.append((char) octet);
            }
            return head.toString();
        }

        String read(int length) throws IOException {
            return new String(in.readNBytes(length), ISO_8859_1);
        }

        void write(String text) throws IOException {
            out.write(text.getBytes(ISO_8859_1));
            out.flush();
        }

        /** Answers every request without a body, over and over. */
        void serve(String response) throws IOException {
            while (!readHead().isEmpty()) {
                write(response);
            }
        }

        /** Until the peer closes. */
        void awaitEnd() throws IOException {
            while (in.read() >= 0) {
                // drained
            }
        }

        /** Until the test lets go. */
        void await(CountDownLatch latch) {
            try {
                if (!latch.await(20, TimeUnit.SECONDS)) {
                    throw new IllegalStateException("nobody let go");
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        /** RST rather than FIN. */
        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }

    static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    final AtomicInteger accepted = new AtomicInteger();
    final List<Throwable> errors = new CopyOnWriteArrayList<>();
    private final ServerSocket server;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    private RawOrigin(ServerSocket server, Script script) {
        this.server = server;
        Thread.ofVirtual().start(() -> accept(script));
    }

    static RawOrigin plain(Script script) throws IOException {
        return new RawOrigin(new ServerSocket(0, 128, InetAddress.getLoopbackAddress()), script);
    }

    /** TLS by the JDK. */
    static RawOrigin tls(SSLContext context, Script script) throws IOException {
        SSLServerSocket server = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 128, InetAddress.getLoopbackAddress());
        return new RawOrigin(server, script);
    }

    int port() {
        return server.getLocalPort();
    }

    private void accept(Script script) {
        try {
            while (true) {
                Socket socket = server.accept();
                sockets.add(socket);
                int number = accepted.incrementAndGet();
                Thread.ofVirtual().start(() -> run(script, number, socket));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void run(Script script, int number, Socket socket) {
        try (socket) {
            script.run(new Connection(
                    number, socket, new BufferedInputStream(socket.getInputStream()), socket.getOutputStream()));
        } catch (IOException | RuntimeException e) {
            errors.add(e);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
