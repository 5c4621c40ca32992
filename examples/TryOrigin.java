import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * The origin of examples/try: HTTPS on an ephemeral loopback port. Prints the port, and for each request what a caller may not see:
 * the credential that arrived. Run from source: {@code java TryOrigin.java KEYSTORE PASSWORD}.
 */
public final class TryOrigin {
    private TryOrigin() {}

    public static void main(String[] args) throws Exception {
        if (args.length != 2) {
            System.err.println("usage: java TryOrigin.java KEYSTORE PASSWORD");
            System.exit(2);
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(Path.of(args[0]))) {
            store.load(in, args[1].toCharArray());
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, args[1].toCharArray());
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), null, null);

        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        server.createContext("/", TryOrigin::answer);
        server.start();
        System.out.println("listening on " + server.getAddress().getPort());
    }

    private static void answer(HttpExchange exchange) throws IOException {
        List<String> credentials = exchange.getRequestHeaders().getOrDefault("Authorization", List.of());
        System.out.println(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " authorization: "
                + (credentials.isEmpty() ? "none" : String.join(" and ", credentials)));
        byte[] body = "hello from the origin\n".getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(200, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }
}
