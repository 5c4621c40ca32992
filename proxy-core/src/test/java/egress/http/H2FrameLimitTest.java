package egress.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class H2FrameLimitTest {
    private static final int PREFACE = 24;
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int PING = 6;

    private final AtomicLong nanos = new AtomicLong();
    private final EmbeddedChannel channel = new EmbeddedChannel(H2FrameLimit.ofClient(nanos::get));

    private static byte[] frames(int count, int type, int flags, int length) {
        byte[] one = new byte[9 + length];
        one[1] = (byte) (length >> 8);
        one[2] = (byte) length;
        one[3] = (byte) type;
        one[4] = (byte) flags;
        byte[] all = new byte[count * one.length];
        for (int i = 0; i < count; i++) {
            System.arraycopy(one, 0, all, i * one.length, one.length);
        }
        return all;
    }

    private void read(byte[] bytes) {
        channel.writeInbound(Unpooled.wrappedBuffer(bytes));
        ByteBuf passed = channel.readInbound();
        if (passed != null) {
            passed.release();
        }
    }

    private void readPreface() {
        read(new byte[PREFACE]);
    }

    private void assertEnds(byte[] bytes) {
        assertThatThrownBy(() -> channel.writeInbound(Unpooled.wrappedBuffer(bytes)))
                .isInstanceOfSatisfying(
                        Http2Exception.class, e -> assertThat(e.error()).isEqualTo(Http2Error.ENHANCE_YOUR_CALM));
    }

    private void write(byte[] bytes) {
        channel.writeOutbound(Unpooled.wrappedBuffer(bytes));
        ((ByteBuf) channel.readOutbound()).release();
    }

    @ParameterizedTest(name = "type {0} with flags {1} of {2} bytes")
    @CsvSource({
        "0, 0, 0",
        "1, 4, 0",
        "2, 0, 5",
        "3, 0, 4",
        "4, 0, 6",
        "4, 1, 0",
        "6, 0, 8",
        "6, 1, 8",
        "7, 0, 8",
        "8, 0, 4",
        "9, 0, 0",
        "9, 4, 9",
        "10, 0, 3",
        "250, 0, 0"
    })
    void whatIsBesideTheBodiesMayComeSoManyTimesAndNotOnceMore(int type, int flags, int length) {
        readPreface();
        read(frames(H2FrameLimit.AT_ONCE, type, flags, length));
        channel.checkException();
        assertEnds(frames(1, type, flags, length));
    }

    @ParameterizedTest(name = "type {0} with flags {1} of {2} bytes")
    @CsvSource({"0, 0, 1", "0, 1, 0", "0, 1, 5", "0, 0, 9000"})
    void aBodyIsNotCounted(int type, int flags, int length) {
        readPreface();
        byte[] some = frames(100, type, flags, length); // not all at once: that is half a gigabyte
        for (int sent = 0; sent < 5 * H2FrameLimit.AT_ONCE; sent += 100) {
            read(some);
        }
        channel.checkException();
        assertThat(channel.finishAndReleaseAll()).isFalse();
    }

    @Test
    void framesAreFoundHoweverTheyAreCut() {
        readPreface();
        byte[] pings = frames(H2FrameLimit.AT_ONCE + 1, PING, 0, 8);
        int last = pings.length - 17;
        for (int at = 0, size = 1; at < last; at += size, size = size % 37 + 1) {
            byte[] piece = new byte[Math.min(size, last - at)];
            System.arraycopy(pings, at, piece, 0, piece.length);
            read(piece);
        }
        read(frames(3, DATA, 0, 1_000));
        channel.checkException();
        assertEnds(frames(1, PING, 0, 8));
    }

    @Test
    void timeAllowsForMoreAndNeverForMoreThanAtFirst() {
        readPreface();
        read(frames(H2FrameLimit.AT_ONCE, PING, 0, 8));
        nanos.addAndGet(Duration.ofSeconds(3).toNanos());
        read(frames(3 * H2FrameLimit.A_SECOND, PING, 0, 8));
        channel.checkException();
        nanos.addAndGet(Duration.ofDays(300).toNanos());
        read(frames(1, PING, 0, 8));
        channel.checkException();
        assertEnds(frames(2 * H2FrameLimit.AT_ONCE, PING, 0, 8));
    }

    @Test
    void whatIsWrittenGivesCauseForMore() {
        readPreface();
        read(frames(H2FrameLimit.AT_ONCE, PING, 0, 8));
        write(frames(1, DATA, 0, 10 * H2FrameLimit.WRITTEN_BYTES_A_FRAME));
        read(frames(10, PING, 0, 8));
        channel.checkException();
        assertEnds(frames(1, PING, 0, 8));
    }

    /** A request by the thousand, each with trailers, and each answered: with few bytes, and in no time. */
    @Test
    void whatIsAnsweredIsExplained() {
        readPreface();
        for (int i = 0; i < 4 * H2FrameLimit.AT_ONCE; i++) {
            read(frames(2, HEADERS, 4, 5));
            read(frames(1, PING, 0, 8));
            write(frames(1, HEADERS, 5, 1));
        }
        channel.checkException();
    }

    /** The answer to each is 17 bytes long: that must not pay for the next. */
    @Test
    void answeredPingsDoNotPayForThemselves() {
        readPreface();
        for (int i = 0; i < H2FrameLimit.AT_ONCE; i++) {
            read(frames(1, PING, 0, 8));
            write(frames(1, PING, 1, 8));
        }
        channel.checkException();
        assertEnds(frames(H2FrameLimit.AT_ONCE / 2, PING, 0, 8));
    }

    @Test
    void afterwardsNothingPasses() {
        readPreface();
        assertEnds(frames(H2FrameLimit.AT_ONCE + 1, PING, 0, 8));
        channel.writeInbound(Unpooled.wrappedBuffer(frames(1, HEADERS, 4, 20)));
        assertThat(channel.inboundMessages()).isEmpty();
    }
}
