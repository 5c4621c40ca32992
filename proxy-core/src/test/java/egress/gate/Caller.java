package egress.gate;

import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.H2Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An agent inside a bumped tunnel, the same for h1 and h2; on h1 one call after the other. */
public final class Caller implements AutoCloseable {
    /** How a caller gives a call up. */
    public enum Way {
        /** The connection is closed. */
        FIN,
        /** The connection is reset. */
        RST,
        /** RST_STREAM with CANCEL; on h1 the connection is closed. */
        CANCEL
    }

    private final String host;
    private final @Nullable RawClient h1;
    private final @Nullable H2Client h2;

    private Caller(String host, @Nullable RawClient h1, @Nullable H2Client h2) {
        this.host = host;
        this.h1 = h1;
        this.h2 = h2;
    }

    public static Caller through(Gate gate, String version, String host) throws IOException {
        return through(gate, version, host, H2Settings.defaults(), 0);
    }

    /**
     * @param settings of an h2 caller
     * @param receiveBuffer of an h1 caller's socket, so that it is soon felt when it stops to read; 0 for the default
     */
    public static Caller through(Gate gate, String version, String host, H2Settings settings, int receiveBuffer)
            throws IOException {
        return through(gate.port(), gate.client(host), version, host, settings, receiveBuffer);
    }

    /** @param tls trusts the gate that listens on the port, and verifies the host */
    public static Caller through(
            int port, TlsClient tls, String version, String host, H2Settings settings, int receiveBuffer)
            throws IOException {
        if (version.equals("h2")) {
            return new Caller(host, null, H2Client.through(port, host + ":443", tls, settings));
        }
        RawClient client =
                RawClient.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), receiveBuffer);
        try {
            client.tunnel(host + ":443").tls(tls.alpn("http/1.1"));
        } catch (IOException | RuntimeException e) {
            client.close();
            throw e;
        }
        return new Caller(host, client, null);
    }

    public boolean isHttp2() {
        return h2 != null;
    }

    /** The h1 connection. */
    public RawClient raw() {
        return h1 == null ? http2().transport() : h1;
    }

    /** The h2 connection. */
    public H2Client http2() {
        return Objects.requireNonNull(h2, "an h1 caller");
    }

    /** A request without a body. */
    public Call get(String target, String... namesAndValues) throws IOException {
        return request("GET", target, namesAndValues);
    }

    /** A request without a body. */
    public Call request(String method, String target, String... namesAndValues) throws IOException {
        if (h2 != null) {
            return new Call(method, null, h2.request(method, host, target, true, namesAndValues));
        }
        return new Call(method, raw().send(head(method, target, namesAndValues) + "\r\n"), null);
    }

    /** A request head that a body follows, chunked on h1 unless the fields say how long it is. */
    public Call begin(String method, String target, String... namesAndValues) throws IOException {
        if (h2 != null) {
            return new Call(method, null, h2.request(method, host, target, false, namesAndValues));
        }
        boolean framed = List.of(namesAndValues).contains("content-length");
        String framing = framed ? "" : "Transfer-Encoding: chunked\r\n";
        return new Call(method, raw().send(head(method, target, namesAndValues) + framing + "\r\n"), null, !framed);
    }

    private String head(String method, String target, String... namesAndValues) {
        StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n");
        for (int i = 0; i < namesAndValues.length; i += 2) {
            head.append(namesAndValues[i])
                    .append(": ")
                    .append(namesAndValues[i + 1])
                    .append("\r\n");
        }
        return head.toString();
    }

    /** Gives a call up. */
    public void abandon(Call call, Way way) throws IOException {
        switch (way) {
            case FIN -> close();
            case RST -> raw().reset();
            case CANCEL -> {
                if (h2 == null) {
                    close();
                } else {
                    call.h2().reset(H2Frame.ErrorCode.CANCEL);
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (h2 != null) {
            h2.close();
        } else {
            raw().close();
        }
    }
}
