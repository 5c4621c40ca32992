package egress.dlp.builtin;

import static java.nio.charset.StandardCharsets.UTF_8;

import egress.dlp.ScanRequest;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;

/** What agents send all day: nothing of it may be stopped. */
final class CleanTraffic {
    /** @param make a request of what is drawn */
    record Sort(String name, Function<RandomText, ScanRequest> make) {}

    private CleanTraffic() {}

    static List<Sort> sorts() {
        List<Sort> out = new ArrayList<>();
        talk(out);
        packages(out);
        blobs(out);
        ids(out);
        code(out);
        scripts(out);
        return List.copyOf(out);
    }

    private static void talk(List<Sort> out) {
        add(
                out,
                "chat about keys",
                c -> chat(c.pick(
                                "My key is sk-... and it does not work, is ghp_xxxxxxxx right?",
                                "Set ANTHROPIC_API_KEY=sk-ant-... or OPENAI_API_KEY=YOUR_API_KEY and run again.",
                                "Use `Authorization: Bearer <token>` with your xoxb-your-bot-token, never commit AKIA... keys.",
                                "export GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                                "AWS keys begin with AKIA or ASIA; Stripe ones with sk_live_ or sk_test_; Google's with AIza.",
                                "postgres://user:password@localhost:5432/db or mysql://root:${MYSQL_PASSWORD}@db/app",
                                "-----BEGIN PRIVATE KEY-----\\n...\\n-----END PRIVATE KEY----- goes into the file",
                                "password: ********, api_key: <redacted>, token = os.environ['TOKEN']")
                        + " " + c.prose(80)));
        add(out, "prose", c -> chat(c.prose(600)));
        add(
                out,
                "tool schemas",
                c -> Where.json("{\"tools\":[{\"name\":\"login\",\"description\":\"" + c.prose(20)
                        + "\",\"input_schema\":{\"type\":\"object\",\"properties\":{\"password\":{\"type\":\"string\",\"minLength\":8},"
                        + "\"api_key\":{\"type\":\"string\",\"pattern\":\"^sk-[A-Za-z0-9]{48}$\"},\"token\":{\"type\":\"string\"}},"
                        + "\"required\":[\"password\"]}}],\"max_tokens\":4096}"));
        add(
                out,
                "tool results",
                c -> Where.json(
                        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\""
                                + c.t("toolu_01<22:A-Za-z0-9>") + "\",\"content\":\"" + c.prose(60) + "\\n"
                                + c.t("drwxr-xr-x  7 user user 4096 Jan <2:1-2> 10:<2:1-5> src")
                                + "\"}]}],\"stop\":null}"));
        add(
                out,
                "contacts",
                c -> Where.post(
                        "text/csv",
                        "name,mail,phone\n"
                                + c.lines(12, "A. <7:a-z>,<8:a-z>@<6:a-z>.example,+1 <3:0-9> 555 <4:0-9>")));
        add(
                out,
                "notebook",
                c -> Where.json(
                        "{\"cells\":[{\"cell_type\":\"code\",\"execution_count\":3,\"id\":\"" + c.t("<8:a-f0-9>")
                                + "\",\"source\":[\"import os\\n\",\"key = os.getenv(\\\"OPENAI_API_KEY\\\")\\n\",\"df.head()\"],\"outputs\":[{\"data\":{\"image/png\":\""
                                + c.image(6000) + "\"}}]}]}"));
    }

    private static void packages(List<Sort> out) {
        add(
                out,
                "package lock",
                c -> Where.json("{\"lockfileVersion\":3,\"packages\":{"
                        + c.joined(
                                30,
                                ",",
                                "\"node_modules/<8:a-z>\":{\"version\":\"1.<1:0-9>.2\","
                                        + "\"resolved\":\"https://registry.example/<8:a-z>/-/<8:a-z>-1.0.2.tgz\",\"integrity\":\"sha512-<86:A-Za-z0-9+/>==\"}")
                        + "}}"));
        add(
                out,
                "go sums",
                c -> Where.post(
                        "text/plain",
                        c.lines(40, "github.com/<6:a-z>/<7:a-z> v1.<1:0-9>.<1:0-9> h1:<43:A-Za-z0-9+/>=")));
        add(
                out,
                "cargo lock",
                c -> Where.post(
                        "text/plain",
                        c.lines(
                                20,
                                "[[package]]\nname = \"<7:a-z>\"\nversion = \"0.<1:0-9>.1\"\nchecksum = \"<64:a-f0-9>\"\n")));
        add(
                out,
                "requirements with hashes",
                c -> Where.post("text/plain", c.lines(20, "<7:a-z>==2.<1:0-9>.0 --hash=sha256:<64:a-f0-9>")));
        add(
                out,
                "package upload",
                c -> Where.json(
                        "{\"name\":\"tool\",\"_attachments\":{\"tool-1.0.0.tgz\":{\"content_type\":\"application/octet-stream\",\"data\":\""
                                + Dress.base64(Dress.gzip("function main() { return require('./lib/parser'); }\n"
                                        + c.prose(400) + c.t("<300:A-Za-z0-9+/>")))
                                + "\"}}}"));
        add(
                out,
                "wheel upload",
                c -> Where.post(
                        "multipart/form-data; boundary=q",
                        "--q\r\nContent-Disposition: form-data; name=\"sha256_digest\"\r\n\r\n"
                                + c.t("<64:a-f0-9>")
                                + "\r\n--q\r\nContent-Disposition: form-data; name=\"content\"; filename=\"t-1.0-py3-none-any.whl\"\r\n\r\nPK\u0003\u0004"
                                + c.binary(5000) + "\r\n--q--\r\n"));
        add(
                out,
                "image manifest",
                c -> Where.json("{\"schemaVersion\":2,\"layers\":["
                        + c.joined(12, ",", "{\"size\":<6:1-9>,\"digest\":\"sha256:<64:a-f0-9>\"}") + "]}"));
    }

    private static void blobs(List<Sort> out) {
        add(
                out,
                "image in base64",
                c -> Where.json(
                        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\","
                                + "\"media_type\":\"image/png\",\"data\":\"" + c.image(40_000)
                                + "\"}},{\"type\":\"text\",\"text\":\"what is this\"}]}]}"));
        add(out, "image", c -> Where.post("image/jpeg", "\u00ff\u00d8\u00ff\u00e0\0\u0010JFIF\0" + c.binary(30_000)));
        add(
                out,
                "mime attachment",
                c -> Where.post(
                        "message/rfc822",
                        "Content-Transfer-Encoding: base64\r\n\r\n"
                                + Base64.getMimeEncoder().encodeToString(Dress.latin(c.binary(8000)))));
        add(
                out,
                "certificate",
                c -> Where.post(
                        "text/plain",
                        c.t("<pem:CERTIFICATE><pem:PUBLIC KEY><pem:CERTIFICATE REQUEST>")
                                + "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"
                                + c.t("<43:A-Za-z0-9+/> user@host\n<pem:PGP PUBLIC KEY BLOCK>")));
        add(
                out,
                "embeddings",
                c -> Where.json("{\"input\":\"x\",\"embedding\":[" + c.joined(400, ",", "-0.0<15:0-9>") + "]}"));
        add(out, "token ids", c -> Where.json("{\"tokens\":[" + c.joined(500, ",", "<3:1-9>") + "]}"));
        add(out, "numbers", c -> Where.json("{\"points\":[" + c.joined(500, ", ", "<2:1-9>") + "]}"));
        add(out, "packed numbers", c -> Where.json("{\"index\":\"" + Dress.base64(c.packed(3000)) + "\"}"));
        add(
                out,
                "archive read as text",
                c -> chat("PK\\u0003\\u0004" + "\ufffd\\u0000META-INF/\ufffd\\u0008".repeat(300)));
        add(
                out,
                "encoded pages",
                c -> Where.post(
                        "application/x-www-form-urlencoded",
                        "text="
                                + URLEncoder.encode(
                                        c.lines(
                                                60,
                                                "<li class=\"task-<3:a-z>\"><a href=\"/sk-i18n/<5:a-z>?q=<2:0-9>\">if (ssl_secret_write == <1:0-9>) { hash_file('<4:a-z>'); }</a></li>"),
                                        UTF_8)));
        add(
                out,
                "source map",
                c -> Where.json("{\"version\":3,\"sources\":[\"a.ts\"],\"names\":[],\"mappings\":\""
                        + c.joined(600, ",", "<1:A-Z>A<2:A-Za-z>S") + "\"}"));
        add(
                out,
                "svg",
                c -> Where.post(
                        "image/svg+xml",
                        "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\""
                                + c.joined(200, " ", "M<2:0-9>.<1:0-9> <2:0-9>") + "\"/></svg>"));
        add(
                out,
                "hex dump",
                c -> Where.post(
                        "text/plain",
                        c.lines(
                                40,
                                "000<4:a-f0-9>: <4:a-f0-9> <4:a-f0-9> <4:a-f0-9> <4:a-f0-9> <4:a-f0-9> <4:a-f0-9>  ................")));
    }

    private static void ids(List<Sort> out) {
        add(
                out,
                "uuids",
                c -> Where.json("{\"items\":["
                        + c.joined(
                                60,
                                ",",
                                "{\"id\":\"<8:a-f0-9>-<4:a-f0-9>-4<3:a-f0-9>-a<3:a-f0-9>-<12:a-f0-9>\",\"n\":<3:1-9>}")
                        + "]}"));
        add(
                out,
                "traces",
                c -> Where.json("{\"spans\":["
                        + c.joined(
                                40,
                                ",",
                                "{\"traceId\":\"<32:a-f0-9>\",\"spanId\":\"<16:a-f0-9>\",\"parentSpanId\":\"<16:a-f0-9>\",\"name\":\"GET /v1\"}")
                        + "]}"));
        add(
                out,
                "commits",
                c -> Where.post(
                        "text/plain",
                        c.lines(60, "commit <40:a-f0-9>\nAuthor: A <a@x.example>\n\n    Fix the key handling\n")));
        add(
                out,
                "model ids",
                c -> Where.json("{\"ids\":["
                        + c.joined(
                                20,
                                ",",
                                "\"msg_01<22:A-Za-z0-9>\",\"req_011<21:A-Za-z0-9>\",\"call_<24:A-Za-z0-9>\",\"chatcmpl-<29:A-Za-z0-9>\",\"file-<24:A-Za-z0-9>\"")
                        + "]}"));
        add(
                out,
                "jwt-like ids",
                c -> Where.json("{\"cursor\":\"" + c.t("eyJ<40:A-Za-z0-9>.eyJ<60:A-Za-z0-9>.<43:A-Za-z0-9_->")
                        + "\",\"next\":\"" + c.t("<24:A-Za-z0-9>.<12:a-z>.<30:A-Za-z0-9>") + "\"}"));
        add(
                out,
                "site ids",
                c -> Where.json("{\"gtm\":\""
                        + c.t(
                                "GTM-<7:A-Z0-9>\",\"ga\":\"G-<10:A-Z0-9>\",\"stripe\":\"pk_live_<24:A-Za-z0-9>\",\"price\":\"price_1<23:A-Za-z0-9>\",\"site\":\"6L<38:A-Za-z0-9_->")
                        + "\"}"));
        add(
                out,
                "chain addresses",
                c -> Where.json("{\"to\":\""
                        + c.t("0x<40:a-f0-9>\",\"hash\":\"0x<64:a-f0-9>\",\"cid\":\"bafy<55:a-z2-7>") + "\"}"));
        add(
                out,
                "query strings",
                c -> Where.post(
                        "text/plain",
                        c.lines(
                                30,
                                "https://www.example/watch?v=<11:A-Za-z0-9_->&list=PL<32:A-Za-z0-9_->&t=<3:1-9>s&utm_source=news%20letter")));
    }

    private static void code(List<Sort> out) {
        add(
                out,
                "minified",
                c -> Where.post(
                        "application/javascript",
                        c.joined(
                                300,
                                ";",
                                "var <1:a-z>=<1:a-z>.<2:a-z>(<1:a-z>,<2:0-9>)||!<1:a-z>[<1:0-9>]&&\"<5:a-z>\\n\"")));
        add(
                out,
                "diff",
                c -> chat(
                        "```diff\\n-    password = getpass.getpass()\\n+    password = settings.DB_PASSWORD\\n+    api_key: str = Field(default=\\\"\\\")\\n"
                                + "+    token = request.headers.get(\\\"Authorization\\\")\\n+    const secretKey = process.env.SECRET_KEY;\\n```\\n"
                                + c.prose(60)));
        add(
                out,
                "manifest",
                c -> Where.post(
                        "application/yaml",
                        "env:\n- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: db\n      key: password\nimage: app@sha256:"
                                + c.t("<64:a-f0-9>\n")));
        add(
                out,
                "workflow",
                c -> Where.post(
                        "application/yaml",
                        "env:\n  TOKEN: ${{ secrets.GITHUB_TOKEN }}\n  AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}\nsteps:\n- uses: actions/checkout@"
                                + c.t("<40:a-f0-9>\n")));
        add(
                out,
                "identifiers",
                c -> Where.post(
                        "text/plain",
                        c.lines(
                                60,
                                "private static final AbstractConfigurableTokenKeyProviderFactory<5:A-Za-z> tokenKeyProviderFactory<4:A-Za-z>;")));
        add(
                out,
                "escaped code",
                c -> Where.json("{\"content\":\""
                        + "if (x == \\\"\\\\n\\\") {\\n\\t\\treturn \\\"\\\\u00e9\\\" + y;\\n}\\n".repeat(60)
                        + c.prose(30) + "\"}"));
        add(
                out,
                "sql",
                c -> Where.post(
                        "text/plain",
                        c.lines(40, "INSERT INTO users (id, password_hash) VALUES (<4:1-9>, NULL); -- row <8:a-z>")));
        add(
                out,
                "logs",
                c -> Where.post(
                        "text/plain",
                        c.lines(
                                60,
                                "2026-01-0<1:1-9>T1<1:0-9>:<2:1-5>:00.<3:0-9>Z INFO req=<16:a-f0-9> path=/v1/items/<6:1-9> ms=<2:1-9>")));
    }

    private static void scripts(List<Sort> out) {
        add(out, "chinese", c -> chat("请帮我检查这个函数，它返回的令牌（token）好像不对。密钥存放在环境变量里，不要写进代码。".repeat(8)));
        add(
                out,
                "russian",
                c -> chat(
                        "Проверьте, пожалуйста, эту функцию: токен возвращается неверный, а пароль хранится в окружении. "
                                .repeat(8)));
        add(
                out,
                "greek",
                c -> chat("Ελέγξτε τη συνάρτηση, το κλειδί δεν είναι σωστό και ο κωδικός λείπει. ".repeat(8)));
        add(out, "emoji", c -> chat("Done ✅ — it’s “ready” 🎉… see notes • one • two → three\u200d ".repeat(20)));
        add(
                out,
                "escaped script",
                c -> Where.json("{\"t\":\"" + "\\u4f60\\u597d\\uff0c\\u4e16\\u754c".repeat(80) + "\"}"));
    }

    private static void add(List<Sort> out, String name, Function<RandomText, ScanRequest> make) {
        out.add(new Sort(name, make));
    }

    private static ScanRequest chat(String text) {
        return Where.json("{\"model\":\"m\",\"max_tokens\":1024,\"messages\":[{\"role\":\"user\",\"content\":\"" + text
                + "\"}]}");
    }
}
