package egress.testkit.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A port on 127.0.0.1 whose every connection is led through a proxy by CONNECT, for a tool that knows no proxies. What the tool asks
 * for is the authority {@code host:port} with this port.
 */
public final class ConnectShim implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<Socket> open = new HashSet<>(); // guarded by this
    private int connections; // guarded by this
    private volatile int proxyPort;

    /** Takes a free port; {@link #lead} must come before the first connection. */
    public ConnectShim() throws IOException {
        listener.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 1024);
    }

    /** The port, here and in the authority. */
    public int port() {
        return listener.getLocalPort();
    }

    /** Leads connections to {@code host} through the proxy on that port of 127.0.0.1 from now on. */
    public ConnectShim lead(String host, int proxy) {
        proxyPort = proxy;
        threads.execute(() -> accept(host + ":" + port()));
        return this;
    }

    /** How many tunnels were granted. */
    public synchronized int connections() {
        return connections;
    }

    private void accept(String authority) {
        while (!listener.isClosed()) {
            try {
                Socket tool = listener.accept();
                threads.execute(() -> serve(tool, authority));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket tool, String authority) {
        try (tool;
                RawClient proxy = RawClient.connect(proxyPort).tunnel(authority)) {
            proxy.readTimeout(java.time.Duration.ZERO);
            tool.setTcpNoDelay(true);
            synchronized (this) {
                connections++;
                open.add(tool);
            }
            Thread back = Thread.ofVirtual().start(() -> {
                pump(proxy.input(), output(tool));
                shutDown(tool);
            });
            pump(tool.getInputStream(), proxy.output());
            proxy.halfClose();
            back.join();
        } catch (IOException e) {
            // Either side is gone: the other is closed here, and sees it.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            synchronized (this) {
                open.remove(tool);
            }
        }
    }

    private static OutputStream output(Socket socket) {
        try {
            return socket.getOutputStream();
        } catch (IOException e) {
            return OutputStream.nullOutputStream();
        }
    }

    private static void shutDown(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is closed then.
        }
    }

    private static void pump(InputStream from, OutputStream to) {
        byte[] piece = new byte[16 << 10];
        try {
            for (int n = from.read(piece); n >= 0; n = from.read(piece)) {
                to.write(piece, 0, n);
                to.flush();
            }
        } catch (IOException e) {
            // The end of either is the end of both.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        synchronized (this) {
            for (Socket socket : open) {
                socket.close();
            }
        }
        threads.close();
    }
}
