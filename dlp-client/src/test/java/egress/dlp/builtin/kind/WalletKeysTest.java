package egress.dlp.builtin.kind;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.Detector;
import egress.dlp.Profile;
import egress.dlp.ScanOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys of wallets: members that were drawn, and what only looks like them. */
final class WalletKeysTest {
    private static final long SEED = 20_261_130L;
    private static final int DRAWS = 30;
    private static final Detector GROUP = Detector.WALLET_KEYS;

    private final Asked asked = new Asked();
    private final Random random = new Random(SEED);
    private final Drawn drawn = new Drawn(random);

    private static byte[] head(int... bytes) {
        byte[] out = new byte[bytes.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (byte) bytes[i];
        }
        return out;
    }

    private void isFound(String name, String value) {
        for (String body : List.of(
                value,
                "wif: " + value + "\n",
                "{\"key\":\"" + value + "\"}",
                "{\"text\":\"mine\\n" + value + "\\nthanks\"}",
                "a=b&key=" + value + "&c=d",
                "https://wallet.example/import/" + value + "?x=1",
                Base64.getEncoder().encodeToString(("my key is " + value + " ok").getBytes(StandardCharsets.UTF_8)))) {
            assertThat(asked.names(GROUP, body)).as(body).containsExactly(name);
        }
        assertThat(asked.outcome("key " + value, ScanOptions.defaults())).as(value).isEqualTo("blocks");
    }

    @Test
    void keysWithACheckValueAreFoundWherTheyStand() {
        for (int i = 0; i < DRAWS; i++) {
            isFound("wif_private_key", drawn.base58(head(0x80), 32));
            isFound("wif_private_key", drawn.base58(head(0x80), 32, (byte) 1));
            isFound("wif_private_key", drawn.base58(head(0xef), 32, (byte) 1));
            isFound("wif_private_key", drawn.base58(head(0xb0), 32, (byte) 1));
            isFound("bip38_private_key", drawn.base58(head(1, 0x42, 0xc0), 36));
            isFound("bip32_private_key", drawn.base58(head(4, 0x88, 0xad, 0xe4), 74));
        }
    }

    @Test
    void stellarsSeedsAreFound() {
        for (int i = 0; i < DRAWS; i++) {
            isFound("stellar_secret_seed", stellar());
        }
    }

    private String stellar() {
        byte[] all = new byte[35];
        System.arraycopy(drawn.bytes(32), 0, all, 1, 32);
        all[0] = (byte) (18 << 3);
        int crc = 0;
        for (int i = 0; i < 33; i++) {
            crc ^= (all[i] & 0xff) << 8;
            for (int k = 0; k < 8; k++) {
                crc = (crc & 0x8000) != 0 ? (crc << 1 ^ 0x1021) & 0xffff : crc << 1 & 0xffff;
            }
        }
        all[33] = (byte) crc;
        all[34] = (byte) (crc >> 8);
        java.math.BigInteger bits = new java.math.BigInteger(1, all);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < 56; i++) {
            out.append("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
                    .charAt(bits.shiftRight(5 * (55 - i)).intValue() & 31));
        }
        return out.toString();
    }

    @Test
    void aListOfKeysOfOneLengthIsFoundToItsEnd() {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            lines.append(drawn.base58(head(0x80), 32, (byte) 1)).append('\n');
        }
        assertThat(asked.findings(lines.toString(), ScanOptions.defaults())).hasSize(8);
    }

    @Test
    void whatHasNoRightCheckValuePasses() {
        String alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
        for (int i = 0; i < 200; i++) {
            for (String body : List.of(
                    "5" + drawn.of(alphabet, 50),
                    "K" + drawn.of(alphabet, 51),
                    "L" + drawn.of(alphabet, 51),
                    "Qm" + drawn.of(alphabet, 44),
                    "6P" + drawn.of(alphabet, 56),
                    "S" + drawn.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 55),
                    drawn.base58(head(0), 20),
                    drawn.base58(head(4, 0x88, 0xb2, 0x1e), 74),
                    drawn.hex(64),
                    drawn.hex(40),
                    "sha256:" + drawn.hex(64),
                    "0x" + drawn.hex(64),
                    "{\"transactionHash\":\"0x" + drawn.hex(64) + "\"}",
                    new UUID(random.nextLong(), random.nextLong()).toString(),
                    Base64.getEncoder().encodeToString(drawn.bytes(300)),
                    Base64.getMimeEncoder(52, new byte[] {'\n'}).encodeToString(drawn.bytes(300)))) {
                assertThat(asked.names(GROUP, body)).as(body).isEmpty();
            }
        }
    }

    @Test
    void whatDocumentationShowsOnlyWarns() {
        for (String body : List.of(
                "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
                "private_key = 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
                "test test test test test test test test test test test junk",
                "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about")) {
            assertThat(asked.outcome(body, ScanOptions.defaults())).as(body).isEqualTo("warns");
            assertThat(asked.outcome(body, ScanOptions.defaults().withProfile(Profile.STRICT)))
                    .as(body)
                    .isEqualTo("blocks");
        }
    }

    @Test
    void aRouteThatDoesNotListTheGroupLetsKeysPass() {
        String key = drawn.base58(head(0x80), 32);
        assertThat(asked.outcome(key, ScanOptions.listed(List.of(Detector.PAYMENT_DATA))))
                .isEqualTo("passes");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
    void seedPhrasesAreFoundInEachLanguage(int language) throws IOException {
        List<String> list = Drawn.wordLists().get(language);
        for (int i = 0; i < 50; i++) {
            List<String> words = drawn.phrase(list, 12 + 3 * (i % 5));
            String padded = "x".repeat(random.nextInt(50));
            StringBuilder numbered = new StringBuilder();
            for (int n = 0; n < words.size(); n++) {
                numbered.append(n + 1).append(". ").append(words.get(n)).append(n % 3 == 2 ? "\n" : "\t");
            }
            for (String body : List.of(
                    String.join(" ", words),
                    padded + " Here it is: " + String.join(" ", words) + ". Keep it.",
                    padded + "\n" + String.join("\n", words) + "\n",
                    padded + "{\"seed\":[\"" + String.join("\", \"", words) + "\"]}",
                    padded + "{\"text\":\"" + String.join("\\n", words) + "\"}",
                    padded + ": " + String.join(", ", words),
                    padded + ": " + String.join("\u3000", words),
                    padded + ":\n" + numbered,
                    "m=" + String.join("%20", words),
                    "m=" + String.join("+", words),
                    Normalizer.normalize(padded + " " + String.join(" ", words), Normalizer.Form.NFKD))) {
                assertThat(asked.names(GROUP, body)).as(body).contains("seed_phrase");
            }
            String body = padded + " " + String.join(" ", words);
            assertThat(asked.outcome(body, ScanOptions.defaults())).as(body).isEqualTo("warns");
            assertThat(asked.outcome(body, ScanOptions.listed(List.of(GROUP)))).as(body).isEqualTo("blocks");
            assertThat(asked.outcome(body, ScanOptions.defaults().withProfile(Profile.STRICT)))
                    .as(body)
                    .isEqualTo("blocks");
        }
    }

    @Test
    void phrasesWithAWrongCheckValueOrTooFewWordsPass() throws IOException {
        List<String> list = Drawn.wordLists().getFirst();
        for (int i = 0; i < 50; i++) {
            List<String> words = drawn.phrase(list, 24);
            String body = String.join(" ", words.subList(0, 11));
            assertThat(asked.names(GROUP, body)).as(body).isEmpty();
        }
    }

    @Test
    void theWordListsThemselvesPass() throws IOException {
        for (List<String> list : Drawn.wordLists()) {
            List<String> sorted = list.stream().sorted().toList();
            if (sorted.equals(list)) {
                assertThat(asked.names(GROUP, String.join("\n", list))).isEmpty();
                assertThat(asked.names(GROUP, "[\"" + String.join("\",\"", list) + "\"]")).isEmpty();
            }
        }
    }

    @Test
    void aLongTextOfListedWordsIsScannedToItsEnd() throws IOException {
        List<String> all = new java.util.ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.addAll(Drawn.wordLists().getFirst());
        }
        Collections.shuffle(all, random);
        assertThat(asked.outcome(String.join(" ", all), ScanOptions.defaults())).isEqualTo("warns");
    }
}
