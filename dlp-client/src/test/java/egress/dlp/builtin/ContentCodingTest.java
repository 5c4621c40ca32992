package egress.dlp.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import com.aayushatharva.brotli4j.encoder.Encoder;
import com.github.luben.zstd.Zstd;
import egress.dlp.ContentCoding;
import egress.dlp.HeaderField;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ContentCodingTest {
    private final Fixture fixture = new Fixture();

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "x-gzip", "GZIP", "deflate", "br", "zstd", "gzip, br", "deflate, gzip, zstd"})
    void scansWhatIsDecoded(String codings) {
        byte[] found = ("{\"k\":\"" + fixture.token() + "\"}").getBytes(java.nio.charset.StandardCharsets.UTF_8);
        byte[] clean = "{\"k\":\"nothing to see here\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        assertThat(scan(encoded(found, codings), codings)).isInstanceOf(ScanVerdict.Found.class);
        assertThat(scan(encoded(clean, codings), codings)).isInstanceOf(ScanVerdict.Clean.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "compress|UNKNOWN_ENCODING",
                "exi, gzip|UNKNOWN_ENCODING",
                "gzip, gzip, gzip, gzip, gzip|UNKNOWN_ENCODING",
                "gzip|UNDECODABLE",
                "deflate|UNDECODABLE",
                "br|UNDECODABLE",
                "zstd|UNDECODABLE"
            })
    void refusesWhatItCannotDecode(String codings, Reason reason) {
        byte[] junk = new byte[2000];
        new Random(3).nextBytes(junk);
        junk[0] = 0x7f;
        assertThat(scan(junk, codings)).isEqualTo(new ScanVerdict.Refused(reason, detail(codings, junk)));
    }

    @Test
    void takesDeflateForZlibAndNothingElse() {
        byte[] clean = Fixture.latin("{\"k\":\"nothing to see here\"}");
        assertThat(scan(encoded(clean, "raw deflate"), "deflate"))
                .isInstanceOfSatisfying(
                        ScanVerdict.Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(Reason.UNDECODABLE));
    }

    private String detail(String codings, byte[] junk) {
        return ((ScanVerdict.Refused) scan(junk, codings)).detail();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "br", "zstd"})
    void refusesABodyThatIsCutShort(String coding) {
        byte[] whole = encoded(Fixture.latin(fixture.drawn("<3000:A-Za-z0-9 >")), coding);
        assertThat(scan(Arrays.copyOf(whole, whole.length / 2), coding)).isInstanceOf(ScanVerdict.Refused.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br", "zstd", "gzip, gzip"})
    void boundsABomb(String codings) {
        byte[] bomb = encoded(new byte[64 << 20], codings);
        assertThat(bomb.length).isLessThan(1 << 20);
        assertThat(scan(bomb, codings)).isInstanceOf(ScanVerdict.Refused.class);
    }

    @Test
    void boundsBombsWithinTheBody() {
        String bomb = Dress.base64(Dress.gzip("a".repeat(40 << 20)));
        assertThat(fixture.body("{\"v\":\"" + bomb + "\"}")).isInstanceOf(ScanVerdict.Refused.class);
    }

    private ScanVerdict scan(byte[] body, String codings) {
        return fixture.scanner.scanNow(Fixture.request(body, new HeaderField("Content-Encoding", codings)));
    }

    private static byte[] encoded(byte[] body, String codings) {
        byte[] out = body;
        try {
            for (String coding : codings.toLowerCase(java.util.Locale.ROOT).split(", ", -1)) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                switch (coding) {
                    case "gzip", "x-gzip" -> {
                        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
                            gzip.write(out);
                        }
                    }
                    case "deflate" -> {
                        try (DeflaterOutputStream deflate = new DeflaterOutputStream(bytes)) {
                            deflate.write(out);
                        }
                    }
                    case "raw deflate" -> {
                        try (DeflaterOutputStream raw = new DeflaterOutputStream(bytes, new Deflater(6, true))) {
                            raw.write(out);
                        }
                    }
                    case "br" -> {
                        com.aayushatharva.brotli4j.Brotli4jLoader.ensureAvailability();
                        bytes.write(Encoder.compress(out));
                    }
                    case "zstd" -> bytes.write(Zstd.compress(out));
                    default -> throw new IllegalArgumentException(coding);
                }
                out = bytes.toByteArray();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out;
    }

    @ParameterizedTest
    @ValueSource(strings = {"lib/linux-x86_64/libbrotli.so", "lib/linux-aarch64/libbrotli.so"})
    void bringsBrotliForEveryMachineThatTheImageIsFor(String library) {
        assertThat(ContentCoding.class.getClassLoader().getResource(library)).isNotNull();
    }
}
