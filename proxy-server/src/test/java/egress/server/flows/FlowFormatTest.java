package egress.server.flows;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The line of a flow, written and read. */
class FlowFormatTest {
    @TempDir
    Path directory;

    private static byte[] line(Flow flow) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new FlowWriter().write(flow, out);
        return out.toByteArray();
    }

    private List<Flow> read(Path... files) throws IOException {
        List<Flow> flows = new ArrayList<>();
        try (FlowReader reader = FlowReader.read(files)) {
            reader.forEach(flows::add);
        }
        return flows;
    }

    @Test
    void whatIsWrittenIsReadAsItWas() throws Exception {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        List<Flow> flows = new ArrayList<>();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < 500; i++) {
            Flow flow = Flows.random(random);
            flows.add(flow);
            all.write(line(flow));
        }
        Path file = Files.write(directory.resolve("a.jsonl"), all.toByteArray());
        assertThat(Files.readAllLines(file)).hasSize(500);
        List<Flow> read = read(file);
        assertThat(read).as("seed " + seed).hasSameSizeAs(flows);
        for (int i = 0; i < read.size(); i++) {
            assertThat(read.get(i)).as("seed " + seed).isEqualTo(flows.get(i));
        }
    }

    @Test
    void aLineOfAnotherProgramHasWhatItHas() throws Exception {
        Path file = Files.writeString(directory.resolve("b.jsonl"), """
                {"scan_id":"s","timestamp":"2026-05-01T10:00:00.123456+00:00","event":"tls_clienthello","sni":"pypi.example","alpn_protocols":["h2","http/1.1"]}
                {"scan_id":"s","timestamp":"2026-05-01T10:00:01Z","event":"http","method":"GET","scheme":"https","host":"pypi.example","port":443,"path":"/simple/?q=1","http_version":"HTTP/2.0","request_headers":[["accept","*/*"]],"request_body":{"empty":true},"response_headers":[["content-type","text/html"]],"response_body":{"encoding":"base64","length":3,"truncated":false,"b64":"AAH/"},"response_status":200,"response_reason":""}
                {"scan_id":"s","timestamp":"2026-05-01T10:00:02Z","event":"http","method":"GET","scheme":"https","host":"pypi.example","port":443,"path":"/gone","http_version":"HTTP/1.1","request_headers":[],"request_body":null}
                """);
        List<Flow> flows = read(file);
        assertThat(flows).hasSize(3);
        assertThat(flows.get(0).hello()).isEqualTo(new Flow.Hello("", 0, "pypi.example", List.of("h2", "http/1.1")));
        assertThat(flows.get(1).response()).satisfies(response -> {
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body().kept()).isEqualTo(new byte[] {0, 1, -1});
        });
        assertThat(flows.get(1).decision().verdict()).isEqualTo("allowed");
        assertThat(flows.get(2).response()).isNull();
        assertThat(flows.get(2).decision().verdict()).isEqualTo("failed");
    }

    @Test
    void aBadLineIsCountedAndPassedOver() throws Exception {
        String good = new String(line(Flows.exchange(1, new byte[0], new byte[0])), UTF_8);
        Path file = Files.writeString(
                directory.resolve("c.jsonl"),
                good + "{\"event\":\"http\"}\n\n[]\nno json\n{\"event\":\"other\"}\n" + good.substring(0, 40) + "\n"
                        + good + good.strip());
        try (FlowReader reader = FlowReader.read(file)) {
            assertThat(reader.stream()).hasSize(3);
            assertThat(reader.problems()).isEqualTo(5);
            assertThat(reader.firstProblem()).startsWith(file + ":2: timestamp");
        }
    }

    @Test
    void severalFilesAreReadInTheirOrderAndAMissingOneIsSaid() throws Exception {
        Path one = Files.write(directory.resolve("1"), line(Flows.exchange(1, new byte[0], new byte[0])));
        Path two = Files.write(directory.resolve("2"), line(Flows.exchange(2, new byte[0], new byte[0])));
        assertThat(read(two, one)).extracting(Flow::id).containsExactly(2L, 1L);
        assertThatThrownBy(() -> FlowReader.read(one, directory.resolve("none")))
                .hasMessageEndingWith("none: cannot be read (expected: a flow log)");
    }

    @ParameterizedTest
    @CsvSource({
        "plain text,         false, text,   10",
        "tëxt,               false, text,   5",
        "'\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0000\u0001\u0002\u0003\u0004\u0005\u0006', false, base64, 15"
    })
    void textIsTextAndAnythingElseBase64(String text, boolean truncated, String encoding, int length) throws Exception {
        JsonNode body = body(text.getBytes(UTF_8), truncated);
        assertThat(body.get("encoding").asText()).isEqualTo(encoding);
        assertThat(body.get("length").asInt()).isEqualTo(length);
    }

    @Test
    void eachByteAtEachPlaceIsReadBackAsItWas() throws Exception {
        for (int length : new int[] {1, 7, 8, 9, 16, 23}) {
            for (int at = 0; at < length; at++) {
                for (int value = 0; value < 256; value++) {
                    byte[] bytes = new byte[length];
                    Arrays.fill(bytes, (byte) 'a');
                    bytes[at] = (byte) value;
                    JsonNode body = body(bytes, false);
                    byte[] read = body.has("text")
                            ? body.get("text").asText().getBytes(UTF_8)
                            : body.get("b64").binaryValue();
                    assertThat(read).isEqualTo(bytes);
                    assertThat(body.get("encoding").asText()).isEqualTo(value < 128 ? "text" : "base64");
                }
            }
        }
    }

    @Test
    void aCharacterThatTheLimitCutsIsLeftOut() throws Exception {
        byte[] bytes = "ab€".getBytes(UTF_8);
        JsonNode cut = body(Arrays.copyOf(bytes, 4), true);
        assertThat(cut.get("text").asText()).isEqualTo("ab");
        assertThat(body(Arrays.copyOf(bytes, 4), false).get("encoding").asText())
                .isEqualTo("base64");
        for (byte[] wrong :
                new byte[][] {{(byte) 0xc0, (byte) 0x80}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}, {(byte) 0xff}}) {
            assertThat(body(wrong, true).get("encoding").asText()).isEqualTo("base64");
        }
    }

    private static JsonNode body(byte[] bytes, boolean truncated) throws IOException {
        Flow flow = Flows.exchange(1, bytes, new byte[0]);
        Flow.Request request = flow.request();
        assertThat(request).isNotNull();
        Flow.Request changed = new Flow.Request(
                "GET",
                "https",
                "h",
                443,
                "/",
                "HTTP/1.1",
                List.of(),
                new FlowBody(bytes.length, truncated, bytes, false),
                List.of());
        Flow with = new Flow(
                1,
                "",
                flow.timestamp(),
                flow.client(),
                null,
                changed,
                flow.response(),
                flow.decision(),
                flow.upstream(),
                flow.timings(),
                List.of(),
                List.of());
        return new ObjectMapper().readTree(line(with)).get("request_body");
    }
}
