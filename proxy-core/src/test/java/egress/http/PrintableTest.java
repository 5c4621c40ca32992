package egress.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class PrintableTest {
    @Test
    void escapesWhatATerminalOrALogCouldTakeAmiss() {
        assertThat(Printable.quote("a\r\n\u001b[31m\"\\\u00e9\u202e"))
                .isEqualTo("\"a\\u000d\\u000a\\u001b[31m\\\"\\\\\\u00e9\\u202e\"");
    }

    @Test
    void cutsLongText() {
        assertThat(Printable.quote("a".repeat(1000))).isEqualTo("\"" + "a".repeat(120) + "...\"");
    }
}
