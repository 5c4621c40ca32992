package egress.dlp.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.BodySource;
import egress.dlp.Detector;
import egress.dlp.Finding;
import egress.dlp.HeaderField;
import egress.dlp.Place;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BuiltInScannerTest {
    private final Fixture fixture = new Fixture();
    private final BuiltInScanner scanner = fixture.scanner;

    @Test
    void namesThePlaceAndNeverTheValue() {
        String token = fixture.token();
        ScanRequest request = new ScanRequest(
                "api.example",
                "POST",
                "/a/b?c=d",
                List.of(new HeaderField("X-Tag", "see " + token)),
                BodySource.empty(),
                List.of(),
                ScanOptions.defaults());
        ScanVerdict verdict = scanner.scanNow(request);
        Finding finding = Fixture.findings(verdict).getFirst();
        assertThat(finding.detector()).isEqualTo("github_token");
        assertThat(finding.category()).isEqualTo(Detector.TOKEN_PATTERNS);
        assertThat(finding.place().text()).isEqualTo("header X-Tag");
        assertThat(finding.fingerprint()).matches("fp:[0-9a-f]{16}");
        assertThat(verdict.toString() + request).doesNotContain(token).doesNotContain(token.substring(4));
    }

    @Test
    void doesNotShowAFieldNameThatMayBeTheSecret() {
        String token = fixture.drawn("AKIA<16:A-Z2-7>");
        ScanRequest request = ScanRequest.head(
                "api.example", "GET", "/", List.of(new HeaderField(token, "1")), ScanOptions.defaults());
        ScanVerdict verdict = scanner.scanNow(request);
        assertThat(Fixture.names(verdict)).contains("aws_access_key");
        assertThat(Fixture.findings(verdict))
                .allSatisfy(f -> assertThat(f.place().text()).isEqualTo("headers"));
        assertThat(verdict.toString()).doesNotContain(token);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\n", "%aB", "%4a", "a%", "\\", "A1", "=4", "&#x", "\\u00"})
    void scansWhatEndsInTheMidstOfSomething(String end) {
        for (int before = 0; before < 200; before++) {
            assertThat(fixture.body(" ".repeat(before) + end)).isInstanceOf(ScanVerdict.Clean.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"%s", "a.%s.b.example", "x-%s.example"})
    void findsAKnownSecretInAHost(String host) {
        String small = Fixture.KNOWN.toLowerCase(Locale.ROOT);
        ScanRequest request = ScanRequest.head(
                String.format(Locale.ROOT, host, small), "GET", "/", List.of(), ScanOptions.defaults());
        ScanVerdict verdict = scanner.scanNow(request);
        assertThat(Fixture.names(verdict)).contains("known_secret");
        assertThat(Fixture.findings(verdict).getFirst().place()).isEqualTo(new Place.Host());
    }

    @Test
    void findsHexInHostLabelsPutTogether() {
        StringBuilder hex = new StringBuilder();
        for (byte b : Fixture.latin(fixture.token())) {
            hex.append(String.format(Locale.ROOT, "%02x", b));
        }
        String host = hex.substring(0, 30) + "." + hex.substring(30, 60) + "." + hex.substring(60) + ".drop.example";
        assertThat(Fixture.names(
                        scanner.scanNow(ScanRequest.head(host, "GET", "/", List.of(), ScanOptions.defaults()))))
                .contains("github_token");
    }

    @Test
    void letsAnAllowedFingerprintThroughAndNothingElse() {
        String allowed = fixture.token();
        String other = fixture.token();
        String fingerprint = scanner.fingerprint(Fixture.latin(allowed));
        ScanOptions options = ScanOptions.defaults().withAllowFingerprints(Set.of(fingerprint));
        byte[] one = Fixture.latin("{\"k\":\"" + allowed + "\"}");
        byte[] two = Fixture.latin("{\"k\":\"" + allowed + "\",\"l\":\"" + other + "\"}");
        assertThat(scanner.scanNow(Fixture.request(one).withOptions(options))).isInstanceOf(ScanVerdict.Clean.class);
        assertThat(scanner.scanNow(Fixture.request(two).withOptions(options))).isInstanceOf(ScanVerdict.Found.class);
    }

    @Test
    void onlyWarnsOfAssignedSecretsUnlessARouteListsThem() {
        byte[] body = Fixture.latin("db_password = \"q8Zk2mWv9Tr4\"\n");
        ScanVerdict byDefault = scanner.scanNow(Fixture.request(body));
        assertThat(byDefault).isInstanceOf(ScanVerdict.Clean.class);
        assertThat(Fixture.findings(byDefault)).extracting(Finding::detector).containsExactly("assigned_secret");
        ScanOptions listed = ScanOptions.listed(List.of(Detector.ASSIGNED_SECRETS));
        assertThat(scanner.scanNow(Fixture.request(body).withOptions(listed))).isInstanceOf(ScanVerdict.Found.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "password = getpass()",
                "password: ${DB_PASSWORD}",
                "\"password\": \"string\"",
                "api_key = os.environ[\"KEY1\"]",
                "token: <your-token-1>",
                "secret_path = /run/secrets/app1",
                "password=********",
                "max_tokens: 4096",
                "api_key=xxxxxxxxxxxx1",
                "tokenizer = AutoTokenizer.from_pretrained(name2)"
            })
    void saysNothingAboutAssignmentsOfWhatIsNotMade(String line) {
        assertThat(Fixture.findings(fixture.body(line + "\n"))).isEmpty();
    }

    @Test
    void warnsOfEntropyOnlyWhereItIsListed() {
        byte[] body = Fixture.latin("blob " + fixture.drawn("<40:A-Za-z0-9>") + " end");
        assertThat(Fixture.findings(scanner.scanNow(Fixture.request(body)))).isEmpty();
        ScanVerdict listed =
                scanner.scanNow(Fixture.request(body).withOptions(ScanOptions.listed(List.of(Detector.ENTROPY))));
        assertThat(listed).isInstanceOf(ScanVerdict.Clean.class);
        assertThat(Fixture.findings(listed)).extracting(Finding::detector).containsExactly("high_entropy");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/a%0d%0aX-Evil:%201",
                "/a%0aSet",
                "/a%250d%250ab",
                "/a%25250D%25250Ab",
                "/a\\u000d\\u000ab",
                "/s?q=1%0d%0aHost:%20x",
                "/s?q=&#13;&#10;x",
                "/s?q=%u000d%u000a",
                "/s?q=%E5%98%8D%E5%98%8A"
            })
    void deniesALineBreakInATargetHoweverEncoded(String target) {
        ScanVerdict verdict = fixture.target(target);
        assertThat(Fixture.names(verdict)).containsExactly("line_break");
        assertThat(Fixture.findings(verdict).getFirst().category()).isEqualTo(Detector.STRUCTURE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a%20b", "/a%0", "/100%", "/d%C3%A9j%C3%A0?x=%2525", "/a\\nb", "/x?q=%F0%9F%98%80&r=%5Cn"})
    void letsOtherEscapesInATargetBe(String target) {
        assertThat(fixture.target(target)).isInstanceOf(ScanVerdict.Clean.class);
    }

    @Test
    void deniesALineBreakInAFieldOrTrailerButNotInABody() {
        HeaderField field = new HeaderField("x-note", "a%0d%0aSet-Cookie: b");
        ScanRequest inField = ScanRequest.head("h.example", "GET", "/", List.of(field), ScanOptions.defaults());
        ScanRequest inTrailer = new ScanRequest(
                "h.example", "POST", "/", List.of(), BodySource.empty(), List.of(field), ScanOptions.defaults());
        assertThat(Fixture.names(scanner.scanNow(inField))).containsExactly("line_break");
        assertThat(Fixture.names(scanner.scanNow(inTrailer))).containsExactly("line_break");
        assertThat(fixture.body("a%0d%0ab\r\n")).isInstanceOf(ScanVerdict.Clean.class);
    }

    @Test
    void scansNothingThatTheRouteDoesNotList() {
        ScanOptions none = ScanOptions.listed(List.of());
        byte[] body = Fixture.latin(fixture.token() + " " + Fixture.KNOWN);
        assertThat(scanner.scanNow(Fixture.request(body).withOptions(none))).isInstanceOf(ScanVerdict.Clean.class);
    }

    @Test
    void findsEachOccurrenceWhenAskedTo() {
        String token = fixture.token();
        String body = token + " and " + token + " and " + token;
        ScanVerdict verdict = scanner.scanNow(Fixture.request(Fixture.latin(body))
                .withOptions(ScanOptions.defaults().withEveryHit(true)));
        List<Long> starts = new ArrayList<>();
        Fixture.findings(verdict).forEach(f -> f.span().ifPresent(s -> starts.add(s.start())));
        assertThat(starts).containsExactly(0L, 45L, 90L);
    }

    @Test
    void answersLargeBodiesOnItsExecutor() throws ExecutionException, InterruptedException {
        List<Runnable> handed = new ArrayList<>();
        BuiltInScanner busy = new BuiltInScanner(List.of(), new byte[32], handed::add);
        ScanRequest small = Fixture.request(new byte[100]);
        ScanRequest large = Fixture.request(new byte[BuiltInScanner.INLINE + 1]);
        assertThat(busy.scan(small).toCompletableFuture()).isCompleted();
        var pending = busy.scan(large).toCompletableFuture();
        assertThat(pending).isNotDone();
        assertThat(handed).hasSize(1);
        handed.getFirst().run();
        assertThat(pending.get()).isInstanceOf(ScanVerdict.Clean.class);
    }
}
