package egress.server.ask;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.config.AskConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who can be asked. */
final class AskServiceTest {
    @TempDir
    private Path directory;

    private Optional<AskService> start(boolean queue, OptionalInt owner, boolean page, boolean ofChild)
            throws IOException {
        Optional<Path> at = queue ? Optional.of(directory.resolve("q")) : Optional.empty();
        return AskService.start(
                new AskConfig(at, owner, Duration.ofSeconds(5), ofChild, ""),
                page,
                InstantSource.system(),
                new Random(1),
                text -> text,
                _ -> {});
    }

    @ParameterizedTest
    @CsvSource({
        "false, false, false, false",
        "true, false, false, true",
        "false, true, false, true",
        "true, false, true, false", // whose own user could write the answer
        "false, true, true, false", // whose own user could read the page's token
        "true, true, true, false",
    })
    void whoIsThere(boolean queue, boolean page, boolean ofChild, boolean expected) throws Exception {
        Optional<AskService> service = start(queue, OptionalInt.empty(), page, ofChild);
        assertThat(service.isPresent()).isEqualTo(expected);
        service.ifPresent(AskService::close);
    }

    @Test
    void besideAProgramOfTheGatesUserAnotherOwnersAnswersCountAndThePagesDoNot() throws Exception {
        try (AskService service =
                start(true, OptionalInt.of(54_321), true, true).orElseThrow()) {
            assertThat(service.desk().answer("0", new Answer.Deny(""), "page"))
                    .isEqualTo(new Answered.Refused("answers are taken from --ask-queue alone"));
        }
    }
}
