package egress.testkit.origin;

import egress.testkit.wire.H1Reader;
import egress.testkit.wire.H2Wire;
import egress.testkit.wire.HttpHead;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/** One connection in the hands of a {@link HostileOrigin.Script}. */
public final class HostileWire {
    private final HostileOrigin origin;
    private final Socket tcp;
    private final Socket socket;
    private final int connection;
    private final H1Reader reader;
    private final OutputStream out;

    HostileWire(HostileOrigin origin, Socket tcp, Socket socket, int connection) throws IOException {
        this.origin = origin;
        this.tcp = tcp;
        this.socket = socket;
        this.connection = connection;
        reader = new H1Reader(new BufferedInputStream(socket.getInputStream()));
        out = socket.getOutputStream();
    }

    /** Which of the origin's connections this is, counted from 1. */
    public int connection() {
        return connection;
    }

    /** Reads an h1 request head. */
    public HttpHead readHead() throws IOException {
        HttpHead head = reader.requestHead();
        if (head == null) {
            throw new EOFException("the connection ended before a request");
        }
        origin.saw(head);
        return head;
    }

    /** Reads the whole body of a request whose head was read. */
    public byte[] readBody(HttpHead head) throws IOException {
        return reader.requestBody(head).readAllBytes();
    }

    /** Reads a request with its body and drops it. */
    public HttpHead readRequest() throws IOException {
        HttpHead head = readHead();
        readBody(head);
        return head;
    }

    /** Sends the text, one byte per char. */
    public void send(String latin1) throws IOException {
        send(H1Reader.latin1(latin1));
    }

    /** Sends the bytes in one write. */
    public void send(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    /** Sends each byte by itself, some milliseconds apart. */
    public void drip(String latin1, int millis) throws IOException, InterruptedException {
        for (byte one : H1Reader.latin1(latin1)) {
            out.write(one);
            out.flush();
            Thread.sleep(millis);
        }
    }

    /** Goes on as an h2 server without manners. */
    public H2Peer h2() {
        return new H2Peer(origin, new H2Wire(reader.stream(), out));
    }

    /** The bytes that come, for a script's own protocol. */
    public InputStream input() {
        return reader.stream();
    }

    /** Ends the connection with a RST. */
    public void reset() throws IOException {
        tcp.setSoLinger(true, 0);
        tcp.close();
    }

    /** Ends the connection without the close_notify of TLS. */
    public void cut() throws IOException {
        tcp.close();
    }

    /** Sends a FIN, under TLS with close_notify, and keeps the other direction. */
    public void halfClose() throws IOException {
        socket.shutdownOutput();
        if (!tcp.isOutputShutdown()) { // the JDK's TLS does it itself, or not
            tcp.shutdownOutput();
        }
    }

    /** Says nothing more until the proxy ends the connection. */
    public void hang() throws IOException {
        byte[] dropped = new byte[8192];
        int n;
        do {
            n = reader.stream().read(dropped);
        } while (n >= 0);
    }

    /** Ends what a script left open so that what it sent arrives: a FIN, then reading until the other side's, for 5 s at most. */
    void finish() throws IOException {
        if (!tcp.isClosed()) {
            halfClose();
            socket.setSoTimeout(5_000);
            hang();
        }
    }
}
