package egress.server;

import egress.ca.CaException;
import egress.ca.Issuer;
import egress.ca.TrustStores;
import egress.exchange.Event;
import egress.exchange.Observer;
import egress.server.cli.CommandLineFactory;
import egress.server.config.Settings;
import egress.server.log.LogEvent.Facts;
import egress.server.log.Notices;
import egress.server.log.Streams;
import egress.server.routes.Reloader;
import egress.testkit.TestCa;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.Origin;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The whole program inside a test: real flags, a real routes file, the wiring of {@code Main}, on free loopback ports and
 * with a CA of its own. Origins of the testkit are pinned by {@code --connect-to} and verified by {@code --upstream-ca}.
 *
 * <pre>{@code
 * try (ProxyUnderTest proxy = ProxyUnderTest.with()
 *         .routes("routes: [{host: api.example}]")
 *         .origin("api.example:443", origin)
 *         .trust(ca)
 *         .start()) { … RawClient.connect(proxy.address()) … }
 * }</pre>
 */
public final class ProxyUnderTest implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Path directory;
    private final ProxyProcess gate;
    private final Issuer issuer;
    private final Captured out;
    private final Captured err;
    private final Recorder recorder;

    private ProxyUnderTest(
            Path directory, ProxyProcess gate, Issuer issuer, Captured out, Captured err, Recorder recorder) {
        this.directory = directory;
        this.gate = gate;
        this.issuer = issuer;
        this.out = out;
        this.err = err;
        this.recorder = recorder;
    }

    /** A proxy to be described. */
    public static Builder with() {
        return new Builder();
    }

    /** What a test chooses; flags are the program's own. */
    public static final class Builder {
        private final List<String> flags = new ArrayList<>();
        private final Map<String, String> environment = new LinkedHashMap<>();
        private final List<TestCa> trusted = new ArrayList<>();
        private @Nullable String routes;
        private InstantSource clock = InstantSource.system();

        /** The gate's clock once it has its CA; the system's otherwise. */
        public Builder clock(InstantSource value) {
            clock = value;
            return this;
        }

        /** The content of the routes file; without any it is the debugging proxy. */
        public Builder routes(String yaml) {
            routes = yaml;
            return this;
        }

        /** Further flags, as typed. */
        public Builder flags(String... more) {
            flags.addAll(List.of(more));
            return this;
        }

        /** A variable of the program's environment, which is empty otherwise. */
        public Builder environment(String name, String value) {
            environment.put(name, value);
            return this;
        }

        /** Leads what is for {@code host:port} to an origin on loopback. */
        public Builder origin(String authority, Origin origin) {
            return pin(authority, origin.port());
        }

        /** Leads what is for {@code host:port} to a port of loopback. */
        public Builder pin(String authority, int port) {
            return flags("--connect-to", authority + ":127.0.0.1:" + port);
        }

        /** Lets origins prove themselves by this authority. */
        public Builder trust(TestCa authority) {
            trusted.add(authority);
            return this;
        }

        /** Starts it; it listens when this returns. */
        public ProxyUnderTest start() throws IOException {
            Path directory = Files.createTempDirectory("egress-test");
            List<String> arguments = new ArrayList<>(List.of("--ca-ephemeral"));
            for (String flag : List.of("--listen", "--admin")) {
                if (!flags.contains(flag)) {
                    arguments.addAll(List.of(flag, "127.0.0.1:0"));
                }
            }
            if (routes != null) {
                Path file = Files.writeString(directory.resolve("routes.yaml"), routes);
                arguments.addAll(List.of("--routes", file.toString()));
            }
            for (int i = 0; i < trusted.size(); i++) {
                Path pem = trusted.get(i).writePem(directory.resolve("trusted-" + i + ".pem"));
                arguments.addAll(List.of("--upstream-ca", pem.toString()));
            }
            arguments.addAll(flags);
            return start(directory, arguments);
        }

        private ProxyUnderTest start(Path directory, List<String> arguments) throws IOException {
            Captured out = new Captured();
            Captured err = new Captured();
            Notices notices = new Notices(err);
            AtomicReference<Settings> parsed = new AtomicReference<>();
            int status = CommandLineFactory.of(
                            environment,
                            (settings, ca) -> {
                                parsed.set(settings);
                                return 0;
                            },
                            notices)
                    .execute(arguments.toArray(String[]::new));
            Settings settings = parsed.get();
            if (status != 0 || settings == null) {
                throw new IllegalArgumentException("flags " + arguments + ": " + err.text());
            }
            Issuer issuer = Issuer.mint(clock, new SecureRandom());
            Files.write(directory.resolve("ca.pem"), new TrustStores(issuer.certificate()).pem());
            Recorder recorder = new Recorder();
            try {
                ProxyProcess gate =
                        Wiring.start(settings, () -> issuer, new Streams(out, err, false), notices, clock, recorder);
                return new ProxyUnderTest(directory, gate, issuer, out, err, recorder);
            } catch (CaException e) {
                throw new IOException(e);
            }
        }
    }

    /** Where callers connect. */
    public InetSocketAddress address() {
        return gate.address();
    }

    /** The port of {@link #address}. */
    public int port() {
        return gate.address().getPort();
    }

    /** Where probes are answered (the {@code --admin} listener). */
    public InetSocketAddress admin() {
        return gate.adminAddresses().getFirst();
    }

    /** The certificate that clients must trust, in PEM. */
    public Path caFile() {
        return directory.resolve("ca.pem");
    }

    /** A client that trusts the proxy alone and asks for this name. */
    public TlsClient client(String name) {
        return TlsClient.of(name, issuer.certificate());
    }

    /** The certificate that clients must trust. */
    public X509Certificate ca() {
        return issuer.certificate();
    }

    /** A connection to the proxy, on which nothing was sent. */
    public RawClient connect() throws IOException {
        return RawClient.connect(address());
    }

    /** A connection through a CONNECT and TLS to an authority, on which h1 is spoken. */
    public RawClient connect(String authority) throws IOException {
        String name = authority.substring(0, authority.lastIndexOf(':'));
        return connect().tunnel(authority).tls(client(name).alpn("http/1.1"));
    }

    /** The running program, for what only its own package asks. */
    public ProxyProcess gate() {
        return gate;
    }

    /** The routes file. */
    public Path routesFile() {
        return directory.resolve("routes.yaml");
    }

    /** Writes the routes anew, reloads them as SIGHUP does, and waits until they hold. */
    public void reload(String yaml) throws IOException, InterruptedException {
        Files.writeString(routesFile(), yaml);
        Reloader reloader = gate.reloader().orElseThrow();
        long before = reloader.successes();
        gate.reload();
        await("a reload that holds", () -> reloader.successes() > before);
    }

    /** The same with routes that are wrong: waits until they were refused. */
    public void reloadInVain(String yaml) throws IOException, InterruptedException {
        Files.writeString(routesFile(), yaml);
        reloadInVain();
    }

    /** Reloads the routes file as it now lies there, which must be refused. */
    public void reloadInVain() throws InterruptedException {
        Reloader reloader = gate.reloader().orElseThrow();
        long before = reloader.failures();
        gate.reload();
        await("a reload that fails", () -> reloader.failures() > before);
    }

    /** What was printed of exchanges so far, in lines. */
    public List<String> out() {
        return out.lines();
    }

    /** What the program said of itself, and its audit lines. */
    public List<String> err() {
        return err.lines();
    }

    /** Waits for a line of standard output that contains the text, and returns it. */
    public String awaitOut(String text) throws InterruptedException {
        return awaitLine(out, text);
    }

    /** Waits for a line of standard error that contains the text, and returns it. */
    public String awaitErr(String text) throws InterruptedException {
        return awaitLine(err, text);
    }

    /** Waits until so many exchanges have ended, and returns what was recorded of all of them. */
    public List<Facts> awaitExchanges(int count) throws InterruptedException {
        await(count + " exchanges", () -> recorder.ended().size() >= count);
        return recorder.ended();
    }

    /**
     * An exchange as the gate saw it.
     *
     * @param allowed whether policy let it go on to an origin
     * @param requestBytes of its body
     * @param whole whether it ended without a failure
     */
    public record Seen(
            String method,
            String host,
            String target,
            boolean allowed,
            long requestBytes,
            long responseBytes,
            int status,
            boolean whole) {
        private static Seen of(Facts facts) {
            return new Seen(
                    facts.method(),
                    facts.authority().toHostField(facts.tls()),
                    facts.target(),
                    facts.phases().verdict() >= 0,
                    facts.requestBytes(),
                    facts.responseBytes(),
                    facts.status(),
                    facts.failure() == null);
        }
    }

    /** Every exchange that has ended, in that order. */
    public List<Seen> ended() {
        return recorder.ended().stream().map(Seen::of).toList();
    }

    private static String awaitLine(Captured captured, String text) throws InterruptedException {
        await("a line with \"" + text + "\" in\n" + captured.text(), () -> captured.find(text) != null);
        String line = captured.find(text);
        if (line == null) {
            throw new AssertionError("the line is gone");
        }
        return line;
    }

    /** Waits for something that no event tells of. */
    public static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("did not come in time: " + what);
            }
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    /** Ends it, and everything that is open. */
    @Override
    public void close() throws IOException {
        gate.close();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Copies of all records. */
    private static final class Recorder implements Observer {
        private final List<Facts> ended = new ArrayList<>();

        @Override
        public void on(Event event) {
            switch (event) {
                case Event.Ended over -> add(Facts.of(over.exchange(), System.currentTimeMillis(), true));
                case Event.ConnectionOpened _, Event.ConnectionClosed _, Event.ConnectionRefused _ -> {}
                case Event.ClientHelloRead _, Event.HandshakeDone _, Event.HandshakeFailed _ -> {}
                case Event.TunnelEnded _, Event.Started _, Event.Allowed _, Event.Found _ -> {}
                case Event.RequestPart _, Event.ResponseHead _, Event.ResponsePart _ -> {}
            }
        }

        private synchronized void add(Facts facts) {
            ended.add(facts);
        }

        synchronized List<Facts> ended() {
            return List.copyOf(ended);
        }
    }

    /** A stream that can be read while it is written. */
    public static final class Captured extends OutputStream {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public synchronized void write(int b) {
            bytes.write(b);
        }

        @Override
        public synchronized void write(byte[] all, int from, int length) {
            bytes.write(all, from, length);
        }

        public synchronized String text() {
            return bytes.toString(StandardCharsets.UTF_8);
        }

        public List<String> lines() {
            return text().lines().toList();
        }

        @Nullable
        public String find(String part) {
            return lines().stream()
                    .filter(line -> line.contains(part))
                    .findFirst()
                    .orElse(null);
        }
    }
}
