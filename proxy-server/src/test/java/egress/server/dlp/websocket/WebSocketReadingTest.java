package egress.server.dlp.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.ByteBudget;
import egress.server.dlp.websocket.AgentFrames.Message;
import egress.server.dlp.websocket.AgentFrames.Violation;
import egress.testkit.wire.WebSocketFrame;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames in any pieces, and what was agreed on for them. */
class WebSocketReadingTest {
    private static final long MEMORY = 1 << 20;

    private final ByteBudget memory = new ByteBudget(MEMORY);

    private static byte[] payload(Message message) throws IOException {
        return AgentPayload.of(message).readAllBytes();
    }

    private static byte[] random(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void readsTheSameMessagesInWhateverPiecesTheyCome(long seed) throws IOException {
        Random random = new Random(seed);
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        List<byte[]> expected = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            int fragments = 1 + random.nextInt(4);
            ByteArrayOutputStream whole = new ByteArrayOutputStream();
            for (int j = 0; j < fragments; j++) {
                byte[] piece = random(random, random.nextInt(3) == 0 ? 70_000 : random.nextInt(300));
                whole.write(piece);
                int opcode = j == 0 ? WebSocketFrame.BINARY : WebSocketFrame.CONTINUATION;
                wire.write(new WebSocketFrame(j == fragments - 1, 0, opcode, true, piece).bytes());
                if (random.nextBoolean() && j < fragments - 1) {
                    byte[] ping = random(random, random.nextInt(126));
                    expected.add(ping);
                    wire.write(new WebSocketFrame(true, 0, WebSocketFrame.PING, true, ping).bytes());
                }
            }
            expected.add(whole.toByteArray());
        }
        AgentFrames frames = new AgentFrames(memory, 1 << 20, false, false);
        List<byte[]> read = new ArrayList<>();
        List<byte[]> passed = new ArrayList<>();
        byte[] all = wire.toByteArray();
        for (int at = 0; at < all.length; ) {
            int n = Math.min(all.length - at, 1 + random.nextInt(random.nextBoolean() ? 5 : 50_000));
            assertThat(read(frames, Arrays.copyOfRange(all, at, at + n), read, passed))
                    .as("seed %d", seed)
                    .isNull();
            at += n;
        }

        assertThat(read).usingElementComparator(Arrays::compare).containsExactlyElementsOf(expected);
        assertThat(passed.stream().mapToInt(each -> each.length).sum()).isEqualTo(all.length);
        frames.close();
        assertThat(memory.left()).isEqualTo(MEMORY);
    }

    private @Nullable Violation read(AgentFrames frames, byte[] bytes, List<byte[]> read, List<byte[]> passed) {
        return frames.read(Unpooled.wrappedBuffer(bytes), message -> {
            try {
                read.add(payload(message));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            passed.add(message.wire());
            memory.give(message.wire().length);
        });
    }

    @Test
    void givesBackWhatAnUnfinishedMessageTook() {
        AgentFrames frames = new AgentFrames(memory, 1 << 20, false, false);
        byte[] wire = new WebSocketFrame(true, 0, WebSocketFrame.TEXT, true, new byte[100_000]).bytes();
        assertThat(read(frames, Arrays.copyOf(wire, 60_000), new ArrayList<>(), new ArrayList<>()))
                .isNull();
        assertThat(memory.left()).isLessThan(MEMORY - 50_000);

        frames.close();

        assertThat(memory.left()).isEqualTo(MEMORY);
    }

    @Test
    void asksToTryAgainWhenMemoryIsSpent() {
        AgentFrames frames = new AgentFrames(new ByteBudget(50_000), 1 << 20, false, false);
        byte[] wire = new WebSocketFrame(true, 0, WebSocketFrame.TEXT, true, new byte[100_000]).bytes();

        Violation violation = read(frames, wire, new ArrayList<>(), new ArrayList<>());

        assertThat(violation).isNotNull().extracting(Violation::code).isEqualTo(AgentFrames.TRY_AGAIN);
    }

    @Test
    void boundsMessagesOfEmptyFragments() {
        AgentFrames frames = new AgentFrames(memory, 1 << 20, false, false);
        byte[] first = new WebSocketFrame(false, 0, WebSocketFrame.TEXT, true, new byte[0]).bytes();
        byte[] next = new WebSocketFrame(false, 0, WebSocketFrame.CONTINUATION, true, new byte[0]).bytes();
        Violation violation = read(frames, first, new ArrayList<>(), new ArrayList<>());
        for (int i = 0; i < 20_000 && violation == null; i++) {
            violation = read(frames, next, new ArrayList<>(), new ArrayList<>());
        }

        assertThat(violation).isNotNull().extracting(Violation::code).isEqualTo(AgentFrames.TOO_LARGE);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void knowsWhereTheOriginsFramesEnd(long seed) throws IOException {
        Random random = new Random(seed);
        for (int length : new int[] {0, 1, 125, 126, 70_000}) {
            byte[] frame = new WebSocketFrame(true, 0, WebSocketFrame.BINARY, false, random(random, length)).bytes();
            byte[] two = Arrays.copyOf(frame, frame.length + 10);
            ServerFrames frames = new ServerFrames();
            int cut = 1 + random.nextInt(frame.length - 1);

            frames.pass(Unpooled.wrappedBuffer(frame, 0, cut));

            assertThat(frames.isBetween()).isFalse();
            assertThat(frames.toEndOfFrame(Unpooled.wrappedBuffer(two, cut, two.length - cut)))
                    .as("seed %d, length %d, cut %d", seed, length, cut)
                    .isEqualTo(frame.length - cut);
            assertThat(frames.isBetween()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "none | true | false | false",
                "'' | true | false | false",
                "permessage-deflate | true | true | false",
                "Permessage-Deflate; server_no_context_takeover | true | true | false",
                "permessage-deflate; client_no_context_takeover | true | true | true",
                "permessage-deflate;client_no_context_takeover; client_max_window_bits=10 | true | true | true",
                "permessage-deflate; client_no_context_takeover; client_no_context_takeover | false | false | false",
                "permessage-deflate; other | false | false | false",
                "permessage-deflate, permessage-deflate | false | false | false",
                "x-webkit-deflate-frame | false | false | false",
                "permessage-deflate, x-other | false | false | false",
            })
    void readsWhatWasAgreedOn(@Nullable String value, boolean known, boolean compresses, boolean resets) {
        HttpHeaders fields = new DefaultHttpHeaders();
        if (value != null) {
            fields.add("Sec-WebSocket-Extensions", value);
        }

        assertThat(PerMessageDeflate.agreedIn(fields)).isEqualTo(new PerMessageDeflate(known, compresses, resets));
    }
}
