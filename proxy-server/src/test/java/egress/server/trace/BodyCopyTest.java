package egress.server.trace;

import static org.assertj.core.api.Assertions.assertThat;

import egress.share.Caller;
import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BodyCopyTest {
    private final FairBudget budget = new FairBudget(1 << 20);
    private final FairBudget.Lease lease = budget.lease(new Claimant(new Caller("a"), 0), FairBudget.Reclaim.NEVER);

    private static String text(int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; text.length() < length; i++) {
            text.append(i).append(',');
        }
        return text.substring(0, length);
    }

    private static void add(BodyCopy copy, String text, int piece) {
        for (int at = 0; at < text.length(); at += piece) {
            String part = text.substring(at, Math.min(text.length(), at + piece));
            copy.add(Unpooled.copiedBuffer(part, StandardCharsets.US_ASCII));
        }
    }

    private static String ascii(byte[] bytes) {
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    @ParameterizedTest
    @CsvSource({"0, 7", "99, 7", "100, 100", "100, 7", "140, 7", "149, 149", "150, 1", "150, 200"})
    void whatFitsIsWhole(int length, int piece) {
        BodyCopy copy = new BodyCopy(100, 50, lease);
        add(copy, text(length), piece);
        assertThat(ascii(copy.beginning())).isEqualTo(text(length));
        assertThat(copy.end()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"151, 7", "151, 151", "1000, 1", "1000, 33", "1000, 50", "1000, 51", "1000, 1000"})
    void ofMoreTheBeginningAndTheEndAreKept(int length, int piece) {
        BodyCopy copy = new BodyCopy(100, 50, lease);
        String text = text(length);
        add(copy, text, piece);
        assertThat(ascii(copy.beginning())).isEqualTo(text.substring(0, 100));
        assertThat(ascii(copy.end())).isEqualTo(text.substring(length - 50));
    }

    @Test
    void withoutAnEndTheBeginningAloneIsKept() {
        BodyCopy copy = new BodyCopy(100, 0, lease);
        add(copy, text(1_000), 33);
        assertThat(ascii(copy.beginning())).isEqualTo(text(100));
        assertThat(copy.end()).isEmpty();
    }

    @Test
    void whereThereIsNoMemoryLessIsKept() {
        FairBudget small = new FairBudget(8 * 1024);
        try (FairBudget.Lease little = small.lease(new Claimant(new Caller("a"), 0), FairBudget.Reclaim.NEVER)) {
            BodyCopy copy = new BodyCopy(1 << 20, 1 << 16, little);
            String text = text(100_000);
            add(copy, text, 1_000);
            assertThat(text).startsWith(ascii(copy.beginning()));
            assertThat(copy.beginning().length).isBetween(4_096, 8_192);
            assertThat(copy.end()).isEmpty();
            assertThat(small.statistics().used()).isLessThanOrEqualTo(8 * 1024);
        }
        assertThat(small.statistics().used()).isZero();
    }

    @Test
    void anyPiecesGiveTheSame() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            String text = text(random.nextInt(400));
            BodyCopy copy = new BodyCopy(100, 64, lease);
            int at = 0;
            while (at < text.length()) {
                int to = Math.min(text.length(), at + random.nextInt(130));
                copy.add(Unpooled.copiedBuffer(text.substring(at, to), StandardCharsets.US_ASCII));
                at = to;
            }
            boolean whole = text.length() <= 164;
            assertThat(ascii(copy.beginning())).as("seed " + seed).isEqualTo(whole ? text : text.substring(0, 100));
            assertThat(ascii(copy.end())).as("seed " + seed).isEqualTo(whole ? "" : text.substring(text.length() - 64));
        }
    }
}
