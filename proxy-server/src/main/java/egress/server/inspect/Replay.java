package egress.server.inspect;

import egress.server.config.Endpoint;
import egress.server.inspect.ReplayRequest.Field;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** Sends a request again, as a caller of the gate like any other: by CONNECT over loopback, trusting its authority alone. */
final class Replay {
    private static final int MOST_AT_ONCE = 8;
    private static final int CONNECT_MILLIS = 10_000;
    /** An LLM may think for as long before its first byte. */
    private static final int SILENCE_MILLIS = (int) TimeUnit.MINUTES.toMillis(15);

    private static final int LONGEST_ANSWER = 4096;

    private final InetSocketAddress gate;
    private final X509Certificate authority;
    private final Map<String, String> users;
    private final Semaphore turns = new Semaphore(MOST_AT_ONCE);

    /** @param users whom the gate lets in, name to password; empty where it lets in all */
    Replay(InetSocketAddress gate, X509Certificate authority, Map<String, String> users) {
        this.gate = gate;
        this.authority = authority;
        this.users = Map.copyOf(users);
    }

    /** Where callers connect. */
    String gate() {
        return Endpoint.text(gate);
    }

    /**
     * Sends it; what is answered is read in the background, and thrown away: the gate records it.
     *
     * @return the address from which it comes, by which its flow is known
     */
    String send(ReplayRequest request) throws IOException {
        if (!turns.tryAcquire()) {
            throw new IOException("too many are under way (expected: " + MOST_AT_ONCE + " at once)");
        }
        Socket socket = new Socket();
        try {
            socket.setSoTimeout(SILENCE_MILLIS);
            socket.connect(gate, CONNECT_MILLIS);
            Socket secured = request.scheme().equals("https") ? tunnel(socket, request) : socket;
            OutputStream out = secured.getOutputStream();
            boolean tls = request.scheme().equals("https");
            out.write(request.head(
                    tls ? request.target() : "http://" + request.authority() + request.target(),
                    tls ? List.of() : credentials()));
            out.write(request.body());
            out.flush();
            String client = Endpoint.text((InetSocketAddress) socket.getLocalSocketAddress());
            Thread.ofVirtual().name("egress-replay").start(() -> drain(secured));
            return client;
        } catch (IOException | RuntimeException e) {
            turns.release();
            socket.close();
            throw e;
        }
    }

    private void drain(Socket socket) {
        byte[] piece = new byte[16 * 1024];
        try (socket;
                InputStream in = socket.getInputStream()) {
            int n = 0;
            while (n >= 0) {
                n = in.read(piece);
            }
        } catch (IOException e) {
            // The flow says how it ended.
        } finally {
            turns.release();
        }
    }

    private SSLSocket tunnel(Socket socket, ReplayRequest request) throws IOException {
        String authority = request.host() + ":" + request.port();
        StringBuilder connect = new StringBuilder("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n");
        for (Field field : credentials()) {
            connect.append(field.name()).append(": ").append(field.value()).append("\r\n");
        }
        socket.getOutputStream().write(connect.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        String answer = head(socket.getInputStream());
        if (!answer.startsWith("HTTP/1.1 200")) {
            throw new IOException(
                    "the gate answered " + answer.lines().findFirst().orElse("nothing"));
        }
        SSLSocket secured = (SSLSocket)
                context().getSocketFactory().createSocket(socket, bare(request.host()), request.port(), true);
        SSLParameters parameters = secured.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setApplicationProtocols(new String[] {"http/1.1"});
        secured.setSSLParameters(parameters);
        secured.startHandshake();
        return secured;
    }

    private static String bare(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
            int c = in.read();
            if (c < 0 || head.length() > LONGEST_ANSWER) {
                throw new IOException("the gate gave no answer to CONNECT");
            }
            head.append((char) c);
        }
        return head.toString();
    }

    private List<Field> credentials() {
        return users.entrySet().stream()
                .findFirst()
                .map(user -> new Field(
                        "Proxy-Authorization",
                        "Basic "
                                + Base64.getEncoder()
                                        .encodeToString((user.getKey() + ":" + user.getValue())
                                                .getBytes(StandardCharsets.UTF_8))))
                .stream()
                .toList();
    }

    private SSLContext context() throws IOException {
        try {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            trusted.setCertificateEntry("gate", authority);
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("no TLS for it: " + e.getMessage(), e);
        }
    }
}
