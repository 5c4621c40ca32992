package egress.dlp.builtin.match;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.builtin.Fixture;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class LiteralIndexTest {
    private static final long SEED = 99;

    @Test
    void reportsEveryLiteralWhereverItStands() {
        Random random = new Random(SEED);
        for (int round = 0; round < 300; round++) {
            LiteralIndex index = new LiteralIndex();
            List<byte[]> literals = new ArrayList<>();
            for (int i = 0; i < 1 + random.nextInt(12); i++) {
                literals.add(drawn(random, 3 + random.nextInt(4)));
                index.add(literals.getLast());
            }
            index.freeze();
            byte[] text = drawn(random, random.nextInt(200));
            int from = text.length == 0 ? 0 : random.nextInt(text.length);
            int to = from + (text.length == from ? 0 : random.nextInt(text.length - from));
            List<String> hits = new ArrayList<>();
            index.scan(text, from, to, (b, at, literal) -> hits.add(at + ":" + literal));
            assertThat(hits).as("seed %d", SEED).containsExactlyInAnyOrderElementsOf(naive(literals, text, from, to));
        }
    }

    @Test
    void stopsWhenTold() {
        LiteralIndex index = new LiteralIndex();
        index.add(Fixture.latin("abc"));
        index.freeze();
        byte[] text = Fixture.latin("abc".repeat(50));
        List<Integer> hits = new ArrayList<>();
        index.scan(text, 0, text.length, (b, at, literal) -> {
            hits.add(at);
            return hits.size() < 3;
        });
        assertThat(hits).containsExactly(0, 3, 6);
    }

    private static List<String> naive(List<byte[]> literals, byte[] text, int from, int to) {
        List<String> out = new ArrayList<>();
        for (int at = from; at < to; at++) {
            for (int n = 0; n < literals.size(); n++) {
                byte[] literal = literals.get(n);
                boolean stands = at + literal.length <= to;
                for (int k = 0; stands && k < literal.length; k++) {
                    stands = text[at + k] == literal[k];
                }
                if (stands) {
                    out.add(at + ":" + n);
                }
            }
        }
        return out;
    }

    private static byte[] drawn(Random random, int n) {
        byte[] out = new byte[n];
        for (int i = 0; i < n; i++) {
            out[i] = (byte) (random.nextInt(3) * 90 + 40);
        }
        return out;
    }
}
