package egress.dlp.given;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** URLs in JSON, however it escapes them and wherever it is cut. */
final class JsonLinksTest {
    private static List<String> found(byte[] json, int piece) {
        List<String> out = new ArrayList<>();
        JsonLinks links = new JsonLinks(out::add);
        for (int i = 0; i < json.length; i += piece) {
            links.feed(json, i, Math.min(json.length, i + piece));
        }
        return out;
    }

    private static List<String> found(String json) {
        return found(json.getBytes(StandardCharsets.UTF_8), Integer.MAX_VALUE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"href\":\"https://a.example/x?a=1&sig=2\"}|https://a.example/x?a=1&sig=2",
                "{\"href\":\"https:\\/\\/a.example\\/x?a=1\\u0026sig=2\\u003d\"}|https://a.example/x?a=1&sig=2=",
                "[\"\",\"https:x\",\"https\",\"https://b.example/\"]|https:x https://b.example/",
                "\"\"https://a.example\"|https://a.example",
                "\"see https://a.example/\"|``",
                "\"https://a.example/\\n\"|``",
                "\"https://a.example/\\u00e9\"|``",
                "\"https://a.example/\\u00zz\"|``",
                "\"see \\\"https://a.example/\\\" and \\\"https://b.example/\\\"\"|``",
                "[\"https://a.example/\\u0022\",\"https://a.example/\\u005c\",\"https://b.example/\"]|https://b.example/",
                "[\"https://a.example/\\n\\\"https://b.example/\",\"https://c.example/\"]|https://c.example/",
                "\"http://a.example/\"|``",
                "\"https://a.example/|``"
            })
    void areFound(String json, String expected) {
        assertThat(String.join(" ", found(json))).isEqualTo(expected);
    }

    @Test
    void aLongOneIsLeftOutAndTheNextIsFound() {
        String most = "https://a.example/" + "x".repeat(4096 - 18);
        assertThat(found("[\"" + most + "\"]")).containsExactly(most);
        assertThat(found("[\"" + most + "x\",\"https://b.example/\"]")).containsExactly("https://b.example/");
    }

    @Test
    void areFoundHoweverTheTextIsCut() {
        byte[] json = "{\"a\":\"\\\"\",\"b\":\"https:\\/\\/a.example\\/?x=\\u0026\",\"c\":[\"https://b.example/\"]}"
                .getBytes(StandardCharsets.UTF_8);
        for (int piece = 1; piece <= json.length; piece++) {
            assertThat(found(json, piece)).containsExactly("https://a.example/?x=&", "https://b.example/");
        }
    }

    @Test
    void anyBytesAreTaken() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] alphabet = "\"\\https:/u0026{}, ".getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 2000; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            for (int j = 0; j < bytes.length; j++) {
                bytes[j] = random.nextInt(4) == 0 ? (byte) random.nextInt() : alphabet[random.nextInt(alphabet.length)];
            }
            assertThat(found(bytes, 1 + random.nextInt(9))).as("seed " + seed).isEqualTo(found(bytes, 200));
        }
    }
}
