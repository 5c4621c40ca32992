package egress.server.ask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.share.Caller;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of the queue as they are written and read, and as a terminal shows them. */
final class QuestionFileTest {
    private static final String ID = "0123456789abcdef0123456789abcdef";
    private static final String HOSTILE = "a\u001b[2J\u009b31m\u202e\n\"}, {\"id\": 1";

    private static Question question() {
        return new Question(
                ID,
                Instant.parse("2026-01-02T03:04:05Z"),
                Instant.parse("2026-01-02T03:09:05Z"),
                Question.Kind.ROUTE,
                true,
                new Question.Who(new Caller("user:" + HOSTILE), "127.0.0.1:4711", HOSTILE, HOSTILE),
                new Question.Wanted(true, "api.example", 443, "GET", "/" + HOSTILE, false),
                new Question.Reason("path_not_allowed", HOSTILE, "matches", HOSTILE, ""),
                "- methods: [GET]\n",
                HOSTILE,
                3);
    }

    @Test
    void aQuestionIsReadAsItWasWrittenAndIsAsciiWhateverAnAgentSent() throws Exception {
        byte[] written = QuestionFile.write(question(), 1000);
        assertThat(written).doesNotContain((byte) 0x1b);
        for (byte each : written) {
            assertThat(each).isPositive();
        }
        QuestionFile.Read read = QuestionFile.read(written);
        assertThat(read.question()).isEqualTo(question());
        assertThat(read.owner()).isEqualTo(1000);
    }

    @Test
    void aTerminalIsShownNoControlCharacterAndNoLineOfAnAgentsOwn() {
        Instant now = Instant.parse("2026-01-02T03:05:05Z");
        assertThat(QuestionText.line(question(), now))
                .startsWith("01234567  240s  route  ")
                .doesNotContain("\n");
        assertThat(QuestionText.lines(question(), now))
                .hasSize(8)
                .allSatisfy(line -> assertThat(line.chars().allMatch(c -> c >= ' ' && c < 0x7f))
                        .as(line)
                        .isTrue());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "null",
                "[]",
                "{\"id\":\"ID\"}",
                "{\"id\":\"ID\",\"allow_once\":false}",
                "{\"id\":\"ID\",\"allow_once\":\"yes\"}",
                "{\"id\":\"ID\",\"allow_once\":true,\"allow_until_exit\":true}",
                "{\"id\":\"ID\",\"allow_once\":true,\"allow_once\":true}",
                "{\"id\":\"ID\",\"allow_for\":\"\"}",
                "{\"id\":\"ID\",\"allow_for\":\"0s\"}",
                "{\"id\":\"ID\",\"allow_for\":\"169h\"}",
                "{\"id\":\"ID\",\"allow_for\":\"999999999h\"}",
                "{\"id\":\"ID\",\"allow_for\":3600}",
                "{\"id\":\"ID\",\"allow_until_exit\":true,\"more\":1}",
                "{\"id\":\"ID\",\"allow_until_exit\":true,\"why\":{}}",
                "{\"id\":\"ID\",\"allow_until_exit\":true",
                "{\"id\":\"ID\",\"allow_until_exit\":true}}",
                "{\"id\":\"ID\",\"allow_until_exit\":true} {}",
                "{\"version\":2,\"id\":\"ID\",\"allow_until_exit\":true}",
                "{\"allow_until_exit\":true}",
                "{\"id\":\"0\",\"allow_until_exit\":true}",
            })
    void whatIsNotExactlyOneAnswerIsNone(String text) {
        byte[] content = text.replace("ID", ID).getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> AnswerFile.read(ID, content)).isInstanceOf(IOException.class);
    }

    static Answer[] answers() {
        return new Answer[] {
            new Answer.AllowOnce(Optional.empty()),
            new Answer.AllowOnce(Optional.of("/x")),
            new Answer.AllowFor(Duration.ofHours(1), Optional.of("/y")),
            new Answer.AllowUntilExit(Optional.empty()),
            new Answer.Deny("because \u00e4 \u2028 \"x\"")
        };
    }

    @ParameterizedTest
    @MethodSource("answers")
    void anAnswerIsReadAsItWasWritten(Answer answer) throws Exception {
        assertThat(AnswerFile.read(ID, AnswerFile.write(ID, answer))).isEqualTo(answer);
    }
}
