package egress.dlp.pipelock;

import static egress.dlp.pipelock.Bench.TOKEN;
import static egress.dlp.pipelock.Bench.get;
import static egress.dlp.pipelock.Bench.post;
import static egress.dlp.pipelock.Bench.withTrailers;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import egress.dlp.BodySource;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Clean;
import egress.dlp.ScanVerdict.Denied;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.ScanVerdict.Refused;
import egress.dlp.pipelock.Bench.Kind;
import egress.testkit.pipelock.NeedsRealPipelock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What pipelock does not see of a request as it stands is put to it so that it does; and what is clean stays so. */
final class BlindSpotsTest {
    private static final byte[] LONG = "lorem ipsum ".repeat(6000).getBytes(StandardCharsets.UTF_8);
    private static final byte[] TEXT = ("here " + TOKEN).getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path directory;

    private static Map<String, ScanRequest> bad() throws IOException {
        Map<String, ScanRequest> all = new LinkedHashMap<>();
        all.put("gzip", post("text/plain", gzip(TEXT), "Content-Encoding", "gzip"));
        all.put("gzip twice", post("text/plain", gzip(gzip(TEXT)), "Content-Encoding", "gzip, gzip"));
        all.put("deflate", post("text/plain", deflate(TEXT), "Content-Encoding", "deflate"));
        all.put("zstd", post("text/plain", Zstd.compress(TEXT), "Content-Encoding", "zstd"));
        all.put("trailer", withTrailers(post("text/plain", "hello"), "X-Sum", TOKEN));
        all.put("trailer named like framing", withTrailers(post("text/plain", "hello"), "Content-Length", TOKEN));
        all.put("image", post("image/png", TEXT));
        all.put("audio, oddly spelled", post(" AUDIO/x-wav; a=b", TEXT));
        all.put("video", post("video/mp4", TEXT));
        all.put("two types", post("image/png", TEXT, "Content-Type", "text/plain"));
        all.put("value in an image's type", post("image/png; x=" + TOKEN, "hello"));
        all.put("split query", get("/s?a=ghp_a1B2c3D4e5F6g7H8&b=i9J0k1L2m3N4o5P6q7R8"));
        all.put("line break in query", get("/s?a=b%0Ac"));
        all.put("line break in path", get("/s%0dc"));
        all.put("duplicate key", post("application/json", "{\"a\":\"" + TOKEN + "\",\"a\":1}"));
        all.put("duplicate key, encoded", post("application/json", "{\"a\":\"" + base64(TOKEN) + "\",\"a\":1}"));
        all.put("deep", post("application/json", "[".repeat(90) + "\"" + base64(TOKEN) + "\"" + "]".repeat(90)));
        all.put("encoded in JSON called text", post("text/plain", "{\"a\":\"" + base64(TOKEN) + "\"}"));
        all.put("broken surrogate", post("application/json", "{\"a\":\"\\ud800" + TOKEN + "\",\"a\":1}"));
        all.put("host", withHost(TOKEN.substring(0, 20) + "." + TOKEN.substring(20) + ".example"));
        all.put("expect", get("/", "Expect", TOKEN));
        all.put("upgrade", get("/", "Upgrade", TOKEN));
        all.put("its own field", get("/", "Pipelock-Mediation", TOKEN));
        all.put("its own signature", get("/", "Signature", "pipelock1=\"" + TOKEN + "\""));
        all.put("our own field", get("/", "Egress-Question", TOKEN));
        all.put("method", method(TOKEN));
        byte[] longAndBad = Arrays.copyOf(LONG, LONG.length + TEXT.length);
        System.arraycopy(TEXT, 0, longAndBad, LONG.length, TEXT.length);
        all.put("long body", post("text/plain", longAndBad));
        all.put("long body, gzip'd", post("text/plain", gzip(longAndBad), "Content-Encoding", "gzip"));
        all.put("body alone", post("text/plain", TEXT).withoutHead());
        return all;
    }

    private static Map<String, ScanRequest> good() throws IOException {
        Map<String, ScanRequest> all = new LinkedHashMap<>();
        byte[] json = "{\"a\":{\"b\":[1,2,\"x\"]}}".getBytes(StandardCharsets.UTF_8);
        all.put("gzip", post("application/json", gzip(json), "Content-Encoding", "gzip"));
        all.put("trailer", withTrailers(post("text/plain", "hello"), "X-Sum", "abc"));
        all.put("image", post("image/png", new byte[] {(byte) 0x89, 'P', 'N', 'G', 0, 1, 2, 3}));
        all.put("two parameters", get("/s?a=1&b=2"));
        all.put("same key in two objects", post("application/json", "[{\"a\":1},{\"a\":2}]"));
        all.put("JSON called text", post("text/plain", "{\"a\":\"b\"}"));
        all.put("lines of JSON", post("application/x-ndjson", "{\"a\":\"b\"}\n{\"a\":\"c\"}\n"));
        all.put("asterisk", get("*"));
        all.put("upgrade", get("/ws", "Connection", "Upgrade", "Upgrade", "websocket"));
        all.put("expect", get("/", "Expect", "100-continue"));
        all.put("head alone", ScanRequest.head("localhost", "POST", "/x", List.of(), ScanOptions.defaults()));
        all.put("extended connect", method("CONNECT"));
        all.put("method of its own", method("PROPFIND"));
        all.put("long body", post("text/plain", LONG));
        all.put("long body, gzip'd", post("text/plain", gzip(LONG), "Content-Encoding", "gzip"));
        all.put("HEAD", method("HEAD"));
        return all;
    }

    @Test
    void closesThem() throws Exception {
        check(Kind.RECORDED);
    }

    @Test
    @NeedsRealPipelock
    void closesThoseOfTheRealOne() throws Exception {
        check(Kind.REAL);
    }

    private void check(Kind kind) throws Exception {
        Map<String, ScanVerdict> let = new LinkedHashMap<>();
        Map<String, ScanVerdict> stopped = new LinkedHashMap<>();
        try (Bench bench = Bench.of(kind, directory);
                PipelockScanner scanner = bench.scanner(PipelockMode.SINK)) {
            bad().forEach((name, request) -> let.put(name, Bench.ask(scanner, request)));
            good().forEach((name, request) -> stopped.put(name, Bench.ask(scanner, request)));
        }
        let.values().removeIf(Denied.class::isInstance);
        stopped.values().removeIf(Clean.class::isInstance);
        assertThat(let).isEmpty();
        assertThat(stopped).isEmpty();
    }

    @Test
    void refusesWhatCannotBeDecodedWithinBounds() throws Exception {
        byte[] bomb = gzip(new byte[2 << 20]);
        Map<ScanRequest, Reason> refused = Map.of(
                post("text/plain", TEXT, "Content-Encoding", "rot13"), Reason.UNKNOWN_ENCODING,
                post("text/plain", TEXT, "Content-Encoding", "gzip"), Reason.UNDECODABLE,
                post("text/plain", Arrays.copyOf(bomb, 500), "Content-Encoding", "gzip"), Reason.UNDECODABLE,
                post("text/plain", bomb, "Content-Encoding", "gzip"), Reason.BOMB,
                post("text/plain", new byte[(1 << 20) + 1]), Reason.BOMB);
        try (Bench bench = Bench.of(Kind.RECORDED, directory)) {
            for (PipelockMode way : PipelockMode.values()) {
                try (PipelockScanner scanner = bench.scanner(way, settings -> settings.withMaxBody(1 << 20))) {
                    refused.forEach((request, reason) -> assertThat(Bench.ask(scanner, request))
                            .isInstanceOfSatisfying(
                                    Refused.class,
                                    verdict -> assertThat(verdict.reason()).isEqualTo(reason)));
                    assertThat(Bench.ask(scanner, post("text/plain", "hello"))).isInstanceOf(Clean.class);
                }
            }
        }
    }

    @Test
    void deniesWhatCannotStandInARequestWithoutAsking() throws Exception {
        try (Bench bench = Bench.of(Kind.RECORDED, directory)) {
            for (PipelockMode way : PipelockMode.values()) {
                try (PipelockScanner scanner = bench.scanner(way)) {
                    List<ScanRequest> smuggled = List.of(
                            get("/ HTTP/1.1\r\nX: y"),
                            get("/", "X", "a\r\nEgress-Verdict: b"),
                            get("/", "X\r\nY", "a"),
                            withTrailers(get("/"), "X", "a\0"),
                            withHost("a.example\r\nX: y"),
                            method("GET / HTTP/1.1\r\nX:"));
                    for (ScanRequest request : smuggled) {
                        assertThat(Bench.ask(scanner, request)).isInstanceOf(Denied.class);
                    }
                }
            }
            assertThat(bench.recorded().connections()).isZero();
        }
    }

    private static ScanRequest withHost(String host) {
        return new ScanRequest(host, "GET", "/", List.of(), BodySource.empty(), List.of(), ScanOptions.defaults());
    }

    private static ScanRequest method(String method) {
        return new ScanRequest(
                "localhost", method, "/", List.of(), BodySource.empty(), List.of(), ScanOptions.defaults());
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] deflate(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflate = new DeflaterOutputStream(out)) {
            deflate.write(bytes);
        }
        return out.toByteArray();
    }
}
