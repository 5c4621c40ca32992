package egress.testkit.client;

import egress.testkit.wire.H1Body;
import egress.testkit.wire.H1Reader;
import egress.testkit.wire.HttpHead;
import egress.testkit.wire.ReceivedResponse;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/**
 * A client that sends exactly the bytes it is told to and reads answers strictly: on a plain socket, through a CONNECT tunnel, and
 * under TLS. Every read and write that a peer leaves hanging ends with a {@link SocketTimeoutException}.
 */
public final class RawClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 10_000;

    private final Socket tcp;
    private Socket current;
    private H1Reader reader;
    private OutputStream out;

    private RawClient(Socket tcp) throws IOException {
        this.tcp = tcp;
        current = tcp;
        tcp.setTcpNoDelay(true);
        tcp.setSoTimeout(PATIENCE_MILLIS);
        reader = new H1Reader(new BufferedInputStream(tcp.getInputStream()));
        out = tcp.getOutputStream();
    }

    /** Connects to a port of 127.0.0.1. */
    public static RawClient connect(int port) throws IOException {
        return connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
    }

    /** Connects, waiting at most ten seconds. */
    public static RawClient connect(InetSocketAddress address) throws IOException {
        return connect(address, 0);
    }

    /** Connects with a receive buffer of about that many bytes, so that a stalled reader is felt early; 0 leaves the default. */
    public static RawClient connect(InetSocketAddress address, int receiveBuffer) throws IOException {
        Socket socket = new Socket();
        try {
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.connect(address, PATIENCE_MILLIS);
            return new RawClient(socket);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Asks the proxy for a tunnel with {@code CONNECT authority} and reads its answer; anything but a 200 is an error. */
    public RawClient tunnel(String authority) throws IOException {
        HttpHead answer = connectMethod(authority);
        if (answer.status() != 200) {
            throw new IOException("CONNECT " + authority + ": " + answer.startLine() + " (expected: 200)");
        }
        return this;
    }

    /** Sends a CONNECT with these further field lines and returns the head of the answer, whatever it says. */
    public HttpHead connectMethod(String authority, String... fieldLines) throws IOException {
        String lines = fieldLines.length == 0 ? "" : String.join("\r\n", fieldLines) + "\r\n";
        send("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n" + lines + "\r\n");
        return readHead();
    }

    /** Goes on under TLS; returns when the handshake is done. */
    public RawClient tls(TlsClient client) throws IOException {
        return tls(client, tcp);
    }

    /** Goes on under TLS with every byte of ours in a TCP segment of its own. */
    public RawClient tlsByteByByte(TlsClient client) throws IOException {
        return tls(client, new ByteByByteSocket(tcp));
    }

    private RawClient tls(TlsClient client, Socket below) throws IOException {
        String name = client.verifiedName() == null ? "" : client.verifiedName();
        SSLSocket socket =
                (SSLSocket) client.context().getSocketFactory().createSocket(below, name, tcp.getPort(), true);
        socket.setSSLParameters(client.applyTo(socket.getSSLParameters()));
        socket.setSoTimeout(tcp.getSoTimeout());
        socket.startHandshake();
        current = socket;
        reader = new H1Reader(new BufferedInputStream(socket.getInputStream(), 1 << 16));
        out = socket.getOutputStream();
        return this;
    }

    /** The application protocol that the handshake settled on; empty for none. */
    public String applicationProtocol() {
        return ssl().getApplicationProtocol();
    }

    /** The TLS version that the handshake settled on, as the JDK names it. */
    public String tlsVersion() {
        return ssl().getSession().getProtocol();
    }

    /** The certificates that the other side sent, the leaf first. */
    public List<X509Certificate> certificates() throws IOException {
        List<X509Certificate> chain = new ArrayList<>();
        for (var certificate : ssl().getSession().getPeerCertificates()) {
            chain.add((X509Certificate) certificate);
        }
        return chain;
    }

    private SSLSocket ssl() {
        if (current instanceof SSLSocket socket) {
            return socket;
        }
        throw new IllegalStateException("not under TLS (expected: tls() before)");
    }

    /** Sends the text, one byte per char. */
    public RawClient send(String latin1) throws IOException {
        return send(H1Reader.latin1(latin1));
    }

    /** Sends the bytes in one write. */
    public RawClient send(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
        return this;
    }

    /** Sends each byte with a write of its own: a TCP segment each, under TLS a record each. */
    public RawClient sendByteByByte(byte[] bytes) throws IOException {
        for (byte one : bytes) {
            out.write(one);
            out.flush();
        }
        return this;
    }

    /** Sends a request without a body and reads the whole answer. */
    public ReceivedResponse get(String target, String host) throws IOException {
        send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
        return readResponse("GET");
    }

    /** Reads a response head, a 1xx one too. */
    public HttpHead readHead() throws IOException {
        HttpHead head = reader.responseHead();
        if (head == null) {
            throw new EOFException("the connection ended before a response");
        }
        return head;
    }

    /** Reads 1xx responses, the final head, the body as RFC 9112 §6.3 frames it, and the trailers. */
    public ReceivedResponse readResponse(String requestMethod) throws IOException {
        List<ReceivedResponse.Interim> interims = new ArrayList<>();
        HttpHead head = readHead();
        while (head.status() < 200 && head.status() != 101) {
            interims.add(new ReceivedResponse.Interim(head.status(), head.fields()));
            head = readHead();
        }
        H1Body body = reader.responseBody(head, requestMethod);
        byte[] bytes = body.readAllBytes();
        return new ReceivedResponse(head.status(), head.fields(), bytes, body.trailers(), interims);
    }

    /** The body of a response whose head was read, to be read at the test's own pace. */
    public InputStream body(HttpHead response, String requestMethod) throws IOException {
        return reader.responseBody(response, requestMethod);
    }

    /** Exactly {@code count} bytes as they come. */
    public byte[] readBytes(int count) throws IOException {
        byte[] bytes = reader.stream().readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException("the connection ended after " + bytes.length + " bytes (expected: " + count + ")");
        }
        return bytes;
    }

    /** Everything up to the other side's end. */
    public byte[] readToEnd() throws IOException {
        return reader.stream().readAllBytes();
    }

    /** How a connection ended. */
    public enum End {
        /** A FIN, under TLS with or without close_notify before it. */
        CLOSED,
        /** A RST, or a TLS alert. */
        RESET
    }

    /** Waits until the other side ends the connection, dropping what it still sends; it must happen within ten seconds. */
    public End awaitEnd() throws IOException {
        try {
            InputStream in = reader.stream();
            byte[] dropped = new byte[8192];
            long deadline =
                    System.nanoTime() + Duration.ofMillis(PATIENCE_MILLIS).toNanos();
            while (in.read(dropped) >= 0) {
                if (System.nanoTime() - deadline > 0) {
                    throw new SocketTimeoutException("the other side still sends");
                }
            }
            return End.CLOSED;
        } catch (SocketTimeoutException e) {
            throw new SocketTimeoutException("the connection is still open (expected: ended by the other side)");
        } catch (EOFException e) {
            return End.CLOSED;
        } catch (SocketException | SSLException e) {
            return End.RESET;
        }
    }

    /** The stream of received bytes, for a protocol of the test's own. */
    public InputStream input() {
        return reader.stream();
    }

    /** The stream of sent bytes, for a protocol of the test's own. */
    public OutputStream output() {
        return out;
    }

    /** The local address, as the proxy sees it. */
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) tcp.getLocalSocketAddress();
    }

    /** How long a read waits before it fails; ten seconds at first. */
    public RawClient readTimeout(Duration timeout) throws IOException {
        tcp.setSoTimeout((int) timeout.toMillis());
        current.setSoTimeout((int) timeout.toMillis());
        return this;
    }

    /** Ends our direction: under TLS with close_notify and FIN. */
    public void halfClose() throws IOException {
        current.shutdownOutput();
        if (!tcp.isOutputShutdown()) { // the JDK's TLS does it itself, or not
            tcp.shutdownOutput();
        }
    }

    /** Sends a FIN without close_notify, as a TLS client that crashed does, and goes on reading. */
    public void halfCloseTcp() throws IOException {
        tcp.shutdownOutput();
    }

    /** Ends the connection with a RST. */
    public void reset() throws IOException {
        tcp.setSoLinger(true, 0);
        tcp.close();
    }

    @Override
    public void close() throws IOException {
        tcp.close();
    }
}
