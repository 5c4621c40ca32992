package egress.dlp.builtin.kind;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class WordListsTest {
    private static final long SEED = 14;

    /** Where they differ, the right table is written beside the classes: copy it over the resource. */
    @Test
    void theTableOfBitsIsThatOfTheLists() throws IOException {
        byte[] bits = new byte[WordLists.BITS / Byte.SIZE];
        for (byte[] word : latinWords()) {
            for (int bit : WordLists.bitsOf(WordLists.latin(word, 0, word.length))) {
                bits[bit >>> 3] |= (byte) (1 << (bit & 7));
            }
        }
        byte[] shipped = resource(WordLists.BITS_NAME);
        if (!Arrays.equals(shipped, bits)) {
            Files.write(Path.of("target", "bip39.bits"), bits);
        }
        assertThat(shipped).as("target/bip39.bits is right").isEqualTo(bits);
    }

    @Test
    void everyWordMayBeOneAndIsOfItsList() throws IOException {
        List<byte[]> words = latinWords();
        assertThat(words).hasSizeGreaterThan(WordLists.WORDS * 4);
        for (byte[] word : words) {
            long key = WordLists.latin(word, 0, word.length);
            assertThat(WordLists.mayBe(key)).isTrue();
            assertThat(WordLists.languages(key)).isNotZero();
        }
    }

    @Test
    void fewOtherWordsMayBeOne() {
        Random random = new Random(SEED);
        int hits = 0;
        for (int i = 0; i < 10_000; i++) {
            byte[] word = new byte[3 + random.nextInt(6)];
            for (int k = 0; k < word.length; k++) {
                word[k] = (byte) ('a' + random.nextInt(26));
            }
            hits += WordLists.mayBe(WordLists.latin(word, 0, word.length)) ? 1 : 0;
        }
        assertThat(hits).as("seed %d", SEED).isLessThan(600);
    }

    private static List<byte[]> latinWords() throws IOException {
        List<byte[]> out = new ArrayList<>();
        for (String word : new String(resource("/egress/dlp/bip39.txt"), StandardCharsets.UTF_8).split("[ \\n]", -1)) {
            if (!word.isEmpty() && word.chars().allMatch(c -> c < 0x80)) {
                out.add(word.getBytes(StandardCharsets.US_ASCII));
            }
        }
        return out;
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = WordLists.class.getResourceAsStream(name)) {
            assertThat(in).as(name).isNotNull();
            return in.readAllBytes();
        }
    }
}
