package egress.downstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FirstBytesTest {
    private static FirstBytes of(String text) {
        return FirstBytes.of(Unpooled.copiedBuffer(text.replace("|", "\r\n"), ISO_8859_1), 100);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "GET / HTTP/1.1|; HTTP",
                "get http://a/ HTTP/1.0|Host: a|; HTTP",
                "GET / HTTP/1.2|; OTHER",
                "GET  / HTTP/1.1|; OTHER",
                "GET /; UNDECIDED",
                "GE; UNDECIDED",
                "GET / HTTP/1; UNDECIDED",
                "GET / HTTP/2; OTHER",
                "PRI * HTTP/2.0; UNDECIDED",
                "PRI * HTTP/2.0|; HTTP_2",
                "SSH-2.0-OpenSSH_9.6|; SSH",
                "EHLO mail.example|; OTHER",
                "{}|; OTHER",
                "METHODS-LONGER-THAN-ANY-THAT-ARE-KNOWN /; OTHER",
            })
    void areKnownByTheFirstLine(String text, FirstBytes known) {
        assertThat(of(text)).isEqualTo(known);
    }

    @Test
    void areTlsByTheFirstByte() {
        assertThat(of("\u0016")).isEqualTo(FirstBytes.TLS);
        assertThat(of("\u0015\u0003\u0003")).isEqualTo(FirstBytes.OTHER);
        assertThat(of("\0")).isEqualTo(FirstBytes.OTHER);
        assertThat(of("")).isEqualTo(FirstBytes.UNDECIDED);
    }

    @Test
    void areHttpWhereATargetIsTooLong() {
        assertThat(of("GET /" + "a".repeat(200))).isEqualTo(FirstBytes.HTTP);
    }

    /** Cut anywhere, a line is never taken for something that it turns out not to be. */
    @Test
    void areUndecidedUntilTheLineIsWhole() {
        String line = "OPTIONS * HTTP/1.1\r\n";
        for (int i = 1; i < line.length(); i++) {
            assertThat(of(line.substring(0, i))).as(line.substring(0, i)).isEqualTo(FirstBytes.UNDECIDED);
        }
        assertThat(of(line)).isEqualTo(FirstBytes.HTTP);
    }
}
