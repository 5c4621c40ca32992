package egress.dlp.builtin.match;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

final class ByteClassesTest {
    private static final long SEED = 64;

    private final ByteClasses classes = new ByteClasses();

    @Test
    void saysOfEachOfTheNextBytesWhatTheTableSays() {
        byte[] table = CharTables.classTable();
        Random random = new Random(SEED);
        for (int round = 0; round < 2_000; round++) {
            byte[] b = new byte[random.nextInt(200)];
            random.nextBytes(b);
            int from = random.nextInt(b.length + 1);
            int to = from + random.nextInt(b.length - from + 1);
            classes.read(b, from, to);
            assertBits(classes.words(), b, from, to, c -> table[c] > 0);
            assertBits(classes.digits(), b, from, to, c -> table[c] == CharTables.DIGIT);
            assertBits(classes.capitals(), b, from, to, c -> table[c] == CharTables.UPPER);
            assertBits(classes.marks(), b, from, to, c -> table[c] < 0);
        }
    }

    private static void assertBits(long bits, byte[] b, int from, int to, IntPredicate expected) {
        for (int i = 0; i < ByteClasses.WIDTH; i++) {
            boolean here = from + i < to && expected.test(b[from + i] & 0xff);
            assertThat((bits >>> i & 1) == 1)
                    .as("byte %d of [%d, %d), seed %d", i, from, to, SEED)
                    .isEqualTo(here);
        }
    }
}
