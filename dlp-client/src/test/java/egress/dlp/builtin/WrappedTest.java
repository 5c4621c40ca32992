package egress.dlp.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.ScanVerdict;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Encoded text that is broken into lines of one width, as programs and people write it. */
final class WrappedTest {
    private static final List<Integer> WIDTHS = List.of(16, 17, 18, 19, 20, 21, 24, 30, 32, 40, 48, 57, 60, 64, 72, 76);
    private static final List<String> AROUND = List.of(
            "%s",
            "data=%s&x=1",
            "{\"text\":\"%s\"}",
            "{\"text\":\"here it is:\\n%s\\nthanks\"}",
            "{\"text\":\"{\\\"inner\\\":\\\"\\\\n%s\\\"}\"}",
            "name: key\nvalue: |\n  %s\n",
            "see below:\r\n\r\n%s\r\n\r\nbye");

    private final Fixture fixture = new Fixture();

    record Encoding(String name, UnaryOperator<String> write) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Arguments> encodingsAndBreaks() {
        List<Encoding> encodings = List.of(
                new Encoding("base64", Dress::base64),
                new Encoding(
                        "base64url",
                        v -> Base64.getUrlEncoder().withoutPadding().encodeToString(Dress.latin(v))),
                new Encoding("hex", v -> HexFormat.of().formatHex(Dress.latin(v))),
                new Encoding(
                        "upper hex",
                        v -> HexFormat.of().formatHex(Dress.latin(v)).toUpperCase(Locale.ROOT)));
        List<String> breaks = List.of(
                "\n", "\r\n", "\r", "\\n", "\\r\\n", "\\\\n", "\n    ", "\n\t", "\\n\\t", " \n", "\n> ", "\\n# ",
                "\\\n", "\\u000a");
        return encodings.stream().flatMap(e -> breaks.stream().map(b -> Arguments.of(e, b)));
    }

    @ParameterizedTest
    @MethodSource("encodingsAndBreaks")
    void findsWhatIsWrappedAtAnyWidth(Encoding encoding, String lineBreak) {
        for (String text : List.of("%s", "export TOKEN=%s # and what follows it\n")) {
            for (String around : AROUND) {
                for (int width : WIDTHS) {
                    String encoded = encoding.write().apply(text.replace("%s", fixture.token()));
                    String body = around.replace("%s", String.join(lineBreak, Dress.groups(encoded, width)));
                    assertThat(fixture.body(body))
                            .as("%d columns in %s: %s", width, around, body)
                            .isInstanceOf(ScanVerdict.Found.class);
                }
            }
        }
    }

    @Test
    void findsWhatADifferenceBetweenFilesAdds() {
        for (String mark : List.of("+", "-")) {
            for (int width : WIDTHS) {
                String lines = String.join(
                        "\n" + mark,
                        Dress.groups(Dress.base64("export TOKEN=" + fixture.token() + " # and more\n"), width));
                ScanVerdict verdict = fixture.body("@@ -1,3 +1,6 @@\n data:\n" + mark + lines + "\n end\n");
                assertThat(verdict).as("%s, %d columns", mark, width).isInstanceOf(ScanVerdict.Found.class);
            }
        }
    }
}
