package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.gate.Gate;
import egress.policy.Credential;
import egress.policy.Route;
import egress.server.CaLeaves;
import egress.testkit.Pattern251;
import egress.testkit.TestCa;
import egress.testkit.TestLeaf;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.Deadline;
import io.grpc.HttpConnectProxiedSocketAddress;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** grpc-java to grpc-java: every kind of call, with its deadline, its cancellation and its status in the trailers. */
class GrpcTest {
    private static final String HOST = "grpc.example";

    @TempDir
    static Path directory;

    private static final EchoService SERVICE = new EchoService();
    private static Server server;
    private static Gate gate;
    private static ManagedChannel channel;

    @BeforeAll
    static void start() throws IOException {
        TestCa origins = TestCa.create("origins");
        TestLeaf leaf = origins.leaf(HOST);
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0))
                .useTransportSecurity(
                        leaf.writeChain(directory.resolve("chain.pem")).toFile(),
                        leaf.writeKey(directory.resolve("key.pem")).toFile())
                .addService(SERVICE.definition())
                .intercept(SERVICE)
                .build()
                .start();
        gate = CaLeaves.gate()
                .trust(origins.writePem(directory.resolve("origins.pem")))
                .route(Route.named(HOST)
                        .credential(Credential.authorization("Bearer", "injected"))
                        .build())
                .pin(HOST, 443, server.getPort())
                .start();
        Path authority = Surroundings.writeAuthority(gate, directory.resolve("ca.pem"));
        InetSocketAddress proxy = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), gate.port());
        channel = NettyChannelBuilder.forAddress(HOST, 443)
                .sslContext(GrpcSslContexts.forClient()
                        .trustManager(authority.toFile())
                        .build())
                .proxyDetector(target -> HttpConnectProxiedSocketAddress.newBuilder()
                        .setTargetAddress(InetSocketAddress.createUnresolved(HOST, 443))
                        .setProxyAddress(proxy)
                        .build())
                .build();
    }

    @AfterAll
    static void stop() throws IOException, InterruptedException {
        channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        gate.close();
        server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static CallOptions inTime() {
        return CallOptions.DEFAULT.withDeadline(Deadline.after(20, TimeUnit.SECONDS));
    }

    @Test
    void callsOnceWithTheCredentialOfTheRoute() {
        Metadata agents = new Metadata();
        agents.put(EchoService.AUTHORIZATION, "Bearer agents-own");
        var intercepted = ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(agents));

        byte[] answer = ClientCalls.blockingUnaryCall(intercepted, EchoService.UNARY, inTime(), bytes("hello"));

        assertThat(text(answer)).isEqualTo("hello");
        assertThat(SERVICE.authorization()).isEqualTo("Bearer injected");
    }

    @Test
    void carriesAMessageLargerThanEveryWindow() {
        byte[] large = Pattern251.of(3 << 20);

        assertThat(ClientCalls.blockingUnaryCall(channel, EchoService.UNARY, inTime(), large))
                .isEqualTo(large);
    }

    @Test
    void streamsFromTheServer() {
        Iterator<byte[]> answers =
                ClientCalls.blockingServerStreamingCall(channel, EchoService.SERVER_STREAM, inTime(), bytes("500"));

        List<String> all = new ArrayList<>();
        answers.forEachRemaining(answer -> all.add(text(answer)));
        assertThat(all).hasSize(500).startsWith("0", "1").endsWith("499");
    }

    @Test
    void streamsFromTheClient() throws Exception {
        Answers answers = new Answers();
        StreamObserver<byte[]> requests =
                ClientCalls.asyncClientStreamingCall(channel.newCall(EchoService.CLIENT_STREAM, inTime()), answers);
        for (int i = 0; i < 200; i++) {
            requests.onNext(new byte[1000]);
        }
        requests.onCompleted();

        assertThat(answers.next()).isEqualTo("200000");
        assertThat(answers.status().getCode()).isEqualTo(Status.Code.OK);
    }

    @Test
    void talksBothWaysMessageByMessage() throws Exception {
        Answers answers = new Answers();
        StreamObserver<byte[]> requests =
                ClientCalls.asyncBidiStreamingCall(channel.newCall(EchoService.BIDI, inTime()), answers);
        for (int i = 0; i < 100; i++) {
            requests.onNext(bytes("message " + i));
            assertThat(answers.next()).isEqualTo("message " + i); // before the next is sent
        }
        requests.onCompleted();

        assertThat(answers.status().getCode()).isEqualTo(Status.Code.OK);
    }

    @Test
    void getsStatusMessageAndTrailersOfAFailure() {
        AtomicReference<Metadata> headers = new AtomicReference<>();
        AtomicReference<Metadata> trailers = new AtomicReference<>();
        var capturing =
                ClientInterceptors.intercept(channel, MetadataUtils.newCaptureMetadataInterceptor(headers, trailers));

        assertThatThrownBy(() ->
                        ClientCalls.blockingUnaryCall(capturing, EchoService.FAILING, inTime(), bytes("out of plums")))
                .isInstanceOfSatisfying(StatusRuntimeException.class, failure -> {
                    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
                    assertThat(failure.getStatus().getDescription()).isEqualTo("out of plums, 100% gone: ü");
                });
        assertThat(trailers.get().get(EchoService.DETAIL)).isEqualTo(new byte[] {0, 1, (byte) 0xff});
    }

    @Test
    void endsTheCallAtTheServerWhenItsDeadlinePasses() throws Exception {
        CallOptions soon = CallOptions.DEFAULT.withDeadline(Deadline.after(400, TimeUnit.MILLISECONDS));

        assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(channel, EchoService.SILENT, soon, bytes("deadline")))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        failure -> assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
        assertThat(SERVICE.nextBegun()).isEqualTo("deadline");
        assertThat(SERVICE.nextCancelled()).isEqualTo("deadline");
    }

    @Test
    void endsTheCallAtTheServerWhenTheClientCancels() throws Exception {
        Answers answers = new Answers();
        ClientCall<byte[], byte[]> call = channel.newCall(EchoService.SILENT, CallOptions.DEFAULT);
        ClientCalls.asyncUnaryCall(call, bytes("cancelled"), answers);
        assertThat(SERVICE.nextBegun()).isEqualTo("cancelled");

        call.cancel("no longer wanted", null);

        assertThat(answers.status().getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(SERVICE.nextCancelled()).isEqualTo("cancelled");
    }

    @Test
    void runsAHundredCallsAtATime() {
        List<CompletableFuture<byte[]>> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            CompletableFuture<byte[]> answer = new CompletableFuture<>();
            all.add(answer);
            ClientCalls.asyncUnaryCall(
                    channel.newCall(EchoService.UNARY, inTime()), bytes("call " + i), new StreamObserver<byte[]>() {
                        @Override
                        public void onNext(byte[] value) {
                            answer.complete(value);
                        }

                        @Override
                        public void onError(Throwable error) {
                            answer.completeExceptionally(error);
                        }

                        @Override
                        public void onCompleted() {}
                    });
        }

        for (int i = 0; i < 100; i++) {
            assertThat(text(all.get(i).join())).isEqualTo("call " + i);
        }
    }

    /** What came of a call, message by message, and how it ended. */
    private static final class Answers implements StreamObserver<byte[]> {
        private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
        private final CompletableFuture<Status> status = new CompletableFuture<>();

        String next() throws InterruptedException {
            String next = messages.poll(10, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("no message for ten seconds, status " + status);
            }
            return next;
        }

        Status status() throws Exception {
            return status.get(10, TimeUnit.SECONDS);
        }

        @Override
        public void onNext(byte[] value) {
            messages.add(text(value));
        }

        @Override
        public void onError(Throwable error) {
            status.complete(Status.fromThrowable(error));
        }

        @Override
        public void onCompleted() {
            status.complete(Status.OK);
        }
    }
}
