package egress.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
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
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
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
    private final FrameLog up = new FrameLog(true);
    private final FrameLog down = new FrameLog(false);

    /** The frames of one direction that are of streams, by their types. */
    private static final class FrameLog {
        private final H2FrameHeads heads;
        final List<Byte> types = new ArrayList<>();

        FrameLog(boolean client) {
            heads = new H2FrameHeads(client);
        }

        void see(ByteBuf bytes) {
            for (int at = heads.next(bytes, bytes.readerIndex()); at >= 0; at = heads.next(bytes, at)) {
                if (heads.stream() != 0 && heads.type() != Http2FrameTypes.WINDOW_UPDATE) {
                    types.add(heads.type());
                }
            }
        }
    }

    /** Hears of one stream. */
    private static final class Side implements H2Session.Listener, H2Stream.Receiver {
        @Nullable
        H2Stream stream;

        final List<String> heard = new ArrayList<>();
        final ByteArrayOutputStream content = new ByteArrayOutputStream();
        int bytes;
        int contents;
        boolean throwsWhenWritable;
        boolean resetsWhenUnsent;

        @Override
        public boolean onOpened(H2Stream opened) {
            stream = opened;
            opened.receiver(this, new H2ServerCodec(LIMITS));
            opened.read();
            return true;
        }

        @Override
        public void onPart(HttpObject part) {
            if (part instanceof HttpContent data) {
                byte[] read = new byte[data.content().readableBytes()];
                data.content().readBytes(read);
                content.writeBytes(read);
                bytes += read.length;
                contents++;
            }
            ReferenceCountUtil.release(part);
        }

        @Override
        public void onWritable() {
            if (throwsWhenWritable) {
                throw new IllegalStateException("made on purpose");
            }
        }

        @Override
        public void onUnsent(Throwable cause) {
            if (resetsWhenUnsent) {
                stream().reset(Http2Error.CANCEL);
            }
        }

        @Override
        public void onException(Throwable cause) {
            heard.add("exception " + cause.getMessage());
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
            ByteBuf asked = callers.readOutbound();
            ByteBuf answered = origins.readOutbound();
            if (asked != null) {
                up.see(asked);
                origins.writeInbound(asked);
            }
            if (answered != null) {
                down.see(answered);
                callers.writeInbound(answered);
            }
            quiet = asked == null && answered == null ? quiet + 1 : 0;
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
        assertThat(stream.unsentBytes()).isBetween(100_000L, 101_000L);
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

    private static HttpObject ok() {
        return new DefaultHttpResponse(H2ServerCodec.HTTP_2, HttpResponseStatus.OK, fields("x-a", "b"));
    }

    private static HttpObject data(byte... bytes) {
        return new DefaultHttpContent(Unpooled.wrappedBuffer(bytes));
    }

    @Test
    void dataThatWaitsIsGathered() {
        H2Stream stream = post();
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        for (int i = 0; i < 10_000; i++) {
            byte[] some = new byte[i % 500 == 499 ? 1_000 : 1];
            Arrays.fill(some, (byte) i);
            sent.writeBytes(some);
            stream.write(data(some));
            stream.flush();
            callers.runPendingTasks(); // one frame each
            if (i % 100 == 0) {
                pump();
            }
        }
        stream.write(LastHttpContent.EMPTY_LAST_CONTENT);
        stream.flush();
        pump();
        assertThat(server.content.size()).isZero();
        while (server.bytes < sent.size()) {
            int before = server.bytes;
            server.stream().read();
            pump();
            assertThat(server.bytes).isGreaterThan(before);
        }
        assertThat(server.content.toByteArray()).isEqualTo(sent.toByteArray());
        assertThat(server.contents).isLessThan(40);
        assertThat(stream.unsentBytes()).isZero();
    }

    /** Each of them is an object, a promise and perhaps a buffer that it was cut from. */
    @Test
    void smallPartsThatWaitForAWindowCountWhatTheyCost() {
        H2Stream stream = post();
        stream.write(data(new byte[65_535]));
        stream.flush();
        pump();
        assertThat(stream.isWritable()).isTrue();
        int parts = 0;
        for (; parts < 70_000 && stream.isWritable(); parts++) {
            stream.write(data((byte) parts));
        }
        assertThat(parts).isLessThan(1_000);
        for (int i = 0; i < 10; i++) {
            server.stream().read();
            pump();
        }
        assertThat(server.bytes).isEqualTo(65_535 + parts);
        byte[] read = server.content.toByteArray();
        for (int i = 0; i < parts; i++) {
            assertThat(read[65_535 + i]).isEqualTo((byte) i);
        }
        assertThat(stream.isWritable()).isTrue();
    }

    /** TLS does not tell the end of every read: nothing may wait for the next one. */
    @Test
    void whatIsReadIsAnsweredWhoeverTellsTheEndOfTheRead() {
        H2Stream stream = clientSession.newStream(new H2ClientCodec(LIMITS));
        stream.receiver(client);
        stream.write(new DefaultHttpRequest(H2ServerCodec.HTTP_2, HttpMethod.POST, "/", fields("host", "api.example")));
        stream.write(data((byte) 1));
        stream.flush();
        callers.runPendingTasks();
        for (ByteBuf asked = callers.readOutbound(); asked != null; asked = callers.readOutbound()) {
            origins.pipeline().fireChannelRead(asked); // and no channelReadComplete
        }
        origins.runPendingTasks();
        server.stream().write(ok());
        server.stream().flush();
        origins.runPendingTasks();
        ByteBuf answered = origins.readOutbound();
        assertThat(answered).isNotNull();
        answered.release();
        assertThat(server.bytes).isEqualTo(1);
    }

    /** RFC 9113 §5.4.2: whoever resets a stream must not send on it any more. */
    @Test
    void nothingFollowsAReset() {
        H2Stream stream = post();
        stream.write(data(new byte[1_000]));
        stream.reset(Http2Error.CANCEL);
        pump();
        assertThat(up.types).containsExactly(Http2FrameTypes.HEADERS, Http2FrameTypes.RST_STREAM);
        assertThat(stream.unsentBytes()).isZero();
        assertThat(client.heard).containsExactly("over");
    }

    /** What was said before a break is said, and the break comes last. */
    @Test
    void whatWasWrittenLeavesBeforeAResetWhereThatIsAskedFor() {
        post();
        H2Stream answers = server.stream();
        answers.write(ok());
        answers.write(data(new byte[1_000]));
        answers.writeUnsent();
        answers.reset(Http2Error.INTERNAL_ERROR);
        pump();
        assertThat(down.types)
                .containsExactly(Http2FrameTypes.HEADERS, Http2FrameTypes.DATA, Http2FrameTypes.RST_STREAM);
        assertThat(client.heard).containsExactly("reset 2");
        client.stream().abandon();
        pump();
        assertThat(client.heard).containsExactly("reset 2", "over");
    }

    /** RFC 9113 §5.4.2. */
    @Test
    void noResetAnswersAReset() {
        server.resetsWhenUnsent = true;
        H2Stream stream = post();
        H2Stream answers = server.stream();
        answers.write(ok());
        answers.write(data(new byte[100_000]));
        answers.flush();
        pump();
        assertThat(answers.unsentBytes()).isPositive();
        stream.reset(Http2Error.CANCEL);
        pump();
        assertThat(server.heard).containsExactly("reset 8", "over");
        assertThat(down.types).doesNotContain(Http2FrameTypes.RST_STREAM);
    }

    /** RFC 9113 §8.1: an answer may end before its request was read. */
    @Test
    void aRequestThatWaitsOutlivesItsAnswer() {
        H2Stream stream = post();
        stream.write(data(new byte[40_000]));
        stream.write(LastHttpContent.EMPTY_LAST_CONTENT);
        stream.flush();
        pump();
        server.stream().write(ok());
        server.stream().write(LastHttpContent.EMPTY_LAST_CONTENT);
        server.stream().flush();
        pump();
        assertThat(server.stream().isOpen()).isFalse();
        assertThat(server.heard).isEmpty();
        assertThat(serverSession.keptBytes()).isEqualTo(40_000);
        for (int i = 0; i < 3; i++) {
            server.stream().read();
            pump();
        }
        assertThat(server.bytes).isEqualTo(40_000);
        assertThat(server.heard).containsExactly("over");
        assertThat(serverSession.keptBytes()).isZero();
    }

    @Test
    void aRequestThatOutlivesItsAnswerEndsWithItsConnectionOrItsReader() {
        H2Stream stream = post();
        stream.write(data(new byte[40_000]));
        stream.write(LastHttpContent.EMPTY_LAST_CONTENT);
        stream.flush();
        pump();
        H2Stream first = server.stream();
        first.write(ok());
        first.write(LastHttpContent.EMPTY_LAST_CONTENT);
        first.flush();
        pump();
        H2Stream other = post();
        other.write(data(new byte[1_000]));
        other.write(LastHttpContent.EMPTY_LAST_CONTENT);
        other.flush();
        pump();
        H2Stream second = server.stream();
        second.write(ok());
        second.write(LastHttpContent.EMPTY_LAST_CONTENT);
        second.flush();
        pump();
        assertThat(serverSession.keptBytes()).isEqualTo(41_000);
        second.abandon();
        pump();
        assertThat(serverSession.keptBytes()).isEqualTo(40_000);
        assertThat(server.heard).containsExactly("over");
        origins.close();
        origins.runPendingTasks();
        assertThat(serverSession.keptBytes()).isZero();
        assertThat(server.heard).containsExactly("over", "over");
        assertThat(server.bytes).isZero();
    }

    /** Those that are closed count in no limit of streams; beyond so many the next is cut short. */
    @Test
    void requestsThatOutliveTheirAnswersAreBounded() {
        for (int i = 0; i < 300; i++) {
            H2Stream stream = post();
            stream.write(data((byte) i));
            stream.write(LastHttpContent.EMPTY_LAST_CONTENT);
            stream.flush();
            pump();
            server.stream().write(ok());
            server.stream().write(LastHttpContent.EMPTY_LAST_CONTENT);
            server.stream().flush();
            pump();
        }
        assertThat(serverSession.keptBytes()).isEqualTo(256);
        assertThat(server.heard).hasSize(44).containsOnly("over");
    }

    /** No window bounds them. */
    @Test
    void fieldSectionsThatWaitAreBounded() {
        post();
        for (int i = 0; i < 30; i++) {
            server.stream().write(new InterimResponse(HttpResponseStatus.EARLY_HINTS, fields("link", "x")));
        }
        server.stream().flush();
        pump();
        assertThat(client.heard).hasSize(2);
        assertThat(client.heard.getFirst()).contains("field sections that wait");
        assertThat(server.heard).containsExactly("reset 11", "over");
    }

    @Test
    void whatAReceiverThrowsWhereASendingEndsIsToldToIt() {
        client.throwsWhenWritable = true;
        H2Stream stream = post();
        stream.write(data(new byte[100_000]));
        stream.flush();
        pump();
        for (int i = 0; i < 10; i++) {
            server.stream().read();
            pump();
        }
        assertThat(server.bytes).isEqualTo(100_000);
        assertThat(client.heard).containsExactly("exception made on purpose");
    }
}
