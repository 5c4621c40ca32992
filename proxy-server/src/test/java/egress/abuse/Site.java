package egress.abuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import egress.server.ProxyUnderTest;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.Origin;
import egress.testkit.scorecard.Case;
import egress.testkit.scorecard.Expected;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Settings;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.HttpHead;
import egress.testkit.wire.ReceivedResponse;
import egress.testkit.wire.StreamResetException;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLException;

/** The whole program before three origins, and the ways to bring something hostile in. */
final class Site implements AutoCloseable {
    static final String TOKEN = "gate-token-0123456789";
    static final String H1 = "h1.example";
    static final String H2 = "h2.example";
    static final String RULES = "rules.example";
    static final String RULES_H2 = "rules2.example";
    static final String PLAIN = "plain.example";

    static final String ROUTES = """
            log: 1
            routes:
              - host: h1.example
                auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}
              - host: h2.example
                auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}
              - host: api.github.com
              - host: other.example
              - host: named.example:8443
              - host: rules.example
                path_allowlist: ["/v1", "/repos/a", "/held"]
                matches: [{methods: [GET, POST, OPTIONS, PROPFIND]}]
              - host: rules2.example
                path_allowlist: ["/v1", "/repos/a", "/held"]
                matches: [{methods: [GET, POST, OPTIONS, PROPFIND]}]
              - host: plain.example:80
            """;

    final ProxyUnderTest proxy;
    final TestCa ca = TestCa.create("origins");
    final Origin h1;
    final Origin h2;
    final Origin plain;

    Site(UnaryOperator<ProxyUnderTest.Builder> change) throws IOException {
        h1 = Origin.tls(
                ca.leaf(H1, RULES, "api.github.com", "other.example", "named.example", "xn--mnchen-3ya.example"),
                Alpn.H1);
        h2 = Origin.tls(ca.leaf(H2, RULES_H2), Alpn.H2_AND_H1);
        plain = Origin.plain();
        ProxyUnderTest.Builder builder = ProxyUnderTest.with()
                .routes(ROUTES)
                .environment("EGRESS_TOKEN_0", TOKEN)
                .trust(ca)
                .origin(PLAIN + ":80", plain)
                .origin("named.example:8443", h1);
        for (String host : List.of(H1, RULES, "api.github.com", "other.example")) {
            builder.origin(host + ":443", h1);
        }
        for (String host : List.of(H2, RULES_H2)) {
            builder.origin(host + ":443", h2);
        }
        proxy = change.apply(builder).start();
    }

    static Site start() throws IOException {
        return new Site(builder -> builder);
    }

    /** Requests that any origin has seen. */
    int reached() {
        return h1.requests().size() + h2.requests().size() + plain.requests().size();
    }

    private long blocks() {
        return proxy.err().stream()
                .filter(line -> line.contains("\"egress_block\"") || line.contains("\"egress_refused\""))
                .count();
    }

    /** A case that must be stopped: nothing of it at an origin, and a reason in the log where it was answered. */
    Case stopped(String id, String title, String leg, Case.Probe probe, String... outcomes) {
        return new Case(id, title, leg, Expected.denied(outcomes), () -> {
            int before = reached();
            long logged = blocks();
            String got = probe.attempt();
            if (reached() != before) {
                return "at the origin, and then " + got;
            }
            return got.startsWith("4") && !loggedSince(logged) ? "no reason in the log: " + got : got;
        });
    }

    private boolean loggedSince(long before) throws InterruptedException {
        for (int i = 0; i < 1_000; i++) {
            if (blocks() > before) {
                return true;
            }
            Thread.sleep(5); // the log is written on a thread of its own
        }
        return false;
    }

    /** Sends bytes to the listener and reads one answer. */
    String listener(String bytes) throws IOException {
        try (RawClient client = proxy.connect()) {
            return answer(client.send(bytes.getBytes(ISO_8859_1)));
        }
    }

    /** CONNECT, and if that is granted a request for the root in it. */
    String connect(String authority) throws IOException {
        int colon = authority.lastIndexOf(':');
        return connect(authority, colon < 0 ? authority : authority.substring(0, colon));
    }

    /** The same with another Host, whose name is the SNI. */
    String connect(String authority, String host) throws IOException {
        String name = host.replaceFirst(":[0-9]+$", "");
        try (RawClient client = proxy.connect()) {
            HttpHead head = client.connectMethod(authority);
            if (head.status() != 200) {
                return said(head.status(), head.value("x-egress-deny").orElse(""));
            }
            client.tls(proxy.client(name).anyName().alpn("http/1.1"));
            return answer(client.send("GET /echo HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
        } catch (SSLException | EOFException e) {
            return "alert " + e.getMessage();
        }
    }

    /** Bytes instead of a request inside a bumped tunnel. */
    String inside(String host, String bytes) throws IOException {
        try (RawClient client = proxy.connect(host + ":443")) {
            return answer(client.send(bytes.getBytes(ISO_8859_1)));
        }
    }

    /** A request line and fields inside a bumped tunnel, with the right Host. */
    String h1(String host, String method, String target, String... lines) throws IOException {
        StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n");
        for (String line : lines) {
            head.append(line).append("\r\n");
        }
        return inside(host, head + "\r\n");
    }

    /** The same by h2. */
    String h2(String host, String method, String target, String... namesAndValues) throws IOException {
        List<Field> head =
                new ArrayList<>(Field.list(":method", method, ":scheme", "https", ":authority", host, ":path", target));
        head.addAll(Field.list(namesAndValues));
        return h2(host, head);
    }

    /** Any field section as an h2 request. */
    String h2(String host, List<Field> head) throws IOException {
        try (H2Client client = h2Client(host)) {
            H2Stream stream = client.open(head, true);
            return answer(stream);
        } catch (SSLException e) {
            return "closed";
        }
    }

    /** The head that asks for a WebSocket by h2 (RFC 8441, Section 4). */
    static List<Field> extendedConnect(String host, String path) {
        return Field.list(
                ":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":authority", host, ":path", path);
    }

    H2Client h2Client(String host) throws IOException {
        return H2Client.through(proxy.port(), host + ":443", proxy.client(host), H2Settings.defaults());
    }

    /** One and the same request by h1 and by h2. */
    String request(String leg, String host, String method, String target, String... namesAndValues) throws IOException {
        if (leg.equals("h2")) {
            return h2(host, method, target, namesAndValues);
        }
        String[] lines = new String[namesAndValues.length / 2];
        for (int i = 0; i < lines.length; i++) {
            lines[i] = namesAndValues[2 * i] + ": " + namesAndValues[2 * i + 1];
        }
        return h1(host, method, target, lines);
    }

    /** First bytes in a tunnel. */
    String hello(String host, byte[] bytes) throws IOException {
        try (RawClient client = proxy.connect().tunnel(host + ":443")) {
            client.send(bytes);
            return first(client.readToEnd());
        } catch (SocketException e) {
            return "closed";
        }
    }

    /** The case of first bytes in a tunnel that must be stopped. */
    Case hello(String id, String title, byte[] bytes, String... outcomes) {
        return stopped(id, title, "tls", () -> hello(H1, bytes), outcomes);
    }

    /** A handshake in a tunnel, and by h1 a request after it. */
    String greeted(TlsClient tls) throws IOException {
        try (RawClient client = proxy.connect().tunnel(H1 + ":443")) {
            client.tls(tls);
            return client.applicationProtocol().equals("h2")
                    ? "h2"
                    : answer(client.send("GET /echo HTTP/1.1\r\nHost: h1.example\r\n\r\n"));
        } catch (SSLException e) {
            return "alert";
        }
    }

    private static String first(byte[] answer) {
        if (answer.length == 0) {
            return "closed";
        }
        return switch (answer[0]) {
            case 21 -> "alert " + answer[6];
            case 22 -> "serverhello";
            default -> "bytes " + new String(answer, ISO_8859_1);
        };
    }

    TlsClient tls(String host) {
        return proxy.client(host);
    }

    static String answer(RawClient client) throws IOException {
        try {
            ReceivedResponse response = client.readResponse("GET");
            return said(response.status(), response.value("x-egress-deny").orElse(""));
        } catch (SocketTimeoutException e) {
            return "silence";
        } catch (EOFException | SocketException | SSLException e) {
            return "closed";
        }
    }

    static String answer(H2Stream stream) throws IOException {
        try {
            ReceivedResponse response = stream.response();
            return said(response.status(), response.value("x-egress-deny").orElse(""));
        } catch (StreamResetException e) {
            return "reset " + e.code();
        } catch (SocketTimeoutException e) {
            return "silence";
        } catch (IOException e) {
            return "closed";
        }
    }

    private static String said(int status, String code) {
        return code.isEmpty() ? Integer.toString(status) : status + " " + code;
    }

    @Override
    public void close() throws IOException {
        proxy.close();
        h1.close();
        h2.close();
        plain.close();
    }
}
