package egress.testkit.client;

import egress.testkit.wire.H2Settings;
import egress.testkit.wire.HttpHead;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;

/**
 * A caller of a proxy on 127.0.0.1 that has a name and a password, and every connection that it has opened: a good one or one that
 * means it badly. Safe for use by every thread.
 */
public final class ProxyUser implements AutoCloseable {
    private final int port;
    private final String name;
    private final String password;
    private final Path ca;
    private final Deque<RawClient> open = new ArrayDeque<>();

    /** @param ca of the proxy, which its certificates are verified by */
    public ProxyUser(int port, String name, String password, Path ca) {
        this.port = port;
        this.name = name;
        this.password = password;
        this.ca = ca;
    }

    public String name() {
        return name;
    }

    /** The field line that says who asks. */
    public String authorization() {
        byte[] pair = (name + ":" + password).getBytes(StandardCharsets.UTF_8);
        return "Proxy-Authorization: Basic " + Base64.getEncoder().encodeToString(pair);
    }

    /** A connection on which nothing was sent, kept until {@link #close}. */
    public RawClient connect() throws IOException {
        RawClient client = RawClient.connect(port);
        synchronized (open) {
            open.add(client);
        }
        return client;
    }

    /** A connection after its CONNECT to an authority. */
    public RawClient tunnel(String authority) throws IOException {
        RawClient client = connect();
        HttpHead answer = client.connectMethod(authority, authorization());
        if (answer.status() != 200) {
            drop(client);
            throw new IOException("CONNECT " + authority + " by " + name + ": " + answer.startLine());
        }
        return client;
    }

    /** A connection in which h1 is spoken to port 443 of a host. */
    public RawClient h1(String host) throws IOException {
        return tls(host, "http/1.1");
    }

    /** A connection in which h2 is spoken to port 443 of a host. */
    public H2Client h2(String host) throws IOException {
        return h2(host, H2Settings.defaults());
    }

    /** The same with settings of the test's choice. */
    public H2Client h2(String host, H2Settings settings) throws IOException {
        return H2Client.over(tls(host, "h2"), settings);
    }

    private RawClient tls(String host, String protocol) throws IOException {
        RawClient client = tunnel(host + ":443");
        try {
            return client.tls(TlsClient.of(host, ca).alpn(protocol));
        } catch (IOException e) {
            drop(client);
            throw e;
        }
    }

    /** Closes one connection, and forgets it. */
    public void drop(RawClient client) throws IOException {
        synchronized (open) {
            open.remove(client);
        }
        client.close();
    }

    /** Closes the oldest connections, so that no more than this many are open. */
    public void keepLatest(int most) throws IOException {
        while (true) {
            RawClient oldest;
            synchronized (open) {
                if (open.size() <= most) {
                    return;
                }
                oldest = open.removeFirst();
            }
            oldest.close();
        }
    }

    /** Closes all of its connections. */
    @Override
    public void close() throws IOException {
        keepLatest(0);
    }
}
