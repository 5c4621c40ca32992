package egress.abuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.github.luben.zstd.Zstd;
import egress.testkit.GitHubToken;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.scorecard.Case;
import egress.testkit.scorecard.Scorecard;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.StreamResetException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Row 44: bodies that the scanner could read in one way, and the origin in another. */
class CodingsTest {
    private static final String TOKEN = GitHubToken.of(44);
    private static final String CODING = "content-encoding";
    private static final String UNSCANNABLE = "403 dlp_unscannable";

    private static Site site;

    @BeforeAll
    static void start() throws IOException {
        site = new Site(builder -> builder.flags("--dlp-max-body", "2000000"));
    }

    @AfterAll
    static void stop() throws IOException {
        site.close();
    }

    @ParameterizedTest
    @MethodSource({"bodies", "messages"})
    void isScannedInEachReading(Case each, Scorecard scorecard) {
        scorecard.verify(each);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static byte[] gzip(byte[] plain) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return out.toByteArray();
    }

    private static byte[] zlib(byte[] plain, boolean bare) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream zlib = new DeflaterOutputStream(out, new Deflater(6, bare))) {
            zlib.write(plain);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return out.toByteArray();
    }

    /** RFC 1952: a name, which the decoder passes over. */
    private static byte[] named(byte[] gzip, String name) {
        byte[] head = Arrays.copyOf(gzip, 10);
        head[3] = 8;
        return join(head, bytes(name), new byte[1], Arrays.copyOfRange(gzip, 10, gzip.length));
    }

    /** The same stream with the header of another window and effort (RFC 1950, section 2.2). */
    private static byte[] window(byte[] zlib) {
        zlib[0] = 0x58;
        zlib[1] = (byte) 0x85;
        return zlib;
    }

    /** RFC 8878, section 3.1.2. */
    private static byte[] skippable(byte[] content) {
        return ByteBuffer.allocate(8 + content.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0x184D2A50)
                .putInt(content.length)
                .put(content)
                .array();
    }

    private static byte[] message(int flags, byte[] payload) {
        return ByteBuffer.allocate(5 + payload.length)
                .put((byte) flags)
                .putInt(payload.length)
                .put(payload)
                .array();
    }

    private static String post(String leg, byte[] body, String... fields) throws IOException {
        if (leg.equals("h2")) {
            try (H2Client client = site.h2Client(Site.H2)) {
                H2Stream stream = client.request("POST", Site.H2, "/count", false, fields);
                try {
                    stream.write(body, true);
                } catch (StreamResetException e) {
                    return Site.answer(stream); // answered before it was all sent
                }
                return Site.answer(stream);
            }
        }
        try (RawClient client = site.proxy.connect(Site.H1 + ":443")) {
            StringBuilder head = new StringBuilder("POST /count HTTP/1.1\r\nHost: h1.example\r\n");
            for (int i = 0; i < fields.length; i += 2) {
                head.append(fields[i]).append(": ").append(fields[i + 1]).append("\r\n");
            }
            try {
                client.send(head + "Content-Length: " + body.length + "\r\n\r\n")
                        .send(body);
            } catch (IOException e) {
                return Site.answer(client); // answered before it was all sent
            }
            return Site.answer(client);
        }
    }

    private static final class Cases {
        private final List<Case> all = new ArrayList<>();
        private final int first;

        Cases(int first) {
            this.first = first;
        }

        private String id() {
            return Case.id(44, first + all.size());
        }

        /** Of messages the head may have gone on already, which is not what is tried here. */
        private Cases stopped(String title, String denied, byte[] body, String... fields) {
            // A gRPC call is told so by a Trailers-Only response.
            String outcome = List.of(fields).contains("application/grpc") ? denied.replace("403", "200") : denied;
            for (String leg : List.of("h1", "h2")) {
                Case.Probe probe = () -> post(leg, body, fields);
                all.add(
                        first > 0
                                ? Case.stopped(id(), title, leg, probe, outcome)
                                : site.stopped(id(), title, leg, probe, outcome));
            }
            return this;
        }

        Cases found(String title, byte[] body, String... fields) {
            return stopped(title, "403 dlp_match", body, fields);
        }

        Cases clean(String title, byte[] body, String... fields) {
            for (String leg : List.of("h1", "h2")) {
                all.add(Case.through(id(), title, leg, () -> post(leg, body, fields)));
            }
            return this;
        }
    }

    static Stream<Case> bodies() {
        byte[] words = bytes("words, and words again. ".repeat(30));
        byte[] secret = bytes("token " + TOKEN);
        byte[] noise = new byte[300_000];
        new Random(44).nextBytes(noise);
        byte[] large = join(bytes(java.util.HexFormat.of().formatHex(noise)), bytes(" "), secret);
        String part = "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
        return new Cases(0)
                        .found(
                                "JSON that begins as finished deflate data",
                                bytes("{\"qtO9 3L7Q\": \"\", \"note\": [\"" + TOKEN + "\"]}"),
                                CODING,
                                "deflate")
                        .stopped(
                                "the same, clean",
                                UNSCANNABLE,
                                bytes("{\"qtO9 3L7Q\": \"\", \"note\": [\"words\"]}"),
                                CODING,
                                "deflate")
                        .stopped("deflate that is not zlib", UNSCANNABLE, zlib(words, true), CODING, "deflate")
                        .stopped("gzip named deflate", UNSCANNABLE, gzip(words), CODING, "deflate")
                        .found("the name of a gzip", named(gzip(words), TOKEN), CODING, "gzip")
                        .found("behind a gzip", join(gzip(words), secret), CODING, "gzip")
                        .stopped("a zero behind a gzip", UNSCANNABLE, join(gzip(words), new byte[1]), CODING, "gzip")
                        .found("behind a zlib", join(zlib(words, false), secret), CODING, "deflate")
                        .found("the second member of a gzip", join(gzip(words), gzip(secret)), CODING, "gzip")
                        .found(
                                "a skippable frame of zstd",
                                join(Zstd.compress(words), skippable(secret)),
                                CODING,
                                "zstd")
                        .found(
                                "gzip in a skippable frame",
                                join(skippable(gzip(secret)), Zstd.compress(words)),
                                CODING,
                                "zstd")
                        .stopped(
                                "three bytes behind a zstd",
                                UNSCANNABLE,
                                join(Zstd.compress(words), bytes("(\u00b5/")),
                                CODING,
                                "zstd")
                        .stopped("gzip named twice", UNSCANNABLE, gzip(words), CODING, "gzip, gzip")
                        .stopped("gzip named by two fields", UNSCANNABLE, gzip(words), CODING, "gzip", CODING, "gzip")
                        .found(
                                "the name of an inner gzip",
                                gzip(named(gzip(words), TOKEN)),
                                CODING,
                                "gzip",
                                CODING,
                                "gzip")
                        .found("600 kB within a zstd that no field tells of", Zstd.compress(large))
                        .found(
                                "600 kB within a zstd in base64",
                                Base64.getEncoder().encode(Zstd.compress(large)))
                        .found(
                                "600 kB within a zlib in base64",
                                Base64.getEncoder().encode(zlib(large, false)))
                        .found(
                                "a multipart behind a preamble",
                                bytes("not a part\r\n--b" + part + TOKEN.substring(0, 20) + "\r\n--b" + part
                                        + TOKEN.substring(20) + "\r\n--b--\r\n"),
                                "content-type",
                                "multipart/form-data; boundary=b")
                        .found(
                                "a form's name and value",
                                bytes(TOKEN.substring(0, 20) + "=" + TOKEN.substring(20) + "&a=b"),
                                "content-type",
                                "application/x-www-form-urlencoded")
                        .found("a zlib with a small window", join(bytes("data: \0"), window(zlib(secret, false))))
                        .found(
                                "600 kB within a zlib with a small window, in base64 behind a letter",
                                join(bytes("x"), Base64.getEncoder().encode(window(zlib(large, false)))))
                        .found(
                                "gzip behind a byte in base64",
                                Base64.getEncoder().encode(join(bytes("x"), gzip(large))))
                        .found("EBCDIC", secret(java.nio.charset.Charset.forName("IBM037")))
                        .clean("a gzip with a name", named(gzip(words), "a.txt"), CODING, "gzip")
                        .clean("two members of gzip", join(gzip(words), gzip(words)), CODING, "gzip")
                        .clean(
                                "zstd with a skippable frame",
                                join(skippable(words), Zstd.compress(words)),
                                CODING,
                                "zstd")
                        .clean("two codings", Zstd.compress(gzip(words)), CODING, "gzip", CODING, "zstd")
                        .clean("half of an archive", Arrays.copyOf(gzip(noise), 100_000))
                        .all
                        .stream();
    }

    private static byte[] secret(java.nio.charset.Charset charset) {
        return ("token " + TOKEN).getBytes(charset);
    }

    static Stream<Case> messages() {
        byte[] words = bytes("words");
        byte[] secret = bytes("token " + TOKEN);
        String type = "content-type";
        String grpc = "application/grpc";
        return new Cases(100)
                        .found(
                                "gRPC: the name of a gzip",
                                message(1, named(gzip(words), TOKEN)),
                                type,
                                grpc,
                                "grpc-encoding",
                                "gzip")
                        .found(
                                "gRPC: behind a gzip",
                                message(1, join(gzip(words), secret)),
                                type,
                                grpc,
                                "grpc-encoding",
                                "gzip")
                        .stopped(
                                "gRPC: a zero behind a gzip",
                                UNSCANNABLE,
                                message(1, join(gzip(words), new byte[1])),
                                type,
                                grpc,
                                "grpc-encoding",
                                "gzip")
                        .stopped(
                                "gRPC: deflate that is not zlib",
                                UNSCANNABLE,
                                message(1, zlib(words, true)),
                                type,
                                grpc,
                                "grpc-encoding",
                                "deflate")
                        .stopped(
                                "gRPC: a coding named twice",
                                UNSCANNABLE,
                                message(1, gzip(words)),
                                type,
                                grpc,
                                "grpc-encoding",
                                "gzip",
                                "grpc-encoding",
                                "gzip")
                        .stopped(
                                "gRPC: two codings in a list",
                                UNSCANNABLE,
                                message(1, gzip(words)),
                                type,
                                grpc,
                                "grpc-encoding",
                                "identity, gzip")
                        .stopped(
                                "gRPC: a content coding too",
                                UNSCANNABLE,
                                gzip(message(0, words)),
                                type,
                                grpc,
                                CODING,
                                "gzip")
                        .stopped(
                                "gRPC: a content coding beside its own",
                                UNSCANNABLE,
                                message(1, gzip(words)),
                                type,
                                grpc,
                                "grpc-encoding",
                                "gzip",
                                CODING,
                                "gzip")
                        .stopped(
                                "Connect: a content coding too",
                                UNSCANNABLE,
                                gzip(message(0, words)),
                                type,
                                "application/connect+json",
                                CODING,
                                "gzip")
                        .stopped("gRPC: a flag that is none", UNSCANNABLE, message(2, words), type, grpc)
                        .stopped("gRPC: trailers in the body", UNSCANNABLE, message(0x80, words), type, grpc)
                        .clean("gRPC: gzip", message(1, gzip(words)), type, grpc, "grpc-encoding", "gzip")
                        .clean("gRPC: no coding by name", message(0, words), type, grpc, CODING, "identity")
                        .all
                        .stream();
    }
}
