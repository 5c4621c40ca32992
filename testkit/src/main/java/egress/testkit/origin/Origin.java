package egress.testkit.origin;

import egress.testkit.Alpn;
import egress.testkit.TestLeaf;
import egress.testkit.wire.Field;
import egress.testkit.wire.H1Reader;
import egress.testkit.wire.H2Connection;
import egress.testkit.wire.H2Settings;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.H2Wire;
import egress.testkit.wire.HttpHead;
import egress.testkit.wire.HttpSyntaxException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A well-behaved origin on an ephemeral loopback port, over TLS with the ALPN a test wants or plain h1. What a path does is in
 * {@link Behaviours}; a test adds its own with {@link #on}. Every request is recorded.
 *
 * <p>{@link #close} fails when a request broke the protocol or a behaviour threw: nothing the proxy sends may do that.
 */
public final class Origin implements AutoCloseable {
    /** The path whose exchanges are handed to the test, see {@link #takeHeld}. */
    public static final String HELD = "/held";

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final ServerSocket listener;
    private final @Nullable SSLContext tls;
    private final Alpn alpn;
    private final H2Settings settings;
    private final Map<String, Behaviour> own = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    private volatile @Nullable Behaviour otherwise;

    // Guarded by this; waiters are woken by every change.
    private final List<RecordedRequest> requests = new ArrayList<>();
    private final ArrayDeque<OriginExchange> held = new ArrayDeque<>();
    private final Set<Socket> open = new HashSet<>();
    private final Set<H2Connection> h2 = new HashSet<>();
    private final List<Throwable> failures = new ArrayList<>();
    private final List<IOException> handshakeFailures = new ArrayList<>();
    private boolean recording = true;
    private int connections;
    private int taken;

    private Origin(InetAddress address, @Nullable SSLContext tls, Alpn alpn, H2Settings settings) throws IOException {
        this.tls = tls;
        this.alpn = alpn;
        this.settings = settings;
        listener = new ServerSocket();
        listener.bind(new InetSocketAddress(address, 0), 1024);
        threads.execute(this::accept);
    }

    /** An origin without TLS on 127.0.0.1: h1. */
    public static Origin plain() throws IOException {
        return new Origin(InetAddress.ofLiteral("127.0.0.1"), null, Alpn.NONE, H2Settings.defaults());
    }

    /** An origin on 127.0.0.1 that serves this certificate and speaks what {@code alpn} says. */
    public static Origin tls(TestLeaf leaf, Alpn alpn) throws IOException {
        return tls(leaf, alpn, H2Settings.defaults(), InetAddress.ofLiteral("127.0.0.1"));
    }

    /** The same with h2 settings of the test's choice, on an address of it. */
    public static Origin tls(TestLeaf leaf, Alpn alpn, H2Settings settings, InetAddress address) throws IOException {
        return new Origin(address, leaf.serverContext(), alpn, settings);
    }

    /** The port it listens on. */
    public int port() {
        return listener.getLocalPort();
    }

    /** What {@code --connect-to} needs to bring the proxy here when it is asked for that host and port 443. */
    public String connectTo(String host) {
        return host + ":443:127.0.0.1:" + port();
    }

    /** Lets a path do something of the test's own, from the next request on. */
    public Origin on(String path, Behaviour behaviour) {
        own.put(path, behaviour);
        return this;
    }

    /** Lets every path that has no behaviour of the test's own do this, instead of what is in {@link Behaviours}. */
    public Origin otherwise(Behaviour behaviour) {
        otherwise = behaviour;
        return this;
    }

    /** Keeps no requests from now on, for a run so long that they would fill the heap. */
    public synchronized Origin withoutRecords() {
        recording = false;
        return this;
    }

    /** Every request so far, in the order of their heads. */
    public synchronized List<RecordedRequest> requests() {
        return List.copyOf(requests);
    }

    /** Waits for the next request that was not taken yet; its body may still be coming. */
    public synchronized RecordedRequest takeRequest() throws IOException {
        await(() -> requests.size() > taken, "request");
        return requests.get(taken++);
    }

    /** Waits for the next exchange on {@link #HELD}; the test drives it, and must end, reset or give it up. */
    public synchronized OriginExchange takeHeld() throws IOException {
        await(() -> !held.isEmpty(), "request for " + HELD);
        return held.remove();
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

    /** The TLS handshakes that did not come to an end, such as those the proxy refused. */
    public synchronized List<IOException> handshakeFailures() {
        return List.copyOf(handshakeFailures);
    }

    /** Waits until that many TLS handshakes have failed. */
    public synchronized void awaitHandshakeFailures(int count) throws IOException {
        await(() -> handshakeFailures.size() >= count, "failed handshake");
    }

    /** Winds down every h2 connection: GOAWAY in two steps, no new stream after it, what runs goes on (RFC 9113 §6.8). */
    public void goAway() throws IOException {
        List<H2Connection> all;
        synchronized (this) {
            all = List.copyOf(h2);
        }
        for (H2Connection connection : all) {
            connection.goAwayGracefully();
        }
    }

    /** Ends every connection with a RST, as an origin that crashes does. */
    public synchronized void resetConnections() throws IOException {
        for (Socket socket : open) {
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                int id;
                synchronized (this) {
                    id = ++connections;
                    open.add(socket);
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
            if (tls == null) {
                serveH1(tcp, tcp, id, null);
                return;
            }
            SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket(tcp, null, true);
            if (!handshake(socket)) {
                return;
            }
            String sni = sni(socket);
            if (socket.getApplicationProtocol().equals("h2")) {
                serveH2(socket, id, sni);
            } else {
                serveH1(tcp, socket, id, sni);
            }
        } catch (IOException e) {
            note(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            note(e);
        } finally {
            close(tcp);
        }
    }

    private boolean handshake(SSLSocket socket) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(alpn.protocols().toArray(String[]::new));
        socket.setSSLParameters(parameters);
        socket.setUseClientMode(false);
        try {
            socket.startHandshake();
            return true;
        } catch (IOException e) {
            synchronized (this) {
                handshakeFailures.add(e);
                notifyAll();
            }
            return false;
        }
    }

    private static @Nullable String sni(SSLSocket socket) {
        return ((ExtendedSSLSession) socket.getSession())
                .getRequestedServerNames().stream()
                        .map(name -> new String(name.getEncoded(), StandardCharsets.ISO_8859_1))
                        .findFirst()
                        .orElse(null);
    }

    private void serveH1(Socket tcp, Socket socket, int id, @Nullable String sni)
            throws IOException, InterruptedException {
        H1Reader reader = new H1Reader(new BufferedInputStream(socket.getInputStream(), 1 << 16));
        H1OriginExchange exchange;
        do {
            HttpHead head = reader.requestHead();
            if (head == null) {
                return;
            }
            RecordedRequest request =
                    new RecordedRequest(id, sni, head.version(), head.method(), head.target(), head.fields());
            exchange = new H1OriginExchange(request, tcp, reader, socket.getOutputStream(), head);
            serve(exchange);
        } while (exchange.finish());
        if (!tcp.isClosed()) {
            if (socket instanceof SSLSocket) {
                socket.shutdownOutput();
            }
            exchange.lingeringClose();
        }
    }

    private void serveH2(SSLSocket socket, int id, @Nullable String sni) throws IOException {
        BufferedInputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
        String preface = new String(in.readNBytes(H2Wire.PREFACE.length()), StandardCharsets.ISO_8859_1);
        if (preface.length() < H2Wire.PREFACE.length()) {
            throw new EOFException("the connection ended before its h2 preface");
        }
        if (!preface.equals(H2Wire.PREFACE)) {
            throw new HttpSyntaxException("h2 preface: " + H1Reader.quoted(preface));
        }
        H2Connection connection = new H2Connection(
                new H2Wire(in, socket.getOutputStream()),
                false,
                settings,
                stream -> threads.execute(() -> serve(stream, id, sni)));
        synchronized (this) {
            h2.add(connection);
        }
        connection.open();
        IOException end = connection.run();
        synchronized (this) {
            h2.remove(connection);
        }
        note(end);
    }

    private void serve(H2Stream stream, int id, @Nullable String sni) {
        try {
            List<Field> fields = stream.awaitHead();
            RecordedRequest request = new RecordedRequest(
                    id,
                    sni,
                    "HTTP/2",
                    Field.first(fields, ":method").orElse(""),
                    Field.first(fields, ":path").orElse(""),
                    fields);
            H2OriginExchange exchange = new H2OriginExchange(request, stream);
            serve(exchange);
            exchange.finish();
        } catch (IOException e) {
            note(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            note(e);
        }
    }

    private void serve(OriginExchange exchange) throws IOException, InterruptedException {
        synchronized (this) {
            if (recording) {
                requests.add(exchange.request());
                notifyAll();
            }
        }
        Behaviour behaviour = own.getOrDefault(exchange.path(), otherwise);
        if (behaviour != null) {
            behaviour.serve(exchange);
        } else if (exchange.path().equals(HELD)) {
            synchronized (this) {
                held.add(exchange);
                notifyAll();
            }
            exchange.awaitOver();
        } else {
            Behaviours.of(exchange.path()).serve(exchange);
        }
    }

    /** Keeps what must not happen; a connection that breaks is none of it. */
    private synchronized void note(Throwable cause) {
        boolean breaks = cause instanceof IOException && !(cause instanceof HttpSyntaxException);
        if (!breaks) {
            failures.add(cause);
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

    private synchronized void await(BooleanSupplier condition, String what) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new SocketTimeoutException("the origin saw no " + what + " in time; requests: " + requests
                        + ", failed handshakes: " + handshakeFailures + ", failures: " + failures);
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
        }
    }

    /** Ends every connection; an {@link AssertionError} when a request broke the protocol or a behaviour threw. */
    @Override
    public void close() throws IOException {
        listener.close();
        synchronized (this) {
            for (OriginExchange exchange : held) {
                exchange.giveUp(new SSLException("the origin was closed"));
            }
            for (Socket socket : open) {
                socket.close();
            }
        }
        threads.shutdownNow();
        try {
            if (!threads.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("the origin's threads did not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            if (!failures.isEmpty()) {
                AssertionError error = new AssertionError("the origin saw what must not be: " + failures.getFirst());
                failures.forEach(error::addSuppressed);
                throw error;
            }
        }
    }
}
