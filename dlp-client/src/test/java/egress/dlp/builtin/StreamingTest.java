package egress.dlp.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.BodySource;
import egress.dlp.Finding;
import egress.dlp.HeaderField;
import egress.dlp.MessageScanner;
import egress.dlp.Place;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class StreamingTest {
    private static final int BORDER = 128 * 1024;

    private final Fixture fixture = new Fixture();

    @Test
    void findsAValueWhereverItLiesAcrossAWindowsBorder() {
        String token = fixture.token();
        for (int before = BORDER - 60; before <= BORDER + 10; before += 3) {
            byte[] body =
                    Fixture.latin(" lorem ipsum".repeat(BORDER / 12 + 2).substring(0, before) + " " + token + " dolor");
            assertThat(Fixture.names(scan(BodySource.of(List.of(body, new byte[0])))))
                    .as("at %d", before)
                    .contains("github_token");
        }
    }

    @Test
    void findsCompressedDataThatGoesOnOverManyWindows() {
        byte[] filler = new byte[600_000];
        new Random(8).nextBytes(filler);
        String inner = new String(filler, java.nio.charset.StandardCharsets.ISO_8859_1) + " " + fixture.token() + " ";
        String outer = "{\"data\":\"" + Dress.base64(Dress.gzip(inner)) + "\"}";
        assertThat(outer.length()).isGreaterThan(5 * BORDER);
        assertThat(Fixture.names(scan(BodySource.of(List.of(Fixture.latin(outer), new byte[0])))))
                .contains("github_token");
    }

    @Test
    void scansASpoolToItsEndInBoundedMemory(@TempDir Path dir) throws IOException {
        try (FileChannel spool = FileChannel.open(
                dir.resolve("spool"),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            byte[] piece = Fixture.latin("{\"n\":1,\"text\":\"nothing of interest\"},\n".repeat(1000));
            long length = 0;
            while (length < 16 << 20) {
                length += spool.write(ByteBuffer.wrap(piece));
            }
            length += spool.write(ByteBuffer.wrap(Fixture.latin("{\"k\":\"" + fixture.token() + "\"}")));
            BodySource body = BodySource.of(spool, length);
            assertThat(Fixture.names(scan(body))).contains("github_token");
            assertThat(scan(BodySource.of(spool, length - 60))).isInstanceOf(ScanVerdict.Clean.class);
            long before = allocated();
            scan(body);
            assertThat(allocated() - before).as("bytes allocated for 16 MiB").isLessThan(3 << 20);
        }
    }

    @Test
    void refusesABodyThatCannotBeReadBack(@TempDir Path dir) throws IOException {
        FileChannel spool = FileChannel.open(
                dir.resolve("spool"), StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        spool.write(ByteBuffer.wrap(new byte[100]));
        ScanVerdict shorter = scan(BodySource.of(spool, 200));
        spool.close();
        ScanVerdict closed = scan(BodySource.of(spool, 100));
        assertThat(List.of(shorter, closed))
                .allSatisfy(v -> assertThat(v)
                        .isEqualTo(new ScanVerdict.Refused(
                                ScanVerdict.Reason.UNREADABLE, "the body could not be read back")));
    }

    @Test
    void boundsWhatNestedEncodingsMayCost() {
        String text = "%41".repeat(20_000);
        for (int i = 0; i < 12; i++) {
            text = text.length() > 1_000_000 ? text : text.replace("%", "%25");
        }
        long start = System.nanoTime();
        scan(BodySource.of(Fixture.latin(text)));
        assertThat(System.nanoTime() - start).as("ns").isLessThan(20_000_000_000L);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 19, 39})
    void findsAValueInSeveralMessages(int size) {
        String token = fixture.token();
        MessageScanner messages = fixture.scanner.open(new Place.WebSocket(), ScanOptions.defaults(), List.of());
        ScanVerdict verdict = ScanVerdict.clean();
        for (String piece : Dress.groups(token, size)) {
            byte[] bytes = Fixture.latin(piece);
            verdict = messages.feed(bytes, 0, bytes.length);
            messages.endOfMessage();
        }
        assertThat(Fixture.names(verdict)).contains("github_token");
        assertThat(Fixture.findings(verdict)).extracting(Finding::place).containsOnly(new Place.WebSocket());
    }

    @Test
    void findsAValueInTheStringsOfSeveralJsonMessages() {
        MessageScanner messages = fixture.scanner.open(new Place.WebSocket(), ScanOptions.defaults(), List.of());
        ScanVerdict verdict = ScanVerdict.clean();
        for (String piece : Dress.groups(fixture.token(), 9)) {
            byte[] bytes = Fixture.latin("{\"type\":\"delta\",\"text\":\"" + piece + "\"}");
            verdict = messages.feed(bytes, 0, bytes.length);
        }
        assertThat(Fixture.names(verdict)).contains("github_token");
    }

    @Test
    void staysCleanAndSmallOverManyMessages() {
        MessageScanner messages = fixture.scanner.open(new Place.Message(), ScanOptions.defaults(), List.of());
        byte[] bytes = Fixture.latin(
                "{\"type\":\"ping\",\"id\":\"" + fixture.drawn("<12:a-f0-9>") + "\",\"note\":\"all is well\"}");
        for (int i = 0; i < 20_000; i++) {
            assertThat(messages.feed(bytes, 0, bytes.length)).isEqualTo(ScanVerdict.clean());
        }
    }

    @Test
    void keepsItsVerdictOnceItDenies() {
        MessageScanner messages = fixture.scanner.open(new Place.Message(), ScanOptions.defaults(), List.of());
        byte[] bad = Fixture.latin("x " + fixture.token() + " y");
        ScanVerdict first = messages.feed(bad, 0, bad.length);
        byte[] filler = new byte[100_000];
        Arrays.fill(filler, (byte) ' ');
        assertThat(first).isInstanceOf(ScanVerdict.Found.class);
        assertThat(messages.feed(filler, 0, filler.length)).isInstanceOf(ScanVerdict.Found.class);
        assertThat(messages.endOfMessage()).isInstanceOf(ScanVerdict.Found.class);
    }

    private ScanVerdict scan(BodySource body) {
        return fixture.scanner.scanNow(
                new ScanRequest("api.example", "POST", "/", List.of(), body, List.of(), ScanOptions.defaults()));
    }

    private static long allocated() {
        var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        return threads.getCurrentThreadAllocatedBytes();
    }

    /** A part of a secret in one place of the structure, the rest in the next; at the end it is known as well as on the way. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/x-www-form-urlencoded|a=%s&b=%s",
                "application/x-www-form-urlencoded|a=%s&b=%s&c=d",
                "text/plain|a=%s&b=%s",
                "multipart/form-data; boundary=b|x--b~~%s~--b~~%s~--b--",
                "multipart/form-data; boundary=b|--b~~%s~--b~~%s",
                "text/xml|<a><b>%s</b><b>%s</b></a>",
                "application/json|{\"a\":\"%s\",\"b\":\"%s\"}",
                "text/plain|{\"a\":\"%s\",\"b\":\"%s"
            })
    void joinsByStructureWhatComesInAStream(String type, String form) {
        String secret = Fixture.KNOWN;
        String body = String.format(form, secret.substring(0, 10), secret.substring(10))
                .replace("~", "\r\n");
        for (int piece : new int[] {1, 7, body.length()}) {
            try (MessageScanner stream = fixture.scanner.open(
                    new Place.Body(), ScanOptions.defaults(), List.of(new HeaderField("Content-Type", type)))) {
                byte[] bytes = Fixture.latin(body);
                ScanVerdict verdict = ScanVerdict.clean();
                for (int at = 0; at < bytes.length && verdict instanceof ScanVerdict.Clean; at += piece) {
                    verdict = stream.feed(bytes, at, Math.min(piece, bytes.length - at));
                }
                verdict = verdict instanceof ScanVerdict.Clean ? stream.endOfMessage() : verdict;
                assertThat(verdict).as("%s by %d", body, piece).isInstanceOf(ScanVerdict.Found.class);
            }
        }
    }

    /** What follows a whole secret in its piece does not let it leave first. */
    @Test
    void findsWhatIsJoinedBeforeItsPieceEnds() {
        String secret = Fixture.KNOWN;
        try (MessageScanner stream = fixture.scanner.open(
                new Place.Body(),
                ScanOptions.defaults(),
                List.of(new HeaderField("content-type", "application/x-www-form-urlencoded")))) {
            byte[] first = Fixture.latin("x=y&a=" + secret.substring(0, 10));
            byte[] second = Fixture.latin("&b=" + secret.substring(10) + " and more words");
            assertThat(stream.feed(first, 0, first.length)).isInstanceOf(ScanVerdict.Clean.class);
            assertThat(stream.feed(second, 0, second.length)).isInstanceOf(ScanVerdict.Found.class);
        }
    }
}
