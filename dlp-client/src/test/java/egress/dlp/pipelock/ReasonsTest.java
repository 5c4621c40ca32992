package egress.dlp.pipelock;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.HeaderField;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ReasonsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '§',
            value = {
                "DLP: GitHub Token | DLP: GitHub Token",
                "blocked: request body contains secret: GitHub Token | request body contains secret: GitHub Token",
                "session anomaly: too many domains | session anomaly: too many domains",
                "airlock: quarantine | airlock: quarantine",
                "request body uses Content-Encoding \"gzip\"; no | request body uses Content-Encoding \"gzip\"; no",
                "URL length 8222 exceeds maximum 8192 | URL length 8222 exceeds maximum 8192",
                "high entropy query param \"aVeryTelling\" (4.9 > 4.5 threshold) | high entropy query param ******** (4.9 > 4.5 threshold)",
                "leak of ghp_a1B2c3D4e5F6g7H8i9J0 seen | leak of ******** seen",
                "a\u0007b\u001b[31m c | a b [31m c",
                "'  ' | nothing said",
            })
    void areOneShortPrintableLineWithoutValues(String said, String expected) {
        assertThat(Reasons.clean(said.replace("'  '", "  "), "nothing said")).isEqualTo(expected);
    }

    @Test
    void areCutAtTwoHundredCharacters() {
        assertThat(Reasons.clean("word ".repeat(1000), "")).hasSize(203).endsWith("...");
    }

    @Test
    void comeFromTheFieldWhereThereIsOne() {
        List<HeaderField> fields = List.of(new HeaderField("X-Pipelock-Block-Reason", "dlp_match"));
        assertThat(Reasons.of(new HttpResponse(403, fields, ""), "blocked: something else"))
                .isEqualTo("dlp_match");
        assertThat(Reasons.of(new HttpResponse(403, List.of(), ""), "")).isEqualTo("blocked (403)");
    }
}
