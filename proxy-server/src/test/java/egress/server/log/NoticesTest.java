package egress.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the program says of itself. */
final class NoticesTest {
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Notices notices = new Notices(err);

    private List<String> lines() {
        return err.toString(StandardCharsets.US_ASCII).lines().toList();
    }

    @Test
    void aLineIsOneLineWhateverIsInIt() {
        notices.say("a\n\u001b[31mb");
        notices.say(new Notice.Warning("c"));
        assertThat(lines()).containsExactly("egress: a\\x0a\\x1b[31mb", "egress: warning: c");
    }

    @Test
    void asJsonEachIsAnEventWithItsFields() throws IOException {
        notices.asJson();
        notices.say(new Notice.Started("127.0.0.1:9099", List.of("127.0.0.1:9901"), "ab", 1, "0.1"));
        notices.say(new Notice.Reloaded("loaded 2 route(s)", 2, 2));
        notices.say(new Notice.ReloadFailed(List.of("routes.yaml:1: \u00e9\u202e", "and more")));
        notices.say(new Notice.Stopping("stopping"));
        notices.say("anything");
        ObjectMapper mapper = new ObjectMapper();
        List<JsonNode> events = lines().stream().map(line -> read(mapper, line)).toList();
        assertThat(events)
                .extracting(event -> event.get("event").asText())
                .containsExactly(
                        "egress_started",
                        "egress_reloaded",
                        "egress_reload_failed",
                        "egress_stopping",
                        "egress_notice");
        assertThat(events).allSatisfy(event -> {
            assertThat(Instant.parse(event.get("time").asText())).isNotNull();
            assertThat(event.get("message").asText()).isNotEmpty();
        });
        assertThat(events.get(0).get("listen").asText()).isEqualTo("127.0.0.1:9099");
        assertThat(events.get(0).get("ca_fingerprint").asText()).isEqualTo("sha256:ab");
        assertThat(events.get(1).get("generation").asInt()).isEqualTo(2);
        assertThat(events.get(2).get("errors").get(0).asText()).isEqualTo("routes.yaml:1: \u00e9\u202e");
        assertThat(err.toString(StandardCharsets.ISO_8859_1).chars()).allMatch(c -> c == '\n' || c >= ' ' && c < 0x7f);
    }

    private static JsonNode read(ObjectMapper mapper, String line) {
        try {
            return mapper.readTree(line);
        } catch (IOException e) {
            throw new AssertionError(line, e);
        }
    }

    @Test
    void whatIsHeldIsSaidAfterwardsInItsOrder() {
        notices.hold();
        notices.say("one");
        notices.say("two");
        assertThat(lines()).isEmpty();
        notices.release();
        notices.say("three");
        assertThat(lines()).containsExactly("egress: one", "egress: two", "egress: three");
    }
}
