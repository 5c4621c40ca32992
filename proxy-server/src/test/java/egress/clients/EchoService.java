package egress.clients;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A gRPC service whose messages are bytes: each kind of call once, one that fails and one that never answers. */
final class EchoService implements ServerInterceptor {
    static final MethodDescriptor<byte[], byte[]> UNARY = method(MethodType.UNARY, "unary");
    static final MethodDescriptor<byte[], byte[]> SERVER_STREAM = method(MethodType.SERVER_STREAMING, "serverStream");
    static final MethodDescriptor<byte[], byte[]> CLIENT_STREAM = method(MethodType.CLIENT_STREAMING, "clientStream");
    static final MethodDescriptor<byte[], byte[]> BIDI = method(MethodType.BIDI_STREAMING, "bidi");
    static final MethodDescriptor<byte[], byte[]> FAILING = method(MethodType.UNARY, "failing");
    static final MethodDescriptor<byte[], byte[]> SILENT = method(MethodType.UNARY, "silent");

    static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    static final Metadata.Key<byte[]> DETAIL = Metadata.Key.of("detail-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private final BlockingQueue<String> begun = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> cancelled = new LinkedBlockingQueue<>();
    private volatile @Nullable String authorization;

    ServerServiceDefinition definition() {
        return ServerServiceDefinition.builder("echo.Echo")
                .addMethod(UNARY, ServerCalls.asyncUnaryCall(EchoService::echo))
                .addMethod(SERVER_STREAM, ServerCalls.asyncServerStreamingCall(EchoService::count))
                .addMethod(CLIENT_STREAM, ServerCalls.asyncClientStreamingCall(EchoService::measure))
                .addMethod(BIDI, ServerCalls.asyncBidiStreamingCall(EchoService::echoEach))
                .addMethod(FAILING, ServerCalls.asyncUnaryCall(EchoService::fail))
                .addMethod(SILENT, ServerCalls.asyncUnaryCall(this::keepSilent))
                .build();
    }

    private static MethodDescriptor<byte[], byte[]> method(MethodType type, String name) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(type)
                .setFullMethodName("echo.Echo/" + name)
                .setRequestMarshaller(new Bytes())
                .setResponseMarshaller(new Bytes())
                .build();
    }

    /** The credential of the last call. */
    @Nullable
    String authorization() {
        return authorization;
    }

    /** The message of the next call to {@link #SILENT} that began. */
    @Nullable
    String nextBegun() throws InterruptedException {
        return begun.poll(10, TimeUnit.SECONDS);
    }

    /** The message of the next call to {@link #SILENT} that its caller gave up. */
    @Nullable
    String nextCancelled() throws InterruptedException {
        return cancelled.poll(10, TimeUnit.SECONDS);
    }

    @Override
    public <A, B> ServerCall.Listener<A> interceptCall(
            ServerCall<A, B> call, Metadata headers, ServerCallHandler<A, B> next) {
        authorization = headers.get(AUTHORIZATION);
        return next.startCall(call, headers);
    }

    private static void echo(byte[] request, StreamObserver<byte[]> answers) {
        answers.onNext(request);
        answers.onCompleted();
    }

    private static void count(byte[] request, StreamObserver<byte[]> answers) {
        int count = Integer.parseInt(new String(request, StandardCharsets.UTF_8));
        for (int i = 0; i < count; i++) {
            answers.onNext(Integer.toString(i).getBytes(StandardCharsets.UTF_8));
        }
        answers.onCompleted();
    }

    private static StreamObserver<byte[]> measure(StreamObserver<byte[]> answers) {
        return new Requests(answers) {
            private long bytes;

            @Override
            public void onNext(byte[] value) {
                bytes += value.length;
            }

            @Override
            public void onCompleted() {
                answers.onNext(Long.toString(bytes).getBytes(StandardCharsets.UTF_8));
                answers.onCompleted();
            }
        };
    }

    private static StreamObserver<byte[]> echoEach(StreamObserver<byte[]> answers) {
        return new Requests(answers) {
            @Override
            public void onNext(byte[] value) {
                answers.onNext(value);
            }

            @Override
            public void onCompleted() {
                answers.onCompleted();
            }
        };
    }

    private static void fail(byte[] request, StreamObserver<byte[]> answers) {
        Metadata trailers = new Metadata();
        trailers.put(DETAIL, new byte[] {0, 1, (byte) 0xff});
        String words = new String(request, StandardCharsets.UTF_8) + ", 100% gone: ü";
        answers.onError(Status.RESOURCE_EXHAUSTED.withDescription(words).asRuntimeException(trailers));
    }

    private void keepSilent(byte[] request, StreamObserver<byte[]> answers) {
        String name = new String(request, StandardCharsets.UTF_8);
        ((ServerCallStreamObserver<byte[]>) answers).setOnCancelHandler(() -> cancelled.add(name));
        begun.add(name);
    }

    /** The caller's side of a stream; that it breaks off is its own business. */
    private abstract static class Requests implements StreamObserver<byte[]> {
        final StreamObserver<byte[]> answers;

        Requests(StreamObserver<byte[]> answers) {
            this.answers = answers;
        }

        @Override
        public void onError(Throwable error) {}
    }

    private record Bytes() implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
