package egress.dlp.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.BodySource;
import egress.dlp.Destination;
import egress.dlp.HeaderField;
import egress.dlp.Profile;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.SentBefore;
import egress.dlp.SentValues;
import egress.dlp.given.GivenValues;
import egress.dlp.given.Link;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CleanHeadsTest {
    private static final String SECRET = "k9Zq2Lw7Xv4Tn8Rb5Hd3Yc6Jp1Gs0FmQ";
    private static final ScanOptions OPTIONS = ScanOptions.defaults();
    private static final List<HeaderField> FIELDS = fields(40, "v");

    private final AtomicLong now = new AtomicLong();
    private final SentValues sent = new SentValues(new SentValues.Key(1, 2), now::get, bytes -> true);
    private final GivenValues given = new GivenValues(new GivenValues.Key(new Random(1)), now::get, bytes -> true, 0);
    private final BuiltInScanner scanner =
            new BuiltInScanner(List.of(SECRET.getBytes(StandardCharsets.US_ASCII)), new byte[16], Runnable::run);

    private static List<HeaderField> fields(int count, String value) {
        List<HeaderField> out = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            out.add(new HeaderField("x-name-" + i, "some words, a " + value + " and (more) = \"things\"; q=0." + i));
        }
        return out;
    }

    private static ScanRequest request(String target, List<HeaderField> fields) {
        return ScanRequest.head("api.example", "GET", target, fields, OPTIONS);
    }

    /** How often a scan asks whether it may go on: once for some work. */
    private int asked(ScanRequest request) {
        AtomicInteger times = new AtomicInteger();
        ScanVerdict verdict = scanner.scan(
                        request,
                        () -> {
                            times.incrementAndGet();
                            return true;
                        },
                        new SentBefore(
                                () -> sent,
                                false,
                                new Destination(() -> given, true, "api.example", 443, request.target())))
                .toCompletableFuture()
                .join();
        assertThat(verdict).isInstanceOf(ScanVerdict.Clean.class);
        return times.get();
    }

    @Test
    void searchesAHeadThatWasCleanNoSecondTime() {
        int first = asked(request("/a", FIELDS));
        assertThat(first).isGreaterThan(3);
        assertThat(asked(request("/a", fields(40, "v")))).isZero();
        assertThat(asked(request("/b", FIELDS))).isBetween(1, first - 1);
        assertThat(asked(request("/b", fields(40, "w")))).isGreaterThanOrEqualTo(first - 1);
    }

    static Stream<ScanRequest> others() {
        List<HeaderField> renamed = new ArrayList<>(FIELDS);
        renamed.set(3, new HeaderField("X-Name-3", FIELDS.get(3).value()));
        List<HeaderField> moved = new ArrayList<>(FIELDS);
        moved.add(moved.removeFirst());
        return Stream.of(
                ScanRequest.head("api.example", "GET", "/a?", FIELDS, OPTIONS),
                ScanRequest.head("api.example", "PUT", "/a", FIELDS, OPTIONS),
                ScanRequest.head("apj.example", "GET", "/a", FIELDS, OPTIONS),
                ScanRequest.head("api.example", "GET", "/a", renamed, OPTIONS),
                ScanRequest.head("api.example", "GET", "/a", moved, OPTIONS),
                ScanRequest.head("api.example", "GET", "/a", FIELDS.subList(1, 40), OPTIONS),
                ScanRequest.head("api.example", "GET", "/a", FIELDS, OPTIONS.withProfile(Profile.STRICT)),
                ScanRequest.head("api.example", "GET", "/a", FIELDS, OPTIONS.withAllowFingerprints(Set.of("fp:0"))),
                ScanRequest.head("api.example", "GET", "/a", FIELDS, OPTIONS).withOpenLabels(1));
    }

    @ParameterizedTest
    @MethodSource("others")
    void takesNoOtherHeadForIt(ScanRequest other) {
        CleanHeads heads = new CleanHeads();
        heads.keep(request("/a", FIELDS), 1, null);
        assertThat(heads.same(request("/a", fields(40, "v")))).isNotNull();
        assertThat(heads.same(other)).isNull();
    }

    @Test
    void keepsNoHeadInWhichSomethingWasFound() {
        List<HeaderField> bad = List.of(new HeaderField("x-key", SECRET));
        for (int i = 0; i < 3; i++) {
            assertThat(scan(request("/a", bad), null)).isInstanceOf(ScanVerdict.Found.class);
        }
    }

    @Test
    void scansABodyBehindAKnownHead() {
        assertThat(scan(request("/a", FIELDS), null)).isInstanceOf(ScanVerdict.Clean.class);
        ScanRequest withBody = new ScanRequest(
                "api.example",
                "GET",
                "/a",
                FIELDS,
                BodySource.of(SECRET.getBytes(StandardCharsets.US_ASCII)),
                List.of(),
                OPTIONS);
        assertThat(scan(withBody, null)).isInstanceOf(ScanVerdict.Found.class);
    }

    /** The first half in a head that is clean and known by then, the second in another. */
    @Test
    void joinsTheValuesOfAKnownHeadWithWhatComesBetween() {
        String half = SECRET.substring(0, 8);
        ScanRequest first = request("/a", List.of(new HeaderField("x-part", half)));
        for (int i = 0; i < 3; i++) {
            assertThat(scan(first, sent)).isInstanceOf(ScanVerdict.Clean.class);
        }
        ScanRequest second = request("/b", List.of(new HeaderField("x-part", SECRET.substring(8, 16))));
        assertThat(scan(second, sent)).isInstanceOf(ScanVerdict.Found.class);
    }

    @Test
    void joinsForEachCallerWhateverOthersSent() {
        SentValues other = new SentValues(new SentValues.Key(3, 4), now::get, bytes -> true);
        ScanRequest first = request("/a", List.of(new HeaderField("x-part", SECRET.substring(0, 8))));
        assertThat(scan(first, sent)).isInstanceOf(ScanVerdict.Clean.class);
        assertThat(scan(first, other)).isInstanceOf(ScanVerdict.Clean.class);
        ScanRequest second = request("/b", List.of(new HeaderField("x-part", SECRET.substring(8, 16))));
        assertThat(scan(second, other)).isInstanceOf(ScanVerdict.Found.class);
    }

    /** What is remembered is forgotten after a while: then a known head counts as sent anew. */
    @Test
    void countsAKnownHeadAsSentAgainAfterAWhile() {
        ScanRequest first = request("/a", List.of(new HeaderField("x-part", SECRET.substring(0, 8))));
        assertThat(scan(first, sent)).isInstanceOf(ScanVerdict.Clean.class);
        now.addAndGet(1_300_000_000_000L);
        assertThat(scan(request("/c", List.of()), sent)).isInstanceOf(ScanVerdict.Clean.class);
        now.addAndGet(1_300_000_000_000L);
        assertThat(scan(first, sent)).isInstanceOf(ScanVerdict.Clean.class);
        ScanRequest second = request("/b", List.of(new HeaderField("x-part", SECRET.substring(8, 16))));
        assertThat(scan(second, sent)).isInstanceOf(ScanVerdict.Found.class);
    }

    /** However often it comes: what was sent counts as sent for as long as it is remembered from then on. */
    @Test
    void countsAHeadThatComesAgainAndAgainAsSent() {
        String value = "R7kQ2mZx9vLtB4nWc8JpYs3HdG6fKa1UeT5o";
        ScanRequest first = request("/a", List.of(new HeaderField("x-note", value)));
        for (int i = 0; i < 400; i++) {
            assertThat(scan(first, sent)).isInstanceOf(ScanVerdict.Clean.class);
            assertThat(given.isFrom("api.example", value.getBytes(StandardCharsets.US_ASCII)))
                    .as("after %d half minutes", i)
                    .isFalse();
            now.addAndGet(30_000_000_000L);
        }
    }

    @Test
    void warnsOfAHeadEachTime() {
        ScanRequest warned = request("/a", List.of(new HeaderField("x-note", "password=Zq7Xw2Lm9Kd4Tn8Rv5Hb3Yc6")));
        for (int i = 0; i < 3; i++) {
            ScanVerdict verdict = scan(warned, sent);
            assertThat(verdict)
                    .isInstanceOfSatisfying(
                            ScanVerdict.Clean.class,
                            clean -> assertThat(clean.warnings()).hasSize(1));
        }
    }

    /** What an origin gave is clean for who got it, and for nobody else. */
    @Test
    void keepsNoHeadThatIsCleanOnlyByAnExcuse() {
        given.setsCookie(
                Link.asked("api.example", 443, "/"), "session=ghp_1aB2cD3eF4gH5iJ6kL7mN8oP9qR0sT1uV2wX; Path=/");
        ScanRequest back =
                request("/a", List.of(new HeaderField("cookie", "session=ghp_1aB2cD3eF4gH5iJ6kL7mN8oP9qR0sT1uV2wX")));
        assertThat(scan(back, sent)).isInstanceOf(ScanVerdict.Clean.class);
        assertThat(scan(back, sent)).isInstanceOf(ScanVerdict.Clean.class);
        assertThat(scan(back, null)).isInstanceOf(ScanVerdict.Found.class);
    }

    private ScanVerdict scan(ScanRequest request, @Nullable SentValues with) {
        return (with == null
                        ? scanner.scan(request)
                        : scanner.scan(
                                request,
                                () -> true,
                                new SentBefore(
                                        () -> with,
                                        false,
                                        new Destination(() -> given, true, "api.example", 443, request.target()))))
                .toCompletableFuture()
                .join();
    }
}
