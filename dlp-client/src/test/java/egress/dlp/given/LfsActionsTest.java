package egress.dlp.given;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LfsActionsTest {
    private static final String ACTION =
            "{\"href\":\"https://a.example/1\",\"header\":{\"Authorization\":\"Basic x\"}}";

    /** Cut in two at each byte. */
    private static List<String> found(String json) {
        List<String> out = new ArrayList<>();
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        for (int cut = 0; cut <= bytes.length; cut++) {
            List<String> each = new ArrayList<>();
            LfsActions actions = new LfsActions((href, authorization) -> each.add(href + ' ' + authorization));
            actions.feed(bytes, 0, cut);
            actions.feed(bytes, cut, bytes.length);
            if (cut == 0) {
                out.addAll(each);
            }
            assertThat(each).as("cut at %d", cut).isEqualTo(out);
        }
        return out;
    }

    @Test
    void findsTheActionsOfABatch() {
        String json =
                "{\"transfer\":\"basic\",\"objects\":[{\"oid\":\"1\",\"size\":3,\"authenticated\":true,\"actions\":{\"download\":"
                        + ACTION.replace("}}", ",\"X-Other\":\"y\"},\"expires_in\":300}")
                        + "}}, {\"oid\":\"2\", \"actions\" : { \"upload\": {\"header\": {\"authorization\": \"B \\u0062\\/\"}, \"href\": "
                        + "\"https:\\/\\/b.example\\/2?x=1\\u0026y=\\\"2\"}, \"verify\":{\"href\":\"https://c.example/3\"}}}]}";
        assertThat(found(json)).containsExactly("https://a.example/1 Basic x", "https://b.example/2?x=1&y=\"2 B b/");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "the field beside its header     | {\"href\":\"https://a.example/1\",\"Authorization\":\"Basic x\"}",
                "in another object               | {\"href\":\"https://a.example/1\",\"headers\":{\"Authorization\":\"x\"}}",
                "an object further in            | {\"href\":\"https://a.example/1\",\"header\":{\"a\":{\"Authorization\":\"x\"}}}",
                "an object further out           | {\"header\":{\"Authorization\":\"x\"},\"a\":{\"href\":\"https://a.example/1\"}}",
                "in a list                       | {\"href\":\"https://a.example/1\",\"header\":[\"Authorization\",\"x\"]}",
                "no string                       | {\"href\":\"https://a.example/1\",\"header\":{\"Authorization\":7}}",
                "a string in a string            | {\"note\":\"{\\\"href\\\":\\\"https://a.example/1\\\",\\\"header\\\":{\\\"Authorization\\\":\\\"x\\\"}}\"}",
                "a line break in it              | {\"href\":\"https://a.example/1\",\"header\":{\"Authorization\":\"x\\ny\"}}",
                "another script                  | {\"href\":\"https://a.example/1\",\"header\":{\"Authorization\":\"x\\u0416\"}}",
                "more ends than beginnings       | }}{\"href\":\"https://a.example/1\",\"header\":{\"Authorization\":\"x\"}}",
                "nothing                         | \"\"",
            })
    void findsNothingElse(String what, String json) {
        assertThat(found('[' + json + ']')).as(what).isEmpty();
    }

    @Test
    void whatIsTooLongOrTooDeepIsNotFound() {
        assertThat(found('[' + ACTION.replace("Basic x", "x".repeat(4096)))).hasSize(1);
        assertThat(found('[' + ACTION.replace("Basic x", "x".repeat(4097)))).isEmpty();
        assertThat(found("[".repeat(14) + ACTION)).hasSize(1);
        assertThat(found("[".repeat(15) + ACTION)).isEmpty();
    }
}
