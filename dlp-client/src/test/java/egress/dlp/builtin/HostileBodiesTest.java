package egress.dlp.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.ScanVerdict;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies made to cost much: each is a few bytes over and over. They end soon, one way or the other. */
final class HostileBodiesTest {
    private static final int SIZE = 300_000;
    private static final long MOST_NANOS = 2_500_000_000L;

    private final Fixture fixture = new Fixture();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "eyJ",
                "ghp_ ",
                "://",
                "\"kty\":\"EC\" ",
                "-----BEGIN PRIVATE KEY-----   ",
                "%25",
                "\\u005c",
                "&#38;",
                "key=",
                "a b ",
                "1,",
                "-a",
                "H4sI",
                "H4sIAAAAAAAA ",
                "\u001f\u008b\u0008",
                "PK\u0003\u0004",
                "=41=",
                "SG.",
                "QUFBQUFBQUFBQUFB",
                "AAAA",
                "\u00e2\u0080\u008ba",
                "jdbc:x",
                "ssap_kes-",
                "{\"a\":",
                "[",
                "\"\\",
                "v7Qp-2",
                "--x\r\n\r\n",
                "<a>",
                "a=b&",
                "stream\nx\u009c",
                "\" + \"",
                "<b>",
                "00000010 ",
                "a1 b2.",
                "a1-b2-c3d-",
                "QUFBQUFBQUFBQUFBQUFB\n",
                "QUFBQUFBQUFBQUFBQUFB\n\n\n\n",
                "+QUFBQUFBQUFBQUFBQUFB\\\\\\n# ",
                "QUFBQUFBQUFBQUFBQUFB\nQUFBQUFBQUFBQUFBQUFB\n-\n"
            })
    void costLittleMoreThanTheyWeigh(String unit) {
        assertThat(scanned(fixture.scanner, unit)).isNotInstanceOf(ScanVerdict.Found.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-a", "a-", "a", "\\_a", "=41=", "aaaaaaaaaaaaaaaaaaaa ", "61 ", "YWFh"})
    void costNoMoreWhereAKnownSecretStandsEverywhere(String unit) {
        BuiltInScanner scanner =
                new BuiltInScanner(List.of(Fixture.latin("a".repeat(20))), new byte[32], Runnable::run);
        assertThat(scanned(scanner, unit)).isInstanceOf(ScanVerdict.Found.class);
    }

    private static ScanVerdict scanned(BuiltInScanner scanner, String unit) {
        byte[] body = new byte[SIZE];
        for (int i = 0; i < SIZE; i++) {
            body[i] = (byte) unit.charAt(i % unit.length());
        }
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadCpuTime();
        ScanVerdict verdict = scanner.scanNow(Fixture.request(body));
        assertThat(threads.getCurrentThreadCpuTime() - before)
                .as("CPU ns, %s", verdict)
                .isLessThan(MOST_NANOS);
        return verdict;
    }
}
