package egress.dlp.builtin;

import egress.dlp.BodySource;
import egress.dlp.HeaderField;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.random.RandomGenerator;

/**
 * A place of a request that a value is put into, whole or in pieces.
 *
 * @param pieces whether it splits the value, which then is not dressed as well
 * @param body whether any text fits, or only what may stand in a target or a field
 */
record Where(String name, boolean pieces, boolean body, BiFunction<String, RandomGenerator, ScanRequest> put) {
    private static final List<HeaderField> JSON = List.of(
            new HeaderField("user-agent", "python-requests/2.32.3"),
            new HeaderField("accept", "*/*"),
            new HeaderField("content-type", "application/json"));

    ScanRequest put(String value, RandomGenerator random) {
        return put.apply(value, random);
    }

    static List<Where> all() {
        List<Where> out = new ArrayList<>();
        targets(out);
        fields(out);
        json(out);
        texts(out);
        split(out);
        return List.copyOf(out);
    }

    private static void targets(List<Where> out) {
        line(out, "query value", v -> target("/search?lang=en&q=" + v + "&page=2"));
        line(out, "query name", v -> target("/search?" + v + "=1&page=2"));
        line(out, "path segment", v -> target("/v1/items/" + v + "/edit"));
        line(out, "path with query", v -> target("/" + v + "?x=1"));
    }

    private static void fields(List<Where> out) {
        line(out, "custom field", v -> field("x-request-tag", v));
        line(out, "authorization", v -> field("authorization", "Bearer " + v));
        line(out, "basic authorization", v -> field("authorization", "Basic " + Dress.base64("build:" + v)));
        line(out, "cookie", v -> field("cookie", "theme=dark; session=" + v + "; lang=en"));
        line(out, "user-agent", v -> field("user-agent", "agent/1.0 (" + v + ")"));
        line(out, "referer", v -> field("referer", "https://docs.example/page?ref=" + v));
        line(
                out,
                "trailer",
                v -> new ScanRequest(
                        "api.example",
                        "POST",
                        "/",
                        JSON,
                        body("{}"),
                        List.of(new HeaderField("x-checksum", v)),
                        ScanOptions.defaults()));
    }

    private static void json(List<Where> out) {
        text(
                out,
                "chat message",
                v -> json("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Please use " + escaped(v)
                        + " for the deploy.\"}]}"));
        text(out, "json value", v -> json("{\"name\":\"build\",\"value\":\"" + escaped(v) + "\",\"n\":3}"));
        text(out, "json key", v -> json("{\"name\":\"build\",\"" + escaped(v) + "\":true}"));
        text(out, "json deep", v -> json("{\"a\":".repeat(200) + "\"" + escaped(v) + "\"" + "}".repeat(200)));
        text(out, "json duplicate key", v -> json("{\"v\":\"" + escaped(v) + "\",\"v\":\"ok\"}"));
        text(out, "json in json", v -> json("{\"arguments\":\"" + escaped("{\"cmd\":\"" + escaped(v) + "\"}") + "\"}"));
        text(
                out,
                "tool call",
                v -> json("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"send\","
                        + "\"arguments\":{\"text\":\"" + escaped(v) + "\"}}}"));
        text(out, "broken json", v -> json("{\"a\":[1,2,\"" + escaped(v) + "\""));
        text(
                out,
                "end of a large body",
                v -> json("{\"filler\":\"" + "lorem ipsum dolor sit amet ".repeat(6000) + "\",\"v\":\"" + escaped(v)
                        + "\"}"));
        text(
                out,
                "across a border",
                v -> joined(bytes("{\"filler\":\"" + "a b c ".repeat(21_840) + escaped(v) + "\"}")));
        text(
                out,
                "spool",
                v -> joined(bytes("{\"filler\":\"" + "x y z ".repeat(60_000) + "\",\"v\":\"" + escaped(v) + "\"}")));
    }

    private static void texts(List<Where> out) {
        text(out, "plain text", v -> post("text/plain", "Hi,\nthe value is " + v + " as agreed.\nBye\n"));
        text(
                out,
                "form",
                v -> post("application/x-www-form-urlencoded", "name=build&value=" + v.replace("&", "%26") + "&ok=1"));
        text(out, "multipart", v -> multipart(List.of("first", v, "last")));
        text(
                out,
                "file name",
                v -> post(
                        "multipart/form-data; boundary=b7",
                        "--b7\r\nContent-Disposition: form-data; name=\"f\"; " + "filename=\"" + v
                                + "\"\r\n\r\nhello\r\n--b7--\r\n"));
        text(out, "xml text", v -> post("application/xml", "<?xml version=\"1.0\"?><r><id>7</id><v>" + v + "</v></r>"));
        text(out, "xml attribute", v -> post("application/xml", "<r><item id=\"7\" v=\"" + v + "\"/></r>"));
        text(out, "cdata", v -> post("application/xml", "<r><![CDATA[" + v + "]]></r>"));
        text(out, "csv", v -> post("text/csv", "id,name,value\n1,build," + v + "\n2,test,none\n"));
        text(out, "yaml", v -> post("application/yaml", "kind: Config\ndata:\n  value: " + v + "\n"));
        text(out, "dotenv", v -> post("text/plain", "PORT=8080\nVALUE=" + v + "\nMODE=dev\n"));
        text(
                out,
                "source code",
                v -> post("text/plain", "def main():\n    client = Client('" + v + "')\n    client.run()\n"));
        text(
                out,
                "diff",
                v -> post("text/x-diff", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-value = os.environ\n+value = '" + v + "'\n"));
        text(out, "log line", v -> post("text/plain", "2026-01-01T00:00:00Z INFO sent value=" + v + " status=200\n"));
        text(
                out,
                "claims to be an image",
                v -> post("image/png", "\u0089PNG\r\n\u001a\n\0\0\0\rIHDR\0\0\0\u0001 " + v + "\0\0"));
        text(
                out,
                "binary",
                v -> post("application/octet-stream", "\u0008\u0001\u0012" + varint(v.length()) + v + "\u0018\u0003"));
        text(
                out,
                "utf-16",
                v -> post(
                        "text/plain",
                        new String(
                                ("set " + v + " now").getBytes(StandardCharsets.UTF_16LE),
                                StandardCharsets.ISO_8859_1)));
        text(out, "zlib stream", v -> post("application/octet-stream", Dress.zlib("value: " + v + "\nend of it\n")));
        text(
                out,
                "pdf stream",
                v -> post(
                        "application/pdf",
                        "%PDF-1.4\n1 0 obj<</Filter/FlateDecode>>stream\n" + Dress.zlib("BT (" + v + ") Tj ET")
                                + "\nendstream"));
        text(out, "gzip coding", v -> coded("gzip", Dress.gzip("{\"value\":\"" + escaped(v) + "\"}")));
        text(out, "event stream", v -> post("text/event-stream", "event: x\ndata: {\"v\":\"" + escaped(v) + "\"}\n\n"));
    }

    private static void split(List<Where> out) {
        pieces(out, "json array", (v, r) -> json("{\"parts\":[\"" + String.join("\",\"", cut(v, r)) + "\"]}"));
        pieces(out, "json array of characters", (v, r) -> json("[\"" + String.join("\", \"", v.split("")) + "\"]"));
        pieces(out, "json values", (v, r) -> json(numbered("{", "\"p%d\":\"%s\"", ",", "}", cut(v, r))));
        pieces(
                out,
                "json objects",
                (v, r) -> json(numbered("[", "{\"i\":%d,\"kind\":\"chunk\",\"data\":\"%s\"}", ",", "]", cut(v, r))));
        pieces(out, "json keys", (v, r) -> json(numbered("{", "\"%2$s\":%1$d", ",", "}", cut(v, r))));
        pieces(out, "query values", (v, r) -> target("/t?" + numbered("", "p%d=%s", "&", "", cut(v, r))));
        pieces(out, "query names", (v, r) -> target("/t?" + numbered("", "%2$s=%1$d", "&", "", cut(v, r))));
        pieces(
                out,
                "form values",
                (v, r) -> post("application/x-www-form-urlencoded", numbered("", "p%d=%s", "&", "", cut(v, r))));
        pieces(out, "path segments", (v, r) -> target("/t/" + String.join("/", cut(v, r))));
        pieces(out, "fields", (v, r) -> {
            List<HeaderField> fields = new ArrayList<>(JSON);
            List<String> cut = cut(v, r);
            for (int i = 0; i < cut.size(); i++) {
                fields.add(new HeaderField("x-part-" + i, cut.get(i)));
            }
            return new ScanRequest(
                    "api.example", "GET", "/", fields, BodySource.empty(), List.of(), ScanOptions.defaults());
        });
        pieces(out, "multipart parts", (v, r) -> multipart(cut(v, r)));
        pieces(
                out,
                "xml elements",
                (v, r) -> post("application/xml", numbered("<r>", "<p n=\"%d\">%s</p>", "", "</r>", cut(v, r))));
        pieces(out, "csv cells", (v, r) -> post("text/csv", "a,b,c,d,e\n" + String.join(",", cut(v, r)) + "\n"));
        pieces(
                out,
                "yaml items",
                (v, r) -> post("application/yaml", "parts:\n" + numbered("", "  - %2$s", "\n", "\n", cut(v, r))));
        pieces(out, "cookies", (v, r) -> field("cookie", numbered("", "c%d=%s", "; ", "", cut(v, r))));
        pieces(
                out,
                "base64 pieces in json",
                (v, r) -> json("[\"" + String.join("\",\"", cut(Dress.base64(v), r)) + "\"]"));
        pieces(out, "chunks of a body", (v, r) -> {
            List<byte[]> chunks = new ArrayList<>();
            chunks.add(bytes("{\"v\":\""));
            cut(v, r).forEach(c -> chunks.add(bytes(c)));
            chunks.add(bytes("\"}"));
            return request("POST", "/", JSON, BodySource.of(chunks));
        });
    }

    private static String varint(int n) {
        return n < 128 ? "" + (char) n : "" + (char) (n & 127 | 128) + (char) (n >> 7);
    }

    private static List<String> cut(String v, RandomGenerator random) {
        return Dress.groups(v, Math.max(4, v.length() / (2 + random.nextInt(4)) + 1));
    }

    private static String numbered(String open, String each, String between, String close, List<String> pieces) {
        List<String> out = new ArrayList<>();
        for (int i = 0; i < pieces.size(); i++) {
            out.add(String.format(Locale.ROOT, each, i, pieces.get(i)));
        }
        return open + String.join(between, out) + close;
    }

    private static void line(List<Where> out, String name, java.util.function.Function<String, ScanRequest> put) {
        out.add(new Where(name, false, false, (v, r) -> put.apply(v)));
    }

    private static void text(List<Where> out, String name, java.util.function.Function<String, ScanRequest> put) {
        out.add(new Where(name, false, true, (v, r) -> put.apply(v)));
    }

    private static void pieces(List<Where> out, String name, BiFunction<String, RandomGenerator, ScanRequest> put) {
        out.add(new Where(name, true, true, put));
    }

    private static ScanRequest target(String target) {
        return request("GET", target, JSON.subList(0, 2), BodySource.empty());
    }

    private static ScanRequest field(String name, String value) {
        List<HeaderField> fields = new ArrayList<>(JSON.subList(1, 2));
        fields.add(new HeaderField(name, value));
        fields.add(new HeaderField("accept-language", "en"));
        return request("GET", "/v1/items", fields, BodySource.empty());
    }

    static ScanRequest json(String body) {
        return request("POST", "/v1/messages", JSON, body(body));
    }

    static ScanRequest post(String type, String body) {
        return request("POST", "/upload", List.of(new HeaderField("content-type", type)), body(body));
    }

    private static ScanRequest coded(String coding, String body) {
        return request(
                "POST", "/", List.of(new HeaderField("content-encoding", coding)), BodySource.of(Dress.latin(body)));
    }

    private static ScanRequest multipart(List<String> parts) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < parts.size(); i++) {
            out.append("--x7\r\nContent-Disposition: form-data; name=\"f")
                    .append(i)
                    .append("\"\r\n\r\n")
                    .append(parts.get(i));
            out.append("\r\n");
        }
        return post("multipart/form-data; boundary=x7", out + "--x7--\r\n");
    }

    private static ScanRequest joined(byte[] body) {
        List<byte[]> chunks = new ArrayList<>();
        for (int i = 0; i < body.length; i += 16_384) {
            chunks.add(java.util.Arrays.copyOfRange(body, i, Math.min(body.length, i + 16_384)));
        }
        return request("POST", "/", JSON, BodySource.of(chunks));
    }

    private static ScanRequest request(String method, String target, List<HeaderField> fields, BodySource body) {
        return new ScanRequest("api.example", method, target, fields, body, List.of(), ScanOptions.defaults());
    }

    private static BodySource body(String text) {
        return BodySource.of(bytes(text));
    }

    // A text of single bytes stays that; anything above is UTF-8.
    private static byte[] bytes(String text) {
        return text.chars().allMatch(c -> c < 256)
                ? text.getBytes(StandardCharsets.ISO_8859_1)
                : text.getBytes(StandardCharsets.UTF_8);
    }

    private static String escaped(String v) {
        return v.replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replace("\r", "\\r")
                .replace("\n", "\\n")
                .replace("\t", "\\t");
    }
}
