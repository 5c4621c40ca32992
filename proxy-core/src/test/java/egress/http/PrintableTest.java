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
    void isNoMarkup() {
        assertThat(Printable.quote("/<b>&amp;")).isEqualTo("\"/\\u003cb\\u003e&amp;\"");
    }

    @Test
    void hidesWhatMayBeACredential() {
        assertThat(Printable.quoteHost("user:p@ss@a.example")).isEqualTo("\"********@a.example\"");
        assertThat(Printable.quoteHost("user:p%40a.example")).isEqualTo("\"********@a.example\"");
        assertThat(Printable.quoteHost("a.example")).isEqualTo("\"a.example\"");
        assertThat(Printable.quoteTarget("/a?token=b#c")).isEqualTo("\"/a?********\"");
        assertThat(Printable.quoteTarget("/a#token=b?c")).isEqualTo("\"/a#********\"");
        assertThat(Printable.quoteTarget("/a")).isEqualTo("\"/a\"");
    }

    @Test
    void cutsLongText() {
        assertThat(Printable.quote("a".repeat(1000))).isEqualTo("\"" + "a".repeat(120) + "...\"");
    }

    @Test
    void writesALineWithNothingThatATerminalObeys() {
        assertThat(Printable.line("plain <text> \"as it is\\")).isEqualTo("plain <text> \"as it is\\");
        assertThat(Printable.line("a\u0000\r\n\u001b[31m\u007f")).isEqualTo("a\\x00\\x0d\\x0a\\x1b[31m\\x7f");
        assertThat(Printable.line("\u0080\u00e9\u202e\ud83d\ude00")).isEqualTo("\\u0080\\u00e9\\u202e\\ud83d\\ude00");
    }

    @Test
    void doesNotCutALine() {
        assertThat(Printable.line("a".repeat(1000) + "\n")).isEqualTo("a".repeat(1000) + "\\x0a");
    }
}
