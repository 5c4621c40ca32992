package egress.server.dlp.body;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.ByteBudget;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Length-prefixed messages in any pieces. */
class SlicerTest {
    private static final long MEMORY = 4 << 20;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void cutsTheSameMessagesInWhateverPiecesTheyCome(long seed) throws IOException {
        Random random = new Random(seed);
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        List<byte[]> expected = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            byte[] payload = new byte[random.nextInt(4) == 0 ? 40_000 : random.nextInt(20)];
            random.nextBytes(payload);
            byte[] message = ByteBuffer.allocate(5 + payload.length)
                    .put((byte) 0)
                    .putInt(payload.length)
                    .put(payload)
                    .array();
            expected.add(message);
            wire.write(message);
        }
        ByteBudget memory = new ByteBudget(MEMORY);
        EnvelopeSlicer slicer = new EnvelopeSlicer(memory, 100_000, false, 1, Optional.empty());
        List<byte[]> cut = new ArrayList<>();
        byte[] all = wire.toByteArray();
        for (int at = 0; at < all.length; ) {
            int n = Math.min(all.length - at, 1 + random.nextInt(random.nextBoolean() ? 4 : 30_000));
            Optional<?> failure = slicer.put(Unpooled.wrappedBuffer(all, at, n), slice -> {
                assertThat(slice.ends()).isTrue();
                cut.add(slice.wire());
                memory.give(slice.wire().length);
            });
            assertThat(failure).as("seed %d", seed).isEmpty();
            at += n;
        }

        assertThat(cut).usingElementComparator(Arrays::compare).containsExactlyElementsOf(expected);
        assertThat(slicer.end(rest -> {
                    throw new AssertionError("something was left");
                }))
                .isEmpty();
        slicer.close();
        assertThat(memory.left()).isEqualTo(MEMORY);
    }
}
