package egress.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What h2 streams keep and drop, a session of each side against the other, without sockets. */
class H2SessionTest {
    private static final HeadLimits LIMITS = new HeadLimits(8192, 65_536, 128);

    private final Side server = new Side();
    private final Side client = new Side();
    private final H2Session serverSession = H2Session.ofClient(Http2Settings.defaultSettings(), 100, 30, server);
    private final H2Session clientSession =
            H2Session.ofServer(Http2Settings.defaultSettings().pushEnabled(false), 100, client);
    private final EmbeddedChannel callers = new EmbeddedChannel();
    private final EmbeddedChannel origins = new EmbeddedChannel();

    /** Hears of one stream. */
    private static final class Side implements H2Session.Listener, H2Stream.Receiver {
        @Nullable
        H2Stream stream;

        final List<String> heard = new ArrayList<>();
        int bytes;

        @Override
        public boolean onOpened(H2Stream opened) {
            stream = opened;
            opened.receiver(this, new H2ServerCodec(LIMITS));
            opened.read();
            return true;
        }

        @Override
        public void onPart(HttpObject part) {
            bytes += part instanceof HttpContent content ? content.content().readableBytes() : 0;
            ReferenceCountUtil.release(part);
        }

        @Override
        public void onReset(long errorCode) {
            heard.add("reset " + errorCode);
        }

        @Override
        public void onOver() {
            heard.add("over");
        }

        H2Stream stream() {
            H2Stream present = stream;
            if (present == null) {
                throw new AssertionError("no stream was opened");
            }
            return present;
        }
    }

    @BeforeEach
    void connect() {
        origins.pipeline().addLast(serverSession);
        callers.pipeline().addLast(clientSession);
        pump();
    }

    @AfterEach
    void close() {
        callers.finishAndReleaseAll();
        origins.finishAndReleaseAll();
    }

    /** Until neither has anything to say. */
    private void pump() {
        for (int quiet = 0; quiet < 2; ) {
            callers.runPendingTasks();
            origins.runPendingTasks();
            Object up = callers.readOutbound();
            Object down = origins.readOutbound();
            if (up != null) {
                origins.writeInbound(up);
            }
            if (down != null) {
                callers.writeInbound(down);
            }
            quiet = up == null && down == null ? quiet + 1 : 0;
        }
    }

    private static HttpHeaders fields(String name, String value) {
        return H1Fields.newFields().add(name, value);
    }

    private H2Stream post() {
        H2Stream stream = clientSession.newStream(new H2ClientCodec(LIMITS));
        stream.receiver(client);
        client.stream = stream;
        stream.write(new DefaultHttpRequest(H2ServerCodec.HTTP_2, HttpMethod.POST, "/", fields("host", "api.example")));
        stream.flush();
        pump();
        return stream;
    }

    private void send(H2Stream stream, int count) {
        for (int i = 0; i < count; i++) {
            stream.write(new DefaultHttpContent(Unpooled.wrappedBuffer(new byte[] {1})));
            stream.flush();
            pump();
        }
    }

    @Test
    void theWindowOpensByWhatIsReadAlone() {
        H2Stream stream = post();
        stream.write(new DefaultHttpContent(Unpooled.wrappedBuffer(new byte[100_000])));
        stream.flush();
        pump();
        assertThat(stream.unsentBytes()).isEqualTo(100_000);
        assertThat(stream.isWritable()).isFalse();
        for (int i = 0; i < 10; i++) {
            server.stream().read();
            pump();
        }
        assertThat(server.bytes).isEqualTo(100_000);
        assertThat(stream.unsentBytes()).isZero();
        assertThat(stream.isWritable()).isTrue();
    }

    @Test
    void whatWaitsIsDroppedWhenTheCallerResets() {
        H2Stream stream = post();
        send(stream, 3);
        stream.reset(Http2Error.CANCEL);
        pump();
        assertThat(server.heard).containsExactly("reset 8", "over");
        assertThat(client.heard).containsExactly("over");
        server.stream().read();
        assertThat(server.bytes).isZero();
    }

    @Test
    void whatWaitsIsDroppedWhenTheCallersConnectionCloses() {
        H2Stream stream = post();
        send(stream, 3);
        origins.close();
        origins.runPendingTasks();
        assertThat(server.heard).containsExactly("over");
        server.stream().read();
        assertThat(server.bytes).isZero();
    }

    @Test
    void aWholeAnswerIsReadAfterTheConnectionHasClosed() {
        H2Stream stream = post();
        stream.write(new DefaultLastHttpContent());
        H2Stream answers = server.stream();
        server.stream().read();
        pump();
        answers.write(new DefaultHttpResponse(H2ServerCodec.HTTP_2, HttpResponseStatus.OK, fields("x-a", "b")));
        answers.write(new DefaultHttpContent(Unpooled.wrappedBuffer(new byte[5])));
        answers.write(LastHttpContent.EMPTY_LAST_CONTENT);
        answers.flush();
        pump();
        assertThat(server.heard).containsExactly("over");
        callers.close();
        callers.runPendingTasks();
        assertThat(client.heard).isEmpty();
        stream.read();
        callers.runPendingTasks();
        assertThat(client.bytes).isEqualTo(5);
        assertThat(client.heard).containsExactly("over");
    }
}
