package egress.dlp.builtin;

import static egress.dlp.builtin.Containers.base64;
import static egress.dlp.builtin.Containers.brotliMetadata;
import static egress.dlp.builtin.Containers.gzip;
import static egress.dlp.builtin.Containers.gzipWith;
import static egress.dlp.builtin.Containers.hex;
import static egress.dlp.builtin.Containers.join;
import static egress.dlp.builtin.Containers.mime;
import static egress.dlp.builtin.Containers.png;
import static egress.dlp.builtin.Containers.rawDeflate;
import static egress.dlp.builtin.Containers.skippable;
import static egress.dlp.builtin.Containers.zip;
import static egress.dlp.builtin.Containers.zlib;
import static egress.dlp.builtin.Containers.zstd;
import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.BodySource;
import egress.dlp.HeaderField;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Clean;
import egress.dlp.ScanVerdict.Found;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.ScanVerdict.Refused;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is judged is what leaves: each byte on the wire is scanned as it is, and so is what it decodes to. */
final class EveryByteTest {
    private static final byte[] SECRET = Fixture.latin(Fixture.KNOWN);
    private static final byte[] WORDS = Fixture.latin("nothing but words, some of them again and again. ".repeat(40));
    private static final int LARGE = 400_000;

    private final Fixture fixture = new Fixture();

    private ScanVerdict scan(byte[] body, String... fields) {
        List<HeaderField> list = new ArrayList<>();
        for (int i = 0; i < fields.length; i += 2) {
            list.add(new HeaderField(fields[i], fields[i + 1]));
        }
        return scan(body, list);
    }

    private ScanVerdict scan(byte[] body, List<HeaderField> fields) {
        return fixture.scanner.scanNow(Fixture.request(body, fields.toArray(HeaderField[]::new)));
    }

    /** As a body that came in pieces, and is read window by window. */
    private ScanVerdict scanInPieces(byte[] body, String... fields) {
        List<byte[]> pieces = new ArrayList<>();
        for (int at = 0; at < body.length; at += 16_384) {
            pieces.add(Arrays.copyOfRange(body, at, Math.min(body.length, at + 16_384)));
        }
        List<HeaderField> list = fields.length == 0 ? List.of() : List.of(new HeaderField(fields[0], fields[1]));
        return fixture.scanner.scanNow(new ScanRequest(
                "api.example", "POST", "/", list, BodySource.of(pieces), List.of(), ScanOptions.defaults()));
    }

    private static byte[] noise(Random random, int length) {
        byte[] out = new byte[length];
        random.nextBytes(out);
        return out;
    }

    /** Nothing that compresses, so that what stands in it stays far apart. */
    private static byte[] large(byte[] end) {
        return join(hex(noise(new Random(5), LARGE)), Fixture.latin(" "), end);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void seesASecretWhereverItIsPutOnTheWire(long seed) {
        Random random = new Random(seed);
        String[] codings = {"gzip", "deflate", "br", "zstd"};
        for (int round = 0; round < 12; round++) {
            List<HeaderField> fields = new ArrayList<>();
            byte[] wire = join(WORDS, hex(noise(random, random.nextInt(3000))));
            for (int i = random.nextInt(3); i > 0; i--) {
                String coding = codings[random.nextInt(codings.length)];
                wire = Containers.coded(coding, wire);
                fields.add(new HeaderField("content-encoding", coding));
            }
            String what = "seed " + seed + ", round " + round + ", " + fields;
            assertThat(scan(wire, fields)).as(what).isInstanceOf(Clean.class);

            int at = random.nextInt(wire.length + 1);
            byte[] inserted = join(Arrays.copyOf(wire, at), SECRET, Arrays.copyOfRange(wire, at, wire.length));
            assertThat(scan(inserted, fields)).as("%s, at %d", what, at).isInstanceOf(Found.class);
        }
    }

    static Stream<Arguments> passedOver() {
        String text = Fixture.KNOWN;
        byte[] none = {};
        return Stream.of(
                Arguments.of("gzip: extra", "gzip", gzipWith(SECRET, "", "", false, WORDS)),
                Arguments.of("gzip: name", "gzip", gzipWith(none, text, "", false, WORDS)),
                Arguments.of(
                        "gzip: a long name", "gzip", gzipWith(none, "a".repeat(900) + " " + text, "", true, WORDS)),
                Arguments.of("gzip: comment", "gzip", gzipWith(none, "a", text, true, WORDS)),
                Arguments.of("gzip: a gzip in extra", "gzip", gzipWith(gzip(SECRET), "", "", true, WORDS)),
                Arguments.of("gzip: the second member", "gzip", join(gzip(WORDS), gzip(SECRET))),
                Arguments.of(
                        "gzip: a comment of the second member",
                        "gzip",
                        join(gzip(WORDS), gzipWith(none, "", text, false, WORDS))),
                Arguments.of(
                        "gzip: a comment of the inner one", "gzip, gzip", gzip(gzipWith(none, "", text, false, WORDS))),
                Arguments.of("gzip: behind the inner one", "br, gzip", gzip(brotliMetadata(SECRET))),
                Arguments.of("zstd: a skippable frame", "zstd", join(skippable(SECRET), zstd(WORDS))),
                Arguments.of("zstd: a skippable frame at the end", "zstd", join(zstd(WORDS), skippable(SECRET))),
                Arguments.of("zstd: a gzip in a skippable frame", "zstd", join(zstd(WORDS), skippable(gzip(SECRET)))),
                Arguments.of("zstd: the second frame", "zstd", join(zstd(WORDS), zstd(SECRET))),
                Arguments.of("br: metadata", "br", brotliMetadata(SECRET)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("passedOver")
    void seesWhatADecoderPassesOver(String what, String coding, byte[] wire) {
        assertThat(scan(wire, "content-encoding", coding)).as(what).isInstanceOf(Found.class);
        assertThat(scanInPieces(wire, "content-encoding", coding)).as(what).isInstanceOf(Found.class);
    }

    static Stream<Arguments> inexact() {
        byte[] one = {0};
        return Stream.of("gzip", "deflate", "br", "zstd").flatMap(coding -> {
            byte[] whole = Containers.coded(coding, WORDS);
            return Stream.of(
                    Arguments.of(coding + " and a byte", coding, join(whole, one)),
                    Arguments.of(coding + " and three bytes", coding, join(whole, Fixture.latin("(\u00b5/"))),
                    Arguments.of(coding + " and text", coding, join(whole, WORDS)),
                    Arguments.of(coding + " and a page", coding, join(whole, new byte[9000])),
                    Arguments.of(coding + " cut", coding, Arrays.copyOf(whole, whole.length - 1)),
                    Arguments.of(coding + " that is text", coding, WORDS),
                    Arguments.of(coding + " named twice", coding + ", " + coding, whole));
        });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("inexact")
    void refusesABodyThatIsNotExactlyWhatItsCodingSays(String what, String coding, byte[] wire) {
        assertThat(scan(wire, "content-encoding", coding))
                .as(what)
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.UNDECODABLE));
    }

    @Test
    void fallsBackOnNoOtherFormat() {
        assertThat(scan(rawDeflate(WORDS), "content-encoding", "deflate")).isInstanceOf(Refused.class);
        assertThat(scan(gzip(WORDS), "content-encoding", "deflate")).isInstanceOf(Refused.class);
        assertThat(scan(zlib(WORDS), "content-encoding", "gzip")).isInstanceOf(Refused.class);
        byte[] both = Fixture.latin("{\"qtO9 3L7Q\": \"\", \"note\": [\"" + Fixture.KNOWN + "\"]}");
        assertThat(scan(both, "content-encoding", "deflate")).isInstanceOf(Found.class);
        byte[] encoded = Fixture.latin("{\"qtO9 3L7Q\": \"\", \"note\": [\"words\"]}");
        assertThat(scan(encoded, "content-encoding", "deflate")).isInstanceOf(Refused.class);
    }

    static Stream<Arguments> packed() {
        byte[] large = large(SECRET);
        return Stream.of(
                Arguments.of("gzip", gzip(large)),
                Arguments.of("zlib", zlib(large)),
                Arguments.of("zstd", zstd(large)),
                Arguments.of("zip", zip("", new byte[0], large)),
                Arguments.of("a gzip with a long name", gzipWith(SECRET, "b".repeat(900), "", true, large)),
                Arguments.of("zlib within others", join(noise(new Random(9), 5000), zlib(large))),
                Arguments.of("a zip comment", zip(Fixture.KNOWN, new byte[0], WORDS)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("packed")
    void followsWhatIsPackedInABodyToItsEnd(String what, byte[] packed) {
        for (byte[] wire : List.of(packed, base64(packed), mime(packed), hex(packed))) {
            if (what.startsWith("zlib within") && !Arrays.equals(wire, packed)) {
                continue; // base64 of what begins otherwise says nothing of it
            }
            byte[] body = join(Fixture.latin("{\"data\":\""), wire, Fixture.latin("\"}"));
            assertThat(scan(body)).as("%s, %d bytes", what, wire.length).isInstanceOf(Found.class);
            assertThat(scanInPieces(body))
                    .as("%s, in pieces, %d bytes", what, wire.length)
                    .isInstanceOf(Found.class);
        }
    }

    @Test
    void refusesWhatItCannotFollowToItsEnd() {
        byte[] deep = SECRET;
        for (int i = 0; i < 12; i++) {
            deep = gzip(join(WORDS, deep));
        }
        assertThat(scan(deep)).isInstanceOf(Refused.class);
        byte[] bomb = zstd(new byte[64 << 20]);
        assertThat(scan(join(WORDS, bomb))).isInstanceOf(Refused.class);
    }

    @Test
    void letsBytesBeBytes() {
        Random random = new Random(12);
        byte[] image = noise(random, 300_000);
        for (int at = 1000; at < image.length - 10; at += 1000) {
            image[at] = 0x78;
            image[at + 1] = (byte) 0x9c;
        }
        byte[] archive = gzip(join(WORDS, hex(noise(random, 50_000))));
        byte[] split = zlib(join(WORDS, hex(noise(random, 50_000))));
        byte[] truncated = Arrays.copyOf(archive, 20_000);
        byte[] empty = Containers.zip("", new byte[0], new byte[0]);
        byte[] directories = join(empty, empty, empty, empty, empty, empty, empty, empty, empty, empty, empty);
        directories = join(directories, directories, directories, noise(random, 200_000));
        byte[] chunked = join(Arrays.copyOf(split, 8192), noise(random, 12), Arrays.copyOfRange(split, 8192, 16_000));
        for (byte[] body : List.of(
                image,
                base64(image),
                truncated,
                base64(truncated),
                hex(truncated),
                chunked,
                directories,
                base64(directories),
                Fixture.latin("H\u0089\u00c3".repeat(60_000)))) {
            assertThat(scan(body)).isInstanceOf(Clean.class);
            assertThat(scanInPieces(body)).isInstanceOf(Clean.class);
        }
    }

    @Test
    void readsAMultipartByTheBoundaryThatItsTypeNames() {
        String first = fixture.token().substring(0, 20);
        String rest = "0123456789abcdefGHIJ";
        String part = "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
        String body =
                "a preamble = that is\r\n--none\r\n--b1" + part + first + "\r\n--b1" + part + rest + "\r\n--b1--\r\n";
        assertThat(scan(Fixture.latin(body), "content-type", "multipart/form-data; boundary=b1"))
                .isInstanceOf(Found.class);
        assertThat(scan(Fixture.latin(body), "Content-Type", "Multipart/Mixed; x=y; Boundary = \"b1\""))
                .isInstanceOf(Found.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"%s=%s&c=d", "c=d&%s=%s", "%s=%s"})
    void joinsAFormsNamesWithTheirValues(String form) {
        String token = fixture.token();
        String body = String.format(form, token.substring(0, 22), token.substring(22));
        assertThat(scan(Fixture.latin(body), "content-type", "application/x-www-form-urlencoded"))
                .isInstanceOf(Found.class);
        assertThat(fixture.target("/a?" + body)).isInstanceOf(Found.class);
    }

    @Test
    void joinsKeysOfJsonWithTheirValues() {
        String token = fixture.token();
        String body = "{\"a\":1,\"" + token.substring(0, 22) + "\":\"" + token.substring(22) + "\",\"b\":\"x\"}";
        assertThat(fixture.body(body)).isInstanceOf(Found.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"&#%d", "&#x%x", "&#%09d;", "&#%030d;", "&#x%030x;"})
    void readsCharacterReferencesAsABrowserDoes(String form) {
        StringBuilder text = new StringBuilder("<p>");
        for (int i = 0; i < Fixture.KNOWN.length(); i++) {
            char c = Fixture.KNOWN.charAt(i);
            boolean ends = i + 1 < Fixture.KNOWN.length() && "-pLkmZRWHtx".indexOf(Fixture.KNOWN.charAt(i + 1)) >= 0;
            text.append(i % 3 == 0 && ends ? String.format(form, (int) c) : "" + c);
        }
        assertThat(fixture.body(text + "</p>")).isInstanceOf(Found.class);
    }

    @Test
    void readsEbcdicAndUuencode() {
        Charset ebcdic = Charset.forName("IBM037");
        byte[] text = ("the value is " + Fixture.KNOWN.replace('-', '/') + " " + fixture.token()).getBytes(ebcdic);
        assertThat(scan(text)).isInstanceOf(Found.class);
        assertThat(scan(base64(text))).isInstanceOf(Found.class);
        assertThat(scan(hex(text))).isInstanceOf(Found.class);
        byte[] clean = "the quick brown fox jumps over the lazy dog".getBytes(ebcdic);
        assertThat(scan(clean)).isInstanceOf(Clean.class);
        String lines = uuencoded(Fixture.latin("some words before " + fixture.token() + " and behind"));
        assertThat(scan(Fixture.latin("begin 644 a.txt\n" + lines + "`\nend\n")))
                .isInstanceOf(Found.class);
        assertThat(scan(Fixture.latin(lines))).isInstanceOf(Found.class);
        String escaped = ("begin 644 a.txt\n" + lines)
                .replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replace("\n", "\\n");
        assertThat(fixture.body("{\"a\":\"" + escaped + "\"}")).isInstanceOf(Found.class);
    }

    private static String uuencoded(byte[] plain) {
        StringBuilder out = new StringBuilder();
        for (int at = 0; at < plain.length; at += 45) {
            byte[] line = Arrays.copyOfRange(plain, at, Math.min(plain.length, at + 45));
            byte[] whole = Arrays.copyOf(line, (line.length + 2) / 3 * 3);
            out.append((char) (' ' + line.length));
            for (int i = 0; i < whole.length; i += 3) {
                int v = (whole[i] & 0xff) << 16 | (whole[i + 1] & 0xff) << 8 | whole[i + 2] & 0xff;
                for (int shift = 18; shift >= 0; shift -= 6) {
                    int c = v >> shift & 63;
                    out.append((char) (c == 0 ? '`' : ' ' + c));
                }
            }
            out.append('\n');
        }
        return out.toString();
    }

    @Test
    void takesNoRunOfASourceMapForAKey() {
        String map = "{\"version\":3,\"mappings\":\"AAAA,SAASAKIABCDEFGHIJKLMNOPQ,AAKIAZ7Q3M5W2X6R4T8Y,CAAC,AAIza"
                + "SyB3".repeat(12) + ";AACA\"}";
        assertThat(scan(map.getBytes(StandardCharsets.UTF_8))).isInstanceOf(Clean.class);
    }

    static Stream<Arguments> headers() {
        return Stream.iterate(0, window -> window + 1)
                .limit(8)
                .flatMap(window -> Stream.of(0, 1, 2, 3).map(level -> Arguments.of(window, level)));
    }

    @ParameterizedTest(name = "window {0}, level {1}")
    @MethodSource("headers")
    void followsZlibOfAnyWindowWhereverItBegins(int window, int level) {
        byte[] stream = Containers.zlib(join(WORDS, SECRET, WORDS), window, level);
        byte[] noise = noise(new Random(window * 4L + level), 5000);
        byte[] text = Fixture.latin("data");
        for (byte[] body : List.of(
                stream,
                join(noise, stream),
                join(WORDS, stream),
                base64(stream),
                join(text, base64(stream)),
                join(text, Fixture.latin("x"), base64(stream)),
                join(text, Fixture.latin("xy"), base64(stream)),
                join(text, Fixture.latin("xyz"), base64(stream)),
                mime(stream),
                hex(stream),
                join(Fixture.latin("a"), hex(stream)))) {
            assertThat(scan(body)).isInstanceOf(Found.class);
            assertThat(scanInPieces(body)).isInstanceOf(Found.class);
        }
    }

    static Stream<Arguments> behind() {
        byte[] plain = large(SECRET);
        return Stream.of(
                        Arguments.of("gzip", gzip(plain)),
                        Arguments.of("zlib", zlib(plain)),
                        Arguments.of("zstd", zstd(plain)),
                        Arguments.of("zip", zip("", new byte[0], plain)))
                .flatMap(each -> Stream.of(0, 1, 2, 3).map(count -> Arguments.of(each.get()[0], count, each.get()[1])));
    }

    @ParameterizedTest(name = "{0} behind {1}")
    @MethodSource("behind")
    void followsWhatIsPackedBehindOtherDataInBase64AndHex(String what, int count, byte[] packed) {
        byte[] text = Fixture.latin("xyz".substring(0, count));
        byte[] before = noise(new Random(count), 60 + count);
        for (byte[] wire : List.of(
                join(text, base64(packed)),
                base64(join(before, packed)),
                mime(join(before, packed)),
                join(text, base64(join(before, packed))),
                Base64.getUrlEncoder().encode(join(before, packed)),
                join(Fixture.latin("abc".substring(0, count)), hex(packed)))) {
            byte[] body = join(Fixture.latin("{\"data\":\""), wire, Fixture.latin("\"}"));
            assertThat(scan(body)).isInstanceOf(Found.class);
            assertThat(scanInPieces(body)).isInstanceOf(Found.class);
        }
    }

    /** What stands in everything by chance costs nothing, and machine code is no stream. */
    @Test
    void takesChanceHeadersForBytes() {
        byte[] noise = noise(new Random(77), 1_000_000);
        for (byte[] body : List.of(
                noise,
                base64(noise),
                hex(noise),
                Fixture.latin("H\u0089\u00c3H\u0089\u00e5H\u0089\u00c7".repeat(60_000)),
                Fixture.latin("(String a) XGB HKE hCa 8OK ".repeat(20_000)),
                Fixture.latin("eJwx eNoB technically unicode inherit ninja Xhe ".repeat(20_000)))) {
            assertThat(scan(body)).isInstanceOf(Clean.class);
            assertThat(scanInPieces(body)).isInstanceOf(Clean.class);
        }
    }

    /** Four letters make no picture, and the rows of one are read to their end. */
    @Test
    void takesNothingForThePixelsOfAPictureThatIsNoneAndReadsAllRows() {
        byte[] rows = join(new byte[20_000], SECRET, new byte[100_000]);
        assertThat(scan(join(Fixture.latin("x IDAT"), zlib(rows)))).isInstanceOf(Found.class);
        assertThat(scan(png(new byte[60_000_000], 8192))).isInstanceOf(Clean.class);
        assertThat(scan(base64(png(new byte[60_000_000], 1 << 20)))).isInstanceOf(Clean.class);
        // A length that is not the chunk's: whoever goes straight on reads all of it.
        byte[] lying = join(Fixture.latin("\0\0\0\5IDAT"), zlib(join(WORDS, hex(noise(new Random(3), 3000)), SECRET)));
        assertThat(scan(lying)).isInstanceOf(Found.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {7, 1000, 8192, 1 << 20})
    void followsTheRowsOfAPictureOverItsChunks(int chunk) {
        byte[] rows = join(noise(new Random(4), 300_000), SECRET, noise(new Random(5), 100_000));
        byte[] picture = png(rows, chunk);
        for (byte[] body : List.of(picture, base64(picture), mime(picture), hex(picture))) {
            assertThat(scan(body)).isInstanceOf(Found.class);
            assertThat(scanInPieces(body)).isInstanceOf(Found.class);
        }
    }

    @Test
    void refusesAPictureWhoseRowsAreTooMuch() {
        byte[] rows = new byte[40_000_000];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = (byte) (i & 1);
        }
        assertThat(scan(png(rows, 8192)))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.BOMB));
    }
}
