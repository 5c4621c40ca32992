package egress.dlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.dlp.ScanVerdict.Clean;
import egress.dlp.ScanVerdict.Denied;
import egress.dlp.ScanVerdict.Found;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.ScanVerdict.Refused;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class AllOfTest {
    private static final Finding WARNING = finding(Finding.Severity.WARNS);
    private static final ScanVerdict CLEAN = ScanVerdict.clean();
    private static final ScanVerdict WARNED = new Clean(List.of(WARNING));
    private static final ScanVerdict FOUND = new Found(List.of(finding(Finding.Severity.BLOCKS)));
    private static final ScanVerdict DENIED = new Denied("pipelock", "DLP: GitHub Token");
    private static final ScanVerdict REFUSED = new Refused(Reason.BOMB, "too much");

    static Stream<Arguments> pairs() {
        return Stream.of(
                Arguments.of(CLEAN, CLEAN, CLEAN),
                Arguments.of(CLEAN, FOUND, FOUND),
                Arguments.of(CLEAN, DENIED, DENIED),
                Arguments.of(CLEAN, REFUSED, REFUSED),
                Arguments.of(FOUND, CLEAN, FOUND),
                Arguments.of(FOUND, DENIED, FOUND),
                Arguments.of(DENIED, CLEAN, DENIED),
                Arguments.of(DENIED, REFUSED, DENIED),
                Arguments.of(REFUSED, CLEAN, REFUSED),
                Arguments.of(WARNED, CLEAN, WARNED),
                Arguments.of(WARNED, WARNED, new Clean(List.of(WARNING, WARNING))),
                Arguments.of(WARNED, DENIED, DENIED));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void letsPassOnlyWhatBothFindClean(ScanVerdict first, ScanVerdict second, ScanVerdict expected) {
        assertThat(verdict(now(first), now(second))).isEqualTo(expected);
        assertThat(verdict(later(first), later(second))).isEqualTo(expected);
    }

    @Test
    void doesNotPutToTheSecondWhatTheFirstFound() {
        AtomicInteger asked = new AtomicInteger();
        Scanner second = request -> {
            asked.incrementAndGet();
            return CompletableFuture.completedFuture(CLEAN);
        };
        assertThat(verdict(later(FOUND), second)).isEqualTo(FOUND);
        assertThat(asked).hasValue(0);
        assertThat(verdict(later(CLEAN), second)).isEqualTo(CLEAN);
        assertThat(asked).hasValue(1);
    }

    @Test
    void refusesWhenOneFailsOrThrows() {
        Scanner fails = request -> CompletableFuture.failedFuture(new IllegalStateException("no"));
        Scanner throwing = request -> {
            throw new IllegalStateException("no");
        };
        for (Scanner broken : List.of(fails, throwing)) {
            assertThat(verdict(now(CLEAN), broken)).isInstanceOf(Refused.class);
            assertThat(verdict(broken, now(CLEAN))).isInstanceOf(Refused.class);
        }
    }

    @Test
    void isNotMadeOfNothing() {
        assertThatThrownBy(() -> AllOf.of(List.of())).hasMessage("scanners: none (expected: at least one)");
    }

    private static ScanVerdict verdict(Scanner... scanners) {
        ScanRequest request = ScanRequest.head("a.example", "GET", "/", List.of(), ScanOptions.defaults());
        CompletionStage<ScanVerdict> stage = AllOf.of(List.of(scanners)).scan(request);
        return stage.toCompletableFuture().join();
    }

    private static Scanner now(ScanVerdict verdict) {
        return request -> CompletableFuture.completedFuture(verdict);
    }

    private static Scanner later(ScanVerdict verdict) {
        return request -> CompletableFuture.supplyAsync(() -> verdict);
    }

    private static Finding finding(Finding.Severity severity) {
        return new Finding(
                "github_token",
                Detector.TOKEN_PATTERNS,
                new Place.Body(),
                "fp:0123456789abcdef",
                severity,
                Optional.empty(),
                Optional.empty());
    }
}
