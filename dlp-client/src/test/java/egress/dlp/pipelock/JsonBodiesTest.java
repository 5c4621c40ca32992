package egress.dlp.pipelock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.dlp.pipelock.JsonBodies.Shape;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class JsonBodiesTest {
    static Stream<Arguments> shapes() {
        return Stream.of(
                Arguments.of("{}", Shape.PLAIN),
                Arguments.of("[1,\"a\",null]", Shape.PLAIN),
                Arguments.of("[{\"a\":1},{\"a\":2},{\"b\":{\"a\":3}}]", Shape.PLAIN),
                Arguments.of("{\"a\":1,\"b\":2,\"a\":3}", Shape.HIDING),
                Arguments.of("[[{\"x\":{\"a\":1,\"\\u0061\":2}}]]", Shape.HIDING),
                Arguments.of("[".repeat(60) + "]".repeat(60), Shape.PLAIN),
                Arguments.of("[".repeat(61) + "]".repeat(61), Shape.HIDING),
                Arguments.of("[".repeat(20_000) + "]".repeat(20_000), Shape.NOT_JSON),
                Arguments.of("{\"a\":1}\n{\"a\":2}\n", Shape.PLAIN),
                Arguments.of("{\"a\":", Shape.NOT_JSON),
                Arguments.of("{\"a\":1", Shape.NOT_JSON),
                Arguments.of("{a:1}", Shape.NOT_JSON),
                Arguments.of("\"text\"", Shape.NOT_JSON),
                Arguments.of("12", Shape.NOT_JSON),
                Arguments.of("", Shape.NOT_JSON),
                Arguments.of("hello", Shape.NOT_JSON),
                Arguments.of(manyKeys(100_001), Shape.HIDING));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void knowsWhatPipelockWouldLose(String body, Shape shape) throws Exception {
        assertThat(JsonBodies.shape(stream(body))).isEqualTo(shape);
    }

    @Test
    void flattensEveryKeyAndValue() throws Exception {
        String body = "{\"a\":\"x\",\"a\":[1.50,true,null,{\"é\":\"\\ud800\"}]}";
        String flat = new String(JsonBodies.strings(stream(body)).flat(), StandardCharsets.US_ASCII);
        assertThat(flat.replace("\\u00E9", "\\u00e9"))
                .isEqualTo("[\"a\",\"a\",\"\\u00e9\",\"x\",\"1.50\",\"true\",\"null\",\"\\uD800\"]");
    }

    @Test
    void holdsNoMoreStringsThanItMay() {
        String many =
                IntStream.range(0, 200_001).mapToObj(Integer::toString).collect(Collectors.joining(",", "[", "]"));
        assertThatThrownBy(() -> JsonBodies.strings(stream(many))).isInstanceOf(BodyRefusedException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "application/json, true",
        "Application/JSON; charset=utf-8, true",
        "application/vnd.api+json, true",
        "text/json, false",
        "text/plain, false",
        "application/jsonx, false"
    })
    void knowsUnderWhichTypesPipelockReadsJson(String type, boolean declared) {
        assertThat(JsonBodies.isDeclared(type)).isEqualTo(declared);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"{\"a\":1,\"a\":2}", "{\"a\":1} {\"b\":2}", "{\"a\":1}x", "{"})
    void takesNoAnswerThatCanBeReadTwoWays(String body) {
        assertThatThrownBy(() -> JsonBodies.answer(body)).isInstanceOf(IOException.class);
    }

    private static String manyKeys(int count) {
        return IntStream.range(0, count).mapToObj(i -> "\"" + i + "\":0").collect(Collectors.joining(",", "{", "}"));
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }
}
