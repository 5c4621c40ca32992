import egress.ca.Issuer;
import egress.ca.LeafCertificate;
import egress.ca.TrustStores;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Puts a gate under real load for some seconds and ends it, so that the JVM that runs it (with {@code -XX:AOTCacheOutput}) learns
 * which classes it loads and which methods are hot. Everything is on loopback; an answer that is not the expected one fails it.
 *
 * <p>Run from source: {@code java -cp egress-proxy.jar Training.java SECONDS COMMAND...}, where the command starts egress-proxy.
 */
public final class Training {
    private static final byte[] KIBIBYTE = "0123456789abcde\n".repeat(64).getBytes(StandardCharsets.US_ASCII);
    private static final int AT_ONCE = 16;
    private static final int ROUNDS_OF_A_CONNECTION = 6;

    /** Long, because the image of another platform is made by an emulator, which is ten times slower and more. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final List<String> PATIENT = List.of(
            "--head-timeout=5m", "--handshake-timeout=5m", "--queue-timeout=5m",
            "--connect-timeout=5m", "--origin-handshake-timeout=5m", "--dlp-timeout=5m");

    private Training() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2) {
            System.err.println("usage: java -cp egress-proxy.jar Training.java SECONDS COMMAND...");
            System.exit(2);
        }
        Duration length = Duration.ofSeconds(Integer.parseInt(arguments[0]));
        List<String> command = List.of(arguments).subList(1, arguments.length);
        Path directory = Files.createTempDirectory("egress-training");
        Issuer authority = Issuer.mint(InstantSource.system(), new SecureRandom());
        Path trust = Files.write(directory.resolve("origins.pem"), new TrustStores(authority.certificate()).pem());
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            int h2 = origin(loops, authority.issue("h2.example"), true);
            int h1 = origin(loops, authority.issue("h1.example"), false);
            Path routes = Files.writeString(directory.resolve("routes.yaml"), """
                    log: 2
                    routes:
                      - host: h2.example
                        auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}
                      - host: h1.example
                        git: {fetch: true}
                        matches:
                          - paths: [{type: prefix, value: /v1/}, {type: regex, value: "/v2/[a-z]+"}]
                            methods: [GET, POST]
                    """);
            List<String> all = new ArrayList<>(command);
            all.addAll(List.of("--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"));
            all.addAll(List.of("--ca", ca(directory).toString(), "--ca-cert-out", directory + "/ca.pem"));
            all.addAll(List.of("--routes", routes.toString(), "--upstream-ca", trust.toString()));
            all.addAll(PATIENT);
            all.addAll(List.of("--connect-to", "h2.example:443:127.0.0.1:" + h2));
            all.addAll(List.of("--connect-to", "h1.example:443:127.0.0.1:" + h1));
            run(all, directory, length);
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    /** The gate's own authority, in one file as bottles mount it. */
    private static Path ca(Path directory) throws Exception {
        Path keyStore = directory.resolve("ca.p12");
        Process keytool = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                        "-genkeypair", "-alias", "ca", "-keystore", keyStore.toString(), "-storepass", "changeit",
                        "-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2", "-dname", "CN=training",
                        "-ext", "bc:c=ca:true", "-ext", "ku:c=keyCertSign"))
                .inheritIO()
                .start();
        if (keytool.waitFor() != 0) {
            throw new IOException("keytool failed");
        }
        KeyStore store = KeyStore.getInstance(keyStore.toFile(), "changeit".toCharArray());
        byte[] key = store.getKey("ca", "changeit".toCharArray()).getEncoded();
        byte[] certificate = store.getCertificate("ca").getEncoded();
        return Files.writeString(
                directory.resolve("mitmproxy-ca.pem"), pem("PRIVATE KEY", key) + pem("CERTIFICATE", certificate));
    }

    private static String pem(String type, byte[] content) {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return "-----BEGIN " + type + "-----\n" + text + "\n-----END " + type + "-----\n";
    }

    /** Starts an HTTPS origin on loopback that answers everything; returns its port. */
    private static int origin(EventLoopGroup loops, LeafCertificate leaf, boolean h2) throws Exception {
        List<String> protocols = h2
                ? List.of(ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1)
                : List.of(ApplicationProtocolNames.HTTP_1_1);
        SslContext tls = SslContextBuilder.forServer(leaf.privateKey(), leaf.chain())
                .sslProvider(SslProvider.JDK)
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        protocols))
                .build();
        Channel listener = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        SslHandler handler = tls.newHandler(channel.alloc());
                        handler.setHandshakeTimeoutMillis(PATIENCE.toMillis());
                        channel.pipeline().addLast(handler, new Negotiation());
                    }
                })
                .bind("127.0.0.1", 0)
                .sync()
                .channel();
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    private static final class Negotiation extends ApplicationProtocolNegotiationHandler {
        Negotiation() {
            super(ApplicationProtocolNames.HTTP_1_1);
        }

        @Override
        protected void configurePipeline(ChannelHandlerContext ctx, String protocol) {
            ChannelPipeline pipeline = ctx.pipeline();
            if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
                pipeline.addLast(Http2FrameCodecBuilder.forServer().build());
                pipeline.addLast(new Http2MultiplexHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel stream) {
                        stream.pipeline()
                                .addLast(
                                        new Http2StreamFrameToHttpObjectCodec(true),
                                        new HttpObjectAggregator(1 << 20),
                                        new Answering());
                    }
                }));
            } else {
                pipeline.addLast(new HttpServerCodec(), new HttpObjectAggregator(1 << 20), new Answering());
            }
        }
    }

    private static final class Answering extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
            FullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.wrappedBuffer(KIBIBYTE));
            response.headers().set(HttpHeaderNames.CONTENT_LENGTH, KIBIBYTE.length);
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json");
            ctx.writeAndFlush(response);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }

    private static void run(List<String> command, Path directory, Duration length) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("EGRESS_TOKEN_0", "training-token-of-no-value");
        Process gate = builder.start();
        CompletableFuture<String> address = new CompletableFuture<>();
        AtomicInteger audits = new AtomicInteger();
        Thread reader = Thread.ofPlatform().start(() -> read(gate, address, audits));
        try {
            String listening = address.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            int port = Integer.parseInt(listening.substring(listening.lastIndexOf(':') + 1));
            Map<String, Integer> seen = load(port, directory.resolve("ca.pem"), length);
            System.out.println("training: " + seen);
            gate.destroy();
            if (!gate.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || gate.exitValue() != 0) {
                throw new IOException("the gate did not end well");
            }
            reader.join();
            System.out.println("training: " + audits + " audit lines");
        } finally {
            gate.destroyForcibly();
        }
    }

    private static void read(Process gate, CompletableFuture<String> address, AtomicInteger audits) {
        try (BufferedReader lines = gate.errorReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("{")) {
                    audits.incrementAndGet();
                } else {
                    System.out.println(line);
                }
                if (line.startsWith("egress: listening on ")) {
                    address.complete(line);
                }
            }
            address.completeExceptionally(new IOException("the gate ended before it listened"));
        } catch (IOException e) {
            address.completeExceptionally(e);
        }
    }

    /** What is asked, and the status that must come. */
    private record Question(String name, String uri, String body, int expected) {
        HttpRequest request() {
            HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(uri))
                    .timeout(PATIENCE)
                    .header("Authorization", "Bearer the-agents-own");
            return body.isEmpty()
                    ? builder.GET().build()
                    : builder.header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofString(body))
                            .build();
        }
    }

    private static List<Question> questions() {
        String json = "{\"messages\":[{\"role\":\"user\",\"content\":\"" + "a word and another ".repeat(48) + "\"}]}";
        // The shape of a token, and none: what the scanner must find.
        String secret = "{\"key\":\"ghp_" + "a1B2c3D4e5F6".repeat(3) + "\"}";
        return List.of(
                new Question("get", "https://h2.example/v1/things?x=1", "", 200),
                new Question("get", "https://h1.example/v1/things", "", 200),
                new Question("get", "https://h2.example/v1/things", "", 200),
                new Question("post", "https://h2.example/v1/messages", json, 200),
                new Question("post", "https://h1.example/v2/messages", json, 200),
                new Question("path", "https://h1.example/admin", "", 403),
                new Question("host", "https://other.example/", "", 403),
                new Question("plain", "http://other.example/", "", 403),
                new Question("push", "https://h1.example/v1/x.git/git-receive-pack", "x", 403),
                new Question("secret", "https://h2.example/v1/messages", secret, 403));
    }

    private static Map<String, Integer> load(int port, Path ca, Duration length) throws Exception {
        SSLContext tls = trusting(ca);
        ConcurrentMap<String, Integer> seen = new ConcurrentHashMap<>();
        long end = System.nanoTime() + length.toNanos();
        int connection = 0;
        do {
            HttpClient.Version version =
                    connection++ % 2 == 0 ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1;
            try (HttpClient client = HttpClient.newBuilder()
                    .version(version)
                    .proxy(ProxySelector.of(new InetSocketAddress("127.0.0.1", port)))
                    .sslContext(tls)
                    .build()) {
                for (int round = 0; round < ROUNDS_OF_A_CONNECTION; round++) {
                    round(client, seen);
                }
            }
            allowlist(port);
            seen.merge("allowlist", 1, Integer::sum);
        } while (connection < 2 || System.nanoTime() < end);
        return Map.copyOf(seen);
    }

    /** By hand: the JDK's client takes no underscore in a name. */
    private static void allowlist(int port) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.getOutputStream()
                    .write("GET http://_egress.local/allowlist HTTP/1.1\r\nHost: _egress.local\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!answer.startsWith("HTTP/1.1 200 ") || !answer.contains("h2.example")) {
                throw new IllegalStateException(answer);
            }
        }
    }

    private static void round(HttpClient client, ConcurrentMap<String, Integer> seen) {
        List<CompletableFuture<?>> running = new ArrayList<>();
        List<Question> questions = questions();
        // The first five are what an agent does all day.
        for (int i = 0; i < AT_ONCE * 2; i++) {
            running.add(ask(client, questions.get(i % 5), seen));
        }
        for (Question question : questions.subList(5, questions.size())) {
            running.add(ask(client, question, seen));
        }
        CompletableFuture.allOf(running.toArray(CompletableFuture<?>[]::new)).join();
    }

    private static CompletableFuture<?> ask(HttpClient client, Question question, ConcurrentMap<String, Integer> seen) {
        return client.sendAsync(question.request(), BodyHandlers.ofByteArray()).thenAccept(response -> {
            if (response.statusCode() != question.expected()) {
                throw new IllegalStateException(question + ": " + response.statusCode() + " "
                        + new String(response.body(), StandardCharsets.UTF_8));
            }
            seen.merge(question.name() + " " + response.version(), 1, Integer::sum);
        });
    }

    private static SSLContext trusting(Path ca) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (var in = Files.newInputStream(ca)) {
            Certificate certificate = CertificateFactory.getInstance("X.509").generateCertificate(in);
            store.setCertificateEntry("ca", certificate);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        return tls;
    }
}
