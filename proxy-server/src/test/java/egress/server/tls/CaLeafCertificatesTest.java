package egress.server.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.abuse.Row;
import egress.ca.Issuer;
import egress.ca.LeafCache;
import egress.ca.MintException;
import egress.exchange.LeafCertificates;
import egress.share.Claimant;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CaLeafCertificatesTest {
    private static final String V12 = "TLSv1.2";
    private static final String V13 = "TLSv1.3";

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    private final Issuer issuer = Issuer.mint(now::get, new SecureRandom());
    private final ThreadPoolExecutor mints = LeafCache.boundedExecutor(2, 1000);

    private CaLeafCertificates certificates = new CaLeafCertificates(new LeafCache(issuer, mints, now::get, 1000));
    private BumpServer server = new BumpServer(certificates);

    private BumpClient start(SslProvider provider, int cached, int pinned) throws Exception {
        stop();
        certificates = new CaLeafCertificates(new LeafCache(issuer, mints, now::get, cached), provider, pinned);
        server = new BumpServer(certificates);
        return new BumpClient(server, issuer);
    }

    @AfterEach
    void stop() {
        server.close();
        certificates.close();
    }

    @Test
    void servesByTheNativeLibraryWhereItLoads() {
        certificates.warmUp();
        assertThat(certificates.provider()).isEqualTo("BoringSSL");
        assertThat(new CaLeafCertificates(new LeafCache(issuer, mints, now::get, 1), SslProvider.JDK, 1).provider())
                .startsWith("the JDK's TLS");
    }

    @ParameterizedTest
    @CsvSource({
        // offered, negotiated: with nothing in common it is HTTP/1.1 without the extension, and never h2 unasked
        "OPENSSL_REFCNT, TLSv1.3, h2 http/1.1, h2",
        "OPENSSL_REFCNT, TLSv1.3, http/1.1 h2, h2",
        "OPENSSL_REFCNT, TLSv1.2, h2 http/1.1, h2",
        "OPENSSL_REFCNT, TLSv1.2, http/1.1, http/1.1",
        "OPENSSL_REFCNT, TLSv1.3, http/1.1, http/1.1",
        "OPENSSL_REFCNT, TLSv1.3, '', null",
        "OPENSSL_REFCNT, TLSv1.2, '', null",
        "OPENSSL_REFCNT, TLSv1.3, h3, null",
        "OPENSSL_REFCNT, TLSv1.2, http/1.0, null",
        "JDK, TLSv1.3, h2 http/1.1, h2",
        "JDK, TLSv1.3, http/1.1 h2, h2",
        "JDK, TLSv1.2, http/1.1, http/1.1",
        "JDK, TLSv1.3, '', null",
        "JDK, TLSv1.3, h3, null",
        "JDK, TLSv1.2, http/1.0, null",
    })
    void negotiatesTheApplicationProtocol(SslProvider provider, String version, String offered, String negotiated)
            throws Exception {
        BumpClient client = start(provider, 100, 100);
        String[] protocols = offered.isEmpty() ? new String[0] : offered.split(" ");
        BumpClient.Visit visit = client.visit("api.github.com", version, protocols);
        assertThat(visit.told()).isEqualTo(negotiated + " " + version);
        assertThat(visit.leaf().getSubjectX500Principal().getName()).isEqualTo("CN=api.github.com");
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENSSL_REFCNT", "JDK"})
    void presentsEveryNameItsOwnLeaf(SslProvider provider) throws Exception {
        BumpClient client = start(provider, 100, 100);
        String tooLongForASubject = "a".repeat(63) + ".b.example";
        for (String name : new String[] {"a.example", "b.example", tooLongForASubject, "127.0.0.1", "[::1]"}) {
            // The client checks the name, so a wrong leaf would end the handshake.
            assertThat(client.visit(name, V13).leaf().getSubjectAlternativeNames())
                    .hasSize(1);
            assertThat(client.visit(name, V12).told()).isEqualTo("null " + V12);
        }
        assertThat(server.failures).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENSSL_REFCNT", "JDK"})
    @Row("37.xa")
    void serves200NamesThroughCachesOfEightAndComesBackToTheFirst(SslProvider provider) throws Exception {
        BumpClient client = start(provider, 8, 8);
        Set<String> serials = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            serials.add(client.visit("n" + i + ".example", V13)
                    .leaf()
                    .getSerialNumber()
                    .toString());
        }
        assertThat(serials).hasSize(200);
        assertThat(serials.add(
                        client.visit("n0.example", V13).leaf().getSerialNumber().toString()))
                .as("an evicted leaf is minted anew")
                .isTrue();
    }

    @Test
    void keepsNativeKeyMaterialAcrossTheTurnoverOfItsCache() throws Exception {
        BumpClient client = start(SslProvider.OPENSSL_REFCNT, 1000, 8);
        client.visit("hot.example", V13);
        client.visit("hot.example", V13);
        assertThat(certificates.keysGiven())
                .as("the second visit parses nothing")
                .isEqualTo(1);
        for (int i = 0; i < 100; i++) {
            client.visit("n" + i + ".example", V13);
            client.visit("hot.example", V13);
        }
        assertThat(certificates.keysGiven())
                .as("hot leaves stay, others make room")
                .isEqualTo(101);
        // Had the native cache stopped taking new leaves when it was full, the last one would be parsed at each visit.
        client.visit("n99.example", V13);
        assertThat(certificates.keysGiven()).isEqualTo(101);
    }

    /** What is left open is counted after the class, and is the assertion. */
    @Test
    void freesLeavesThatManyHandshakesBroughtAtTheSameTime() throws Exception {
        BumpClient client = start(SslProvider.OPENSSL_REFCNT, 1000, 100);
        int callers = 4;
        try (ExecutorService threads = Executors.newFixedThreadPool(callers)) {
            CyclicBarrier together = new CyclicBarrier(callers);
            for (int round = 0; round < 300; round++) {
                String name = "n" + round + ".example";
                LeafCertificates.ServerTls leaf = certificates
                        .prepare(Claimant.SELF, name)
                        .toCompletableFuture()
                        .join();
                List<Future<Boolean>> all = new ArrayList<>();
                for (int i = 0; i < callers; i++) {
                    all.add(threads.submit(() -> {
                        SSLEngine engine = leaf.newEngine(UnpooledByteBufAllocator.DEFAULT);
                        SSLEngine caller = client.newEngine(name);
                        together.await(30, TimeUnit.SECONDS);
                        try {
                            handshake(caller, engine);
                        } finally {
                            ReferenceCountUtil.release(engine);
                        }
                        return true;
                    }));
                }
                for (Future<Boolean> each : all) {
                    assertThat(each.get()).isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENSSL_REFCNT", "JDK"})
    void servesTheRenewedLeafOnceThereIsOne(SslProvider provider) throws Exception {
        Instant start = now.get();
        now.set(start.minus(
                Duration.ofDays(40))); // the client's clock is the real one, and both leaves are valid by it
        Issuer older = Issuer.mint(now::get, new SecureRandom());
        stop();
        LeafCache cache = new LeafCache(older, mints, now::get, 100);
        certificates = new CaLeafCertificates(cache, provider, 100);
        server = new BumpServer(certificates);
        BumpClient client = new BumpClient(server, older);

        var first = client.visit("a.example", V13).leaf();
        assertThat(client.visit("a.example", V13).leaf()).isEqualTo(first);
        now.set(start);
        assertThat(client.visit("a.example", V13).leaf())
                .as("served while it is renewed")
                .isEqualTo(first);
        mints.shutdown();
        assertThat(mints.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        assertThat(cache.statistics().renewals()).isEqualTo(1);

        var second = client.visit("a.example", V13).leaf();
        assertThat(second.getSerialNumber()).isNotEqualTo(first.getSerialNumber());
        assertThat(second.getNotAfter()).isAfter(first.getNotAfter());
        assertThat(client.visit("a.example", V12).leaf()).isEqualTo(second);
    }

    @ParameterizedTest
    @CsvSource({
        "OPENSSL_REFCNT, 0301",
        "OPENSSL_REFCNT, 0302",
        "JDK, 0301",
        "JDK, 0302",
    })
    void refusesOlderVersionsWithAnAlert(SslProvider provider, String version) throws Exception {
        start(provider, 10, 10);
        try (Socket socket = server.connect("a.example")) {
            // ClientHello of that version at most: random, no session, ECDHE-ECDSA-AES128-SHA, no compression, no
            // extensions
            String body = version + "11".repeat(32) + "00" + "0002c009" + "0100";
            String handshake = "01" + String.format("%06x", body.length() / 2) + body;
            String hello = "160301" + String.format("%04x", handshake.length() / 2) + handshake;
            socket.getOutputStream().write(HexFormat.of().parseHex(hello));
            byte[] alert = socket.getInputStream().readNBytes(7);
            assertThat(HexFormat.of().formatHex(alert)).matches("1503..00020246"); // fatal, protocol_version
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    @Row("11.xc")
    void refusesRenegotiation() throws Exception {
        BumpClient client = start(SslProvider.OPENSSL_REFCNT, 10, 10);
        assertThat(renegotiate(client)).isInstanceOf(SSLException.class).hasMessageContaining("no_renegotiation");
    }

    private static Throwable renegotiate(BumpClient client) throws Exception {
        try (SSLSocket socket = client.open("a.example", new String[] {V12})) {
            BumpClient.talk(socket);
            try {
                BumpClient.talk(socket);
                return new AssertionError("renegotiated");
            } catch (IOException e) {
                return e;
            }
        }
    }

    /** Runs in a JVM of its own: the JDK reads the setting once, at its first use of TLS. */
    public static final class JdkRenegotiation {
        private JdkRenegotiation() {}

        public static void main(String[] arguments) throws Exception {
            Issuer issuer = Issuer.mint(Instant::now, new SecureRandom());
            try (ThreadPoolExecutor mints = LeafCache.boundedExecutor(1, 10);
                    CaLeafCertificates certificates = new CaLeafCertificates(
                            new LeafCache(issuer, mints, Instant::now, 10), SslProvider.JDK, 10)) {
                certificates.warmUp();
                try (BumpServer server = new BumpServer(certificates)) {
                    System.out.print(renegotiate(new BumpClient(server, issuer))
                            .getClass()
                            .getSimpleName());
                }
            }
        }
    }

    @Test
    void refusesRenegotiationByTheJdkToo() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        JdkRenegotiation.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(output).endsWith("Exception").doesNotContain("AssertionError");
    }

    @ParameterizedTest
    @CsvSource({"OPENSSL_REFCNT, TLSv1.3", "OPENSSL_REFCNT, TLSv1.2", "JDK, TLSv1.3"})
    void letsACallerComeBackToTheSameName(SslProvider provider, String version) throws Exception {
        BumpClient client = start(provider, 10, 10);
        for (int i = 0; i < 5; i++) {
            assertThat(client.visitAgain("a.example", version).told()).isEqualTo("null " + version);
            assertThat(client.visitAgain("b.example", version)
                            .leaf()
                            .getSubjectX500Principal()
                            .getName())
                    .isEqualTo("CN=b.example");
        }
        assertThat(server.failures).isEmpty();
    }

    @Test
    void failsThePreparationOfWhatCannotBeMinted() {
        assertThatThrownBy(() -> certificates
                        .prepare(Claimant.SELF, "*.example")
                        .toCompletableFuture()
                        .join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        MintException.class, e -> assertThat(e.reason()).isEqualTo(MintException.Reason.BAD_NAME));
        assertThatThrownBy(() -> server.connect("no such name")).isInstanceOf(IOException.class);
    }

    @Test
    @Row("37.xb")
    void failsAHandshakeWhoseLeafWasForgottenRatherThanServeAnother() throws Exception {
        BumpClient client = start(SslProvider.OPENSSL_REFCNT, 100, 1);
        LeafCertificates.ServerTls a = certificates
                .prepare(Claimant.SELF, "a.example")
                .toCompletableFuture()
                .join();
        LeafCertificates.ServerTls b = certificates
                .prepare(Claimant.SELF, "b.example")
                .toCompletableFuture()
                .join();
        SSLEngine early = a.newEngine(UnpooledByteBufAllocator.DEFAULT);
        SSLEngine late = b.newEngine(UnpooledByteBufAllocator.DEFAULT);
        try {
            assertThatThrownBy(() -> handshake(client.newEngine("a.example"), early))
                    .isInstanceOf(SSLException.class)
                    .hasMessageContaining("internal_error");
            handshake(client.newEngine("b.example"), late);
        } finally {
            ReferenceCountUtil.release(early);
            ReferenceCountUtil.release(late);
        }
    }

    /** Passes records to and fro in memory until both sides are done. */
    private static void handshake(SSLEngine client, SSLEngine server) throws SSLException {
        ByteBuffer toServer = ByteBuffer.allocate(1 << 16).flip();
        ByteBuffer toClient = ByteBuffer.allocate(1 << 16).flip();
        for (int i = 0; i < 100; i++) {
            step(client, toClient, toServer);
            step(server, toServer, toClient);
            if (client.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING
                    && server.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING) {
                return;
            }
        }
        throw new SSLException("the handshake did not end");
    }

    private static void step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
        ByteBuffer plain = ByteBuffer.allocate(1 << 16);
        engine.unwrap(in, plain);
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
        out.compact();
        while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP
                && engine.wrap(ByteBuffer.allocate(0), out).bytesProduced() > 0) {
            assertThat(out.hasRemaining()).isTrue();
        }
        out.flip();
    }

    @Test
    void keepsTheContextAliveUntilItsLastEngineIsGone() throws Exception {
        BumpClient client = start(SslProvider.OPENSSL_REFCNT, 10, 10);
        try (SSLSocket socket = client.open("a.example", new String[] {V13})) {
            BumpClient.talk(socket);
            certificates.close();
            certificates.close();
            socket.getOutputStream().write("still here\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readNBytes(11), StandardCharsets.US_ASCII))
                    .isEqualTo("still here\n");
        }
        assertThat(certificates.prepare(Claimant.SELF, "a.example").toCompletableFuture())
                .isCompletedExceptionally();
    }
}
