package egress.dlp.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.BodySource;
import egress.dlp.HeaderField;
import egress.dlp.Redaction;
import egress.dlp.Redactor;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RedactorTest {
    private final Fixture fixture = new Fixture();

    @Test
    void masksBodyFieldsPathAndQuery() throws IOException {
        String token = fixture.token();
        String other = fixture.token();
        String body = "{\"a\":\"" + token + "\",\"b\":\"" + Fixture.KNOWN + "\",\"c\":\"" + token + "\"}";
        ScanRequest request = new ScanRequest(
                "api.example",
                "POST",
                "/v1/" + other + "/x?q=" + token + "&r=1",
                List.of(
                        new HeaderField("Content-Length", "" + body.length()),
                        new HeaderField("Content-MD5", "Q2hlY2sgSW50ZWdyaXR5IQ=="),
                        new HeaderField("X-A", "one " + token + " two")),
                BodySource.of(Fixture.latin(body)),
                List.of(new HeaderField("X-T", other)),
                ScanOptions.defaults());
        ScanRequest masked = redacted(request);
        assertThat(masked.target()).isEqualTo("/v1/********/x?q=********&r=1");
        assertThat(text(masked.body())).isEqualTo("{\"a\":\"********\",\"b\":\"********\",\"c\":\"********\"}");
        assertThat(masked.fields())
                .containsExactly(
                        new HeaderField("Content-Length", "" + masked.body().length()),
                        new HeaderField("X-A", "one ******** two"));
        assertThat(masked.trailers()).containsExactly(new HeaderField("X-T", "********"));
        assertThat(fixture.scanner.scanNow(masked)).isInstanceOf(ScanVerdict.Clean.class);
    }

    @Test
    void leavesTheBodyAloneWhenOnlyTheHeadIsMasked() {
        BodySource body = BodySource.of(Fixture.latin("{\"a\":1}"));
        ScanRequest request = new ScanRequest(
                "api.example", "POST", "/x?q=" + fixture.token(), List.of(), body, List.of(), ScanOptions.defaults());
        Redaction redaction = Redactor.redact(request, hits(request));
        assertThat(redaction).isInstanceOfSatisfying(Redaction.Rewritten.class, r -> {
            assertThat(r.bodyChanged()).isFalse();
            assertThat(r.request().body()).isSameAs(body);
        });
    }

    @Test
    void doesNotRewriteWhatIsEncodedSplitCodedOrInAName() {
        String token = fixture.token();
        String split = "[\"" + token.substring(0, 20) + "\",\"" + token.substring(20) + "\"]";
        assertThat(List.of(
                        Fixture.request(Fixture.latin("{\"v\":\"" + Dress.base64(token) + "\"}")),
                        Fixture.request(Fixture.latin(split)),
                        Fixture.request(Fixture.latin(Dress.gzip(token)), new HeaderField("content-encoding", "gzip")),
                        Fixture.request(new byte[0], new HeaderField(token.replace('_', '-') + token, "1"))))
                .allSatisfy(request -> assertThat(Redactor.redact(request, hits(request)))
                        .isInstanceOf(Redaction.NotRewritable.class));
    }

    @Test
    void masksAWholeKeyBlock() throws IOException {
        String pem = fixture.drawn("<pem:RSA PRIVATE KEY>");
        ScanRequest masked = redacted(Fixture.request(Fixture.latin("before\n" + pem + "after\n")));
        assertThat(text(masked.body())).isEqualTo("before\n********\nafter\n");
    }

    private ScanRequest redacted(ScanRequest request) {
        Redaction redaction = Redactor.redact(request, hits(request));
        assertThat(redaction).as("%s", redaction).isInstanceOf(Redaction.Rewritten.class);
        return ((Redaction.Rewritten) redaction).request();
    }

    private List<egress.dlp.Finding> hits(ScanRequest request) {
        ScanOptions every = request.options().withEveryHit(true);
        return Fixture.findings(fixture.scanner.scanNow(request.withOptions(every)));
    }

    private static String text(BodySource body) throws IOException {
        byte[] out = new byte[(int) body.length()];
        int at = 0;
        while (at < out.length) {
            at += body.read(at, out, at, out.length - at);
        }
        return new String(out, StandardCharsets.ISO_8859_1);
    }
}
