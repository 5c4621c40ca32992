package egress.testkit.origin;

import egress.testkit.Alpn;
import egress.testkit.TestLeaf;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.HttpHead;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * An origin on 127.0.0.1 that does, connection by connection, exactly what a script says: {@link ConnectionFault}, {@link H1Fault},
 * {@link H2Fault}, {@link H2FieldFault}, or a lambda of the test.
 */
public final class HostileOrigin implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** What happens on each connection, on a thread of its own; the connection's end may interrupt it at any point. */
    public interface Script {
        void run(HostileWire wire) throws IOException, InterruptedException;

        /** Whether it runs on the bare TCP connection, before any TLS. */
        default boolean beforeTls() {
            return false;
        }
    }

    private final ServerSocket listener = new ServerSocket();
    private final @Nullable SSLContext tls;
    private final Alpn alpn;
    private final Script script;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    // Guarded by this; waiters are woken by every change.
    private final Set<Socket> open = new HashSet<>();
    private final List<HttpHead> heads = new ArrayList<>();
    private final List<H2Frame> frames = new ArrayList<>();
    private final List<Throwable> failures = new ArrayList<>();
    private int connections;

    private HostileOrigin(@Nullable SSLContext tls, Alpn alpn, Script script) throws IOException {
        this.tls = tls;
        this.alpn = alpn;
        this.script = script;
        listener.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 1024);
        threads.execute(this::accept);
    }

    /** Without TLS. */
    public static HostileOrigin plain(Script script) throws IOException {
        return new HostileOrigin(null, Alpn.NONE, script);
    }

    /** Over TLS that is in order. */
    public static HostileOrigin tls(TestLeaf leaf, Alpn alpn, Script script) throws IOException {
        return new HostileOrigin(leaf.serverContext(), alpn, script);
    }

    /** A port that refuses every connection for as long as this is open: bound, so that nobody else gets it, and not listening. */
    public static final class RefusingPort implements AutoCloseable {
        private final Socket holder = new Socket();

        public RefusingPort() throws IOException {
            holder.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
        }

        public int port() {
            return holder.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            holder.close();
        }
    }

    /** A port that leaves connection attempts unanswered for as long as this is open: its queue is full and nobody accepts. */
    public static final class SilentPort implements AutoCloseable {
        private static final int ENOUGH = 64;

        private final ServerSocket listener = new ServerSocket();
        private final List<Socket> queue = new ArrayList<>();

        public SilentPort() throws IOException {
            listener.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 1);
            for (int i = 0; i < ENOUGH; i++) {
                Socket socket = new Socket();
                queue.add(socket);
                try {
                    socket.connect(listener.getLocalSocketAddress(), 250);
                } catch (SocketTimeoutException full) {
                    return;
                }
            }
            close();
            throw new IOException("the queue of a listener takes more than " + ENOUGH + " connections");
        }

        public int port() {
            return listener.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            for (Socket socket : queue) {
                socket.close();
            }
            listener.close();
        }
    }

    /** The port it listens on. */
    public int port() {
        return listener.getLocalPort();
    }

    /** What {@code --connect-to} needs to bring the proxy here when it is asked for that host and port 443. */
    public String connectTo(String host) {
        return host + ":443:127.0.0.1:" + port();
    }

    /** How many connections were accepted so far. */
    public synchronized int connections() {
        return connections;
    }

    /** How many connections are open now. */
    public synchronized int openConnections() {
        return open.size();
    }

    /** Waits until no more than that many connections are open. */
    public synchronized void awaitOpenConnections(int atMost) throws IOException {
        await(() -> open.size() <= atMost, "end of a connection");
    }

    /** Waits until that many connections were accepted. */
    public synchronized void awaitConnections(int count) throws IOException {
        await(() -> connections >= count, "connection number " + count);
    }

    /** The h1 request heads that scripts have read so far. */
    public synchronized List<HttpHead> heads() {
        return List.copyOf(heads);
    }

    /** Waits for an h2 frame of that type from the proxy, on any connection; scripts must be reading. */
    public synchronized H2Frame awaitFrame(int type) throws IOException {
        await(() -> frames.stream().anyMatch(frame -> frame.type() == type), "frame of type " + type);
        return frames.stream().filter(frame -> frame.type() == type).findFirst().orElseThrow();
    }

    synchronized void saw(HttpHead head) {
        heads.add(head);
        notifyAll();
    }

    synchronized void saw(H2Frame frame) {
        if (frames.size() < 10_000) {
            frames.add(frame);
        }
        notifyAll();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                int id;
                synchronized (this) {
                    id = ++connections;
                    open.add(socket);
                    notifyAll();
                }
                threads.execute(() -> serve(socket, id));
            } catch (IOException e) {
                // Closed: the loop's condition says so.
            }
        }
    }

    private void serve(Socket tcp, int id) {
        try {
            tcp.setTcpNoDelay(true);
            Socket socket = tcp;
            if (tls != null && !script.beforeTls()) {
                SSLSocket secure = (SSLSocket) tls.getSocketFactory().createSocket(tcp, null, true);
                SSLParameters parameters = secure.getSSLParameters();
                parameters.setApplicationProtocols(alpn.protocols().toArray(String[]::new));
                secure.setSSLParameters(parameters);
                secure.setUseClientMode(false);
                secure.startHandshake();
                socket = secure;
            }
            HostileWire wire = new HostileWire(this, tcp, socket, id);
            script.run(wire);
            wire.finish();
        } catch (IOException e) {
            // The proxy may end the connection at any point: that is what tests look at from its other side.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            synchronized (this) {
                failures.add(e);
            }
        } finally {
            close(tcp);
        }
    }

    private void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // Then it is not open either.
        }
        synchronized (this) {
            open.remove(socket);
            notifyAll();
        }
    }

    private interface Condition {
        boolean holds();
    }

    private synchronized void await(Condition condition, String what) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.holds()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new SocketTimeoutException("the hostile origin saw no " + what + " in time; connections: "
                        + connections + ", open: " + open.size() + ", " + frames.size() + " frames, the last of them: "
                        + frames.subList(Math.max(0, frames.size() - 20), frames.size()));
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
        }
    }

    /** Ends every connection; an {@link AssertionError} when a script threw what is no broken connection. */
    @Override
    public void close() throws IOException {
        listener.close();
        synchronized (this) {
            for (Socket socket : open) {
                socket.close();
            }
        }
        threads.shutdownNow();
        try {
            if (!threads.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("the hostile origin's threads did not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            if (!failures.isEmpty()) {
                throw new AssertionError("a script failed", failures.getFirst());
            }
        }
    }
}
