package egress.testkit.client;

import egress.testkit.wire.Field;
import egress.testkit.wire.H2Connection;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.H2Settings;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.H2Wire;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** An h2 client with streams of its own making and raw frames: over whatever {@link RawClient} has already set up. */
public final class H2Client implements AutoCloseable {
    private final RawClient transport;
    private final H2Connection connection;
    private final Thread reader;

    private H2Client(RawClient transport, H2Settings settings) throws IOException {
        this.transport = transport;
        H2Wire wire = new H2Wire(transport.input(), transport.output());
        connection = new H2Connection(wire, true, settings, stream -> {
            throw new IllegalStateException("stream " + stream.id() + " was opened by the server");
        });
        transport.readTimeout(Duration.ZERO); // streams have their own patience
        connection.open();
        reader = Thread.ofVirtual().name("h2-client").start(connection::run);
    }

    /** Connects to a proxy on 127.0.0.1, asks for the tunnel and begins h2 in it. */
    public static H2Client through(int proxyPort, String authority, TlsClient tls) throws IOException {
        return through(proxyPort, authority, tls, H2Settings.defaults());
    }

    /** The same with settings of the test's choice. */
    public static H2Client through(int proxyPort, String authority, TlsClient tls, H2Settings settings)
            throws IOException {
        RawClient transport = RawClient.connect(proxyPort);
        try {
            return over(transport.tunnel(authority).tls(tls.alpn("h2")), settings);
        } catch (IOException | RuntimeException e) {
            transport.close();
            throw e;
        }
    }

    /** Begins h2 on a connection whose handshake settled on h2; the client owns it from here. */
    public static H2Client over(RawClient transport, H2Settings settings) throws IOException {
        if (!transport.applicationProtocol().equals("h2")) {
            throw new IOException("ALPN: \"" + transport.applicationProtocol() + "\" (expected: h2)");
        }
        return new H2Client(transport, settings);
    }

    /** Sends a request without a body. */
    public H2Stream get(String authority, String path, String... namesAndValues) throws IOException {
        return request("GET", authority, path, true, namesAndValues);
    }

    /** Sends a request head; {@code end} says that no body follows. */
    public H2Stream request(String method, String authority, String path, boolean end, String... namesAndValues)
            throws IOException {
        List<Field> head = new ArrayList<>(
                Field.list(":method", method, ":scheme", "https", ":authority", authority, ":path", path));
        head.addAll(Field.list(namesAndValues));
        return open(head, end);
    }

    /** Sends any field section as the head of a new stream, legal or not. */
    public H2Stream open(List<Field> head, boolean end) throws IOException {
        return connection.open(head, end);
    }

    /** Sends any bytes as the field section that opens a new stream. */
    public H2Stream open(byte[] section, boolean end) throws IOException {
        return connection.open(section, end);
    }

    /** The bare frames, for what the protocol forbids; the connection goes on answering SETTINGS and PING by itself. */
    public H2Wire wire() {
        return connection.wire();
    }

    /** Waits for the answer to a PING sent now: what was sent before has been read by the other side. */
    public void ping() throws IOException {
        int before = connection.pings();
        wire().write(H2Frame.ping(before));
        connection.awaitPing(before + 1);
    }

    /** SETTINGS_MAX_CONCURRENT_STREAMS of the other side; waits for its SETTINGS. */
    public int peerMaxStreams() throws IOException {
        return connection.peerMaxStreams();
    }

    /** What the other side has announced, by the settings' identifiers (RFC 9113 §6.5.2); waits for its SETTINGS. */
    public Map<Integer, Integer> peerSettings() throws IOException {
        return connection.peerSettings();
    }

    /** Waits for a GOAWAY; {@link H2Frame#int32} 0 is its last stream, 4 its error code. */
    public H2Frame awaitGoAway() throws IOException {
        return connection.awaitGoAway();
    }

    /** Waits until the connection has ended and returns how. */
    public IOException awaitEnd() throws IOException {
        return connection.awaitEnd();
    }

    /** The connection below. */
    public RawClient transport() {
        return transport;
    }

    @Override
    public void close() throws IOException {
        transport.close();
        try {
            reader.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
