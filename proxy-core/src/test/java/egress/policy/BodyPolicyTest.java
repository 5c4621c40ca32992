package egress.policy;

import static egress.policy.ExamplePolicy.code;
import static egress.policy.ExamplePolicy.fields;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.encoder.Encoder;
import egress.http.Authority;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What only a body says: which way an LFS batch moves, and the method that a form asks for. */
final class BodyPolicyTest {
    private static final String FORM = "Content-Type: application/x-www-form-urlencoded";
    private static final String PARTS = "Content-Type: multipart/form-data; boundary=b";
    private static final String BATCH = "/team/tool.git/info/lfs/objects/batch";

    private static String judged(String host, String method, String target, byte[] body, int piece, String... fields) {
        Verdict verdict = ExamplePolicy.POLICY.judge(
                new RequestHead(true, new Authority(host, 443), method, target, fields(fields)));
        if (!(verdict instanceof Verdict.Inspect inspect)) {
            return code(verdict);
        }
        Verdict.Deny deny = null;
        for (int at = 0; deny == null && at < body.length; at += piece) {
            deny = inspect.body().take(Unpooled.wrappedBuffer(body, at, Math.min(piece, body.length - at)));
        }
        deny = deny == null ? inspect.body().end() : deny;
        return deny == null ? "allow" : deny.why().code();
    }

    /** Whole and in pieces: the answer is the same. */
    private static String judged(String host, String method, String target, byte[] body, String... fields) {
        String whole = judged(host, method, target, body, Math.max(body.length, 1), fields);
        for (int piece : new int[] {1, 3, 7}) {
            assertThat(judged(host, method, target, body, piece, fields)).isEqualTo(whole);
        }
        return whole;
    }

    private static String judged(String host, String method, String target, String body, String... fields) {
        return judged(host, method, target, body.getBytes(ISO_8859_1), fields);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '!',
            quoteCharacter = '`',
            value = {
                "{\"operation\":\"download\",\"objects\":[{\"oid\":\"a\",\"size\":1}]} ! allow",
                "{ \"transfers\" : [\"basic\"], \"ref\":{\"name\":\"refs/heads/main\"}, \"operation\" : \"download\" } ! allow",
                "{\"operation\":\"\\u0064ownload\",\"x\":[1,-2.5e3,true,null,{}]} ! allow",
                "{\"operation\":\"upload\",\"objects\":[]} ! git_push",
                "{\"objects\":[],\"operation\":\"upload\"} ! git_push",
                "{\"operation\":\"download\",\"operation\":\"upload\"} ! git_push",
                "{\"operation\":\"upload\",\"operation\":\"download\"} ! git_push",
                "{\"operation\":\"download\",\"Operation\":\"upload\"} ! git_push",
                "{\"operation\":\"download\",\"OPERATION\":\"upload\"} ! git_push",
                "{\"\\u006fperation\":\"upload\",\"operation\":\"download\"} ! git_push",
                "{\"operation\":\"download\",\"oper\\u0061tion\":\"\\u0075pload\"} ! git_push",
                "{\"operation\":\"download\",\"operation\":[\"upload\"]} ! git_push",
                "{\"operation\":\"download\",\"operation\":{\"a\":1}} ! git_push",
                "{\"operation\":\"download\",\"operation\":null} ! git_push",
                "{\"operation\":\"Download\"} ! git_push",
                "{\"operation\":\"download \"} ! git_push",
                "{\"objects\":[{\"operation\":\"download\"}]} ! git_push",
                "{\"objects\":[{\"operation\":\"upload\"}],\"operation\":\"download\"} ! allow",
                "{} ! git_push",
                "[] ! git_push",
                "\"download\" ! git_push",
                "{\"operation\":\"download\"}{\"operation\":\"upload\"} ! git_push",
                "{\"operation\":\"download\"}x ! git_push",
                "{\"operation\":\"download\" ! git_push",
                "{\"operation\":\"download\",} ! git_push",
                "{'operation':'download'} ! git_push",
                "{operation:\"download\"} ! git_push",
                "{\"operation\":\"download\",/*\"*/\"x\":1} ! git_push",
                "{\"operation\":\"download\",\"a\":01} ! git_push",
                "{\"operation\":\"download\",\"a\":nul} ! git_push",
                "{\"operation\":\"download\",\"a\":\"\\x\"} ! git_push",
                "{\"operation\":\"download\",\"a\":\"\u0001\"} ! git_push",
                "{\"operation\":\"download\",\"a\":\"\u00c0\u00a2,\"} ! git_push",
                "{\"operation\":\"download\",\"a\":[}] ! git_push",
                "\u00ef\u00bb\u00bf{\"operation\":\"download\"} ! git_push",
            })
    void letsAnLfsBatchOnlyDownload(String body, String expected) {
        assertThat(judged("git.example", "POST", BATCH, body)).isEqualTo(expected);
        assertThat(judged("git.example", "POST", "/objects%2fbatch/", body)).isEqualTo(expected);
        assertThat(judged("git.example", "POST", "/x", body, "X-Original-URL: " + BATCH))
                .isEqualTo(expected);
        assertThat(judged("open.example", "POST", BATCH, body)).isEqualTo("git_fetch");
    }

    @Test
    void takesAnLfsBatchForAPushThatItCannotRead() {
        String download = "{\"operation\":\"download\"}";
        assertThat(judged("git.example", "POST", BATCH, "")).isEqualTo("git_push");
        assertThat(judged("git.example", "GET", BATCH, "")).isEqualTo("allow");
        assertThat(judged("git.example", "GET", BATCH, "{\"operation\":\"upload\"}"))
                .isEqualTo("git_push");
        assertThat(judged("git.example", "POST", BATCH, download, "Content-Encoding: gzip"))
                .isEqualTo("git_push");
        assertThat(judged("git.example", "POST", BATCH, download, "Content_Encoding: br"))
                .isEqualTo("git_push");
        assertThat(judged("git.example", "POST", BATCH, download, "Content-Encoding: identity"))
                .isEqualTo("allow");
        assertThat(judged("git.example", "POST", BATCH, download.getBytes(java.nio.charset.StandardCharsets.UTF_16)))
                .isEqualTo("git_push");
        assertThat(judged("git.example", "POST", BATCH, "{\"a\":" + "[".repeat(100)))
                .isEqualTo("git_push");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "_method=TRACE",
                "a=b&_method=trace",
                "_method=+TRACE+&a=b",
                "%5Fmethod=%54RACE",
                "%255fmethod=TRACE&x",
                "a=b;_method=TRACK;c",
                "++%20_method=CONNECT",
                "_METHOD=connect",
                "x-http-method-override=TRACE",
                ".method=TRACE",
                "a=b&[method=TRACE",
                "_method%00x=TRACE",
                "_method[]=TRACE",
                "_method%5B0%5D=TRACE",
                "x.http.method_override=TRACE",
                "a=b\r\n&_method=TRACE\r\n"
            })
    void refusesAFormThatAsksForAForbiddenMethod(String form) throws IOException {
        for (String host : new String[] {"open.example", "v1.example"}) {
            assertThat(judged(host, "POST", "/v1", form, FORM)).isEqualTo("method_not_allowed");
            assertThat(judged(host, "POST", "/v1", form)).isEqualTo("method_not_allowed");
            assertThat(judged(host, "POST", "/v1", form, "Content-Type: a/b", "Content_Type: x-www-form-urlencoded"))
                    .isEqualTo("method_not_allowed");
            assertThat(judged(host, "POST", "/v1", gzip(form), FORM, "Content-Encoding: gzip"))
                    .isEqualTo("method_not_allowed");
            assertThat(judged(host, "POST", "/v1", form, FORM, "Content-Encoding: gzip"))
                    .isEqualTo("method_not_allowed");
            assertThat(judged(host, "POST", "/v1", brotli(form), FORM, "Content-Encoding: br"))
                    .isEqualTo("method_not_allowed");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nTRACE\r\n--b--\r\n",
                "--b\r\ncontent-disposition: form-data; name=_method\r\nContent-Type: text/plain\r\n\r\ntrace\r\n--b--",
                "--b\nContent-Disposition: form-data;\n name=\"_method\"\n\nCONNECT\n--b--\n",
                "--b\r\nContent-Disposition: form-data; name*=UTF-8''_method\r\n\r\nTRACK\r\n--b--\r\n",
                "x\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\n TRACE\r\n--b--\r\n"
            })
    void refusesPartsThatAskForAForbiddenMethod(String parts) {
        assertThat(judged("open.example", "POST", "/", parts, PARTS)).isEqualTo("method_not_allowed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "name=\"_method\"\r\n--x: 1\r\n\r\nTRACE",
                "name=\"_method\"\r\n--x\r\n\r\nTRACE",
                "name=\"_method\"\r\n--b\r\n\r\nTRACE",
                "name=\"_method\"\r\n \r\nX: 1\r\n\r\nTRACE",
                "name=a\r\n \r\nContent-Disposition: form-data; name=_method\r\n--b\r\n\r\nTRACE",
                "name=a\n\nContent-Disposition: form-data; name=_method\n--b\r\n\r\nTRACE",
                "name*0=\"_me\"; name*1=\"thod\"\r\n\r\nTRACE",
                "name=\"\\_method\"\r\n\r\nTRACE",
                "name=\".method\"\r\n\r\nTRACE",
                "name=\"_method\"\r\nContent-Transfer-Encoding: base64\r\n\r\nVFJBQ0U=",
                "Name=_method\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=54RACE",
                "filename=\"PAD\"; name=\"_method\"\r\n\r\nTRACE",
                "name=_method\r\n\r\nPADTRACE",
            })
    void refusesAForbiddenMethodHoweverThePartIsWritten(String head) {
        for (String pad : new String[] {"a".repeat(1000), "a".repeat(1024), "a".repeat(5000)}) {
            String padded = head.endsWith("PADTRACE") ? " ".repeat(pad.length()) : pad;
            String parts = "--b\r\nContent-Disposition: form-data; " + head.replace("PAD", padded) + "\r\n--b--\r\n";
            String before = "--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n1\r\n";
            assertThat(judged("open.example", "POST", "/", before + parts, PARTS))
                    .isEqualTo("method_not_allowed");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "multipart/form-data; boundary; x=c; boundary=b",
                "multipart/form-data; boundary=c; boundary=b",
                "multipart/form-data; boundary=b c",
                "multipart/form-data; boundary=\"b\\\"\"",
                "multipart/form-data"
            })
    void takesNoLineForTheEndOfAPartThatMayBeNone(String type) {
        String parts = "--c\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n"
                + "--c\r\nContent-Disposition: form-data; name=_method\r\n--b\r\n\r\nTRACE\r\n--c--\r\n";
        assertThat(judged("open.example", "POST", "/", parts, "Content-Type: " + type))
                .isEqualTo("method_not_allowed");
    }

    @Test
    void letsFilesPassThatSpeakOfMethods() {
        String file = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.rb\"\r\n\r\n"
                + "the parameter _method is read\r\n--b\r\n"
                + "Content-Disposition: form-data; name=\"purpose\"\r\n\r\nassistants\r\n"
                + "--b\r\nContent-Disposition: form-data; name=\"mail\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                + "VFJBQ0U=\r\n--b--\r\n";
        assertThat(judged("rules.example", "POST", "/write", file, PARTS)).isEqualTo("allow");
        String put = "--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\npost\r\n"
                + "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nassistants\r\n--b--\r\n";
        assertThat(judged("rules.example", "POST", "/write", put, PARTS)).isEqualTo("allow");
        assertThat(judged("rules.example", "POST", "/write", put, "Content-Type: multipart/form-data; boundary=\"b\""))
                .isEqualTo("allow");
    }

    @Test
    void decodesNoFormThatGrowsWithoutBounds() throws IOException {
        byte[] small = gzip("a=" + "b".repeat(200_000));
        byte[] large = gzip("a=" + "b".repeat(2_000_000));
        assertThat(judged("open.example", "POST", "/", small, FORM, "Content-Encoding: gzip"))
                .isEqualTo("allow");
        assertThat(judged("open.example", "POST", "/", large, FORM, "Content-Encoding: gzip"))
                .isEqualTo("method_not_allowed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/?.method=TRACE",
                "/?_method%5B%5D=TRACE",
                "/?_method%00=TRACE",
                "/?_method[a]=TRACE",
                "/x%3F_method=TRACE",
                "/x%253fa%3d1%2526_method=TRACE",
                "/x%3f_method%3DTRACE"
            })
    void refusesAQueryThatAsksForAForbiddenMethod(String target) {
        assertThat(judged("open.example", "POST", target, "", "Content-Type: a/b"))
                .isEqualTo("method_not_allowed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a=b&c=d",
                "method=TRACE",
                "a=_method%3DTRACE",
                "_method=PATCH",
                "the_method=TRACE",
                "_method",
                "{\"json\": \"sent as a form by default\"}",
                "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nTRACE\r\n--b--\r\n"
            })
    void letsOtherFormsPass(String form) throws IOException {
        assertThat(judged("open.example", "POST", "/", form, FORM)).isEqualTo("allow");
        assertThat(judged("open.example", "POST", "/", form, PARTS)).isEqualTo("allow");
        assertThat(judged("open.example", "POST", "/", gzip(form), FORM, "Content-Encoding: gzip"))
                .isEqualTo("allow");
        assertThat(judged("open.example", "POST", "/", deflate(form), FORM, "Content-Encoding: deflate"))
                .isEqualTo("allow");
        assertThat(judged("open.example", "POST", "/", brotli(form), FORM, "Content-Encoding: br"))
                .isEqualTo("allow");
    }

    @Test
    void judgesTheMethodOfAFormByTheRoutesRules() {
        assertThat(judged("rules.example", "POST", "/write", "_method=DELETE", FORM))
                .isEqualTo("method_not_allowed");
        assertThat(judged("rules.example", "POST", "/write", "_method=post", FORM))
                .isEqualTo("allow");
        assertThat(judged("git.example", "POST", "/r/refs/heads/main", "_method=PUT", FORM))
                .isEqualTo("git_push");
    }

    @Test
    void doesNotLetAFormPassThatItCannotDecode() throws IOException {
        byte[] two = join(gzip("a=b"), gzip("&_method=TRACE"));
        assertThat(judged("open.example", "POST", "/", two, FORM, "Content-Encoding: gzip"))
                .isEqualTo("method_not_allowed");
        assertThat(judged(
                        "open.example", "POST", "/", join(gzip("a=b"), new byte[] {1}), FORM, "Content-Encoding: gzip"))
                .isEqualTo("method_not_allowed");
        assertThat(judged("open.example", "POST", "/", "a=b", FORM, "Content-Encoding: br"))
                .isEqualTo("method_not_allowed");
        byte[] brotli = brotli("a=b&c=" + "d".repeat(20_000));
        assertThat(judged("open.example", "POST", "/", brotli, FORM, "Content-Encoding: br"))
                .isEqualTo("allow");
        assertThat(judged("open.example", "POST", "/", join(brotli, new byte[] {1}), FORM, "Content-Encoding: br"))
                .isEqualTo("method_not_allowed");
        byte[] cut = Arrays.copyOf(brotli, brotli.length - 1);
        assertThat(judged("open.example", "POST", "/", cut, FORM, "Content-Encoding: br"))
                .isEqualTo("method_not_allowed");
        assertThat(judged("open.example", "POST", "/", brotli("a".repeat(17 << 20)), FORM, "Content-Encoding: br"))
                .isEqualTo("method_not_allowed");
        assertThat(judged("open.example", "POST", "/", "a=b", FORM, "Content-Encoding: gzip, gzip"))
                .isEqualTo("method_not_allowed");
        assertThat(judged("open.example", "POST", "/", "a=b", "Content-Encoding: compress"))
                .isEqualTo("allow");
        assertThat(judged("open.example", "POST", "/?_HttpMethod=TRACE", "", "Content-Type: a/b"))
                .isEqualTo("method_not_allowed");
        assertThat(judged("open.example", "POST", "/", gzip("a".repeat(17 << 20)), FORM, "Content-Encoding: gzip"))
                .isEqualTo("method_not_allowed");
        assertThat(judged("open.example", "POST", "/", "a=b", "Content-Type: application/json", "Content-Encoding: br"))
                .isEqualTo("allow");
    }

    private static byte[] join(byte[] one, byte[] other) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(one);
        out.write(other);
        return out.toByteArray();
    }

    private static byte[] brotli(String text) throws IOException {
        Brotli4jLoader.ensureAvailability();
        return Encoder.compress(text.getBytes(ISO_8859_1));
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream coded = new GZIPOutputStream(out)) {
            coded.write(text.getBytes(ISO_8859_1));
        }
        return out.toByteArray();
    }

    private static byte[] deflate(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream coded = new DeflaterOutputStream(out)) {
            coded.write(text.getBytes(ISO_8859_1));
        }
        return out.toByteArray();
    }

    /** Names and values put together by chance, against a reading that splits the whole text. */
    @Test
    void findsTheParameterWhereverAFormHidesIt() throws IOException {
        long seed = 20_261_130L;
        Random random = new Random(seed);
        String[] names = {
            "_method",
            "_METHOD",
            "%5fmethod",
            "%255Fmethod",
            "_m%65thod",
            "x-http-method-override",
            "_method[a]",
            "methods",
            "m"
        };
        String[] values = {"TRACE", "trace", "%54RACE", "%2554race", "TRAC", "GET", "\u00e9"};
        String[] others = {
            "", "", "", " ", "+", "%20", "%2520", "&", ";", "?", "\n", "=", "a", "%", "%6", "%zz", "%00", "\u0080",
            "_method", "TRACE"
        };
        int denied = 0;
        for (int draw = 0; draw < 20_000; draw++) {
            StringBuilder form = new StringBuilder();
            for (int pair = random.nextInt(3); pair >= 0; pair--) {
                for (String[] part : new String[][] {others, names, others, {"="}, others, values, others}) {
                    form.append(part[random.nextInt(part.length)]);
                }
            }
            String expected = asksForTrace(form.toString()) ? "method_not_allowed" : "allow";
            denied += expected.equals("allow") ? 0 : 1;
            assertThat(judged("open.example", "POST", "/", form.toString(), FORM))
                    .as("seed %s: %s", seed, form)
                    .isEqualTo(expected);
        }
        assertThat(denied).isGreaterThan(100);
    }

    private static boolean asksForTrace(String form) {
        for (String pair : form.split("[&;?\n\r]", -1)) {
            int equals = pair.indexOf('=');
            if (equals >= 0
                    && QueryForms.readings(pair.substring(0, equals)).stream().anyMatch(MethodOverrides::isParameter)
                    && QueryForms.readings(pair.substring(equals + 1)).stream()
                            .anyMatch(MethodOverrides::isForbidden)) {
                return true;
            }
        }
        return false;
    }
}
