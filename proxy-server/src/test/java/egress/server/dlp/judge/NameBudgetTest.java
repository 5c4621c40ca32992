package egress.server.dlp.judge;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Admission;
import egress.policy.DlpRules;
import egress.policy.DlpRules.Detectors;
import egress.policy.DlpRules.OnMatch;
import egress.policy.DlpRules.OnOversize;
import egress.policy.Route;
import egress.share.Caller;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** New names, by caller and pattern. */
final class NameBudgetTest {
    private static final Caller ANN = Caller.ofUser("ann");
    private static final Caller BOB = Caller.ofUser("bob");

    private final AtomicLong now = new AtomicLong();
    private final NameBudget budget = new NameBudget(now::get);

    private static Route pattern(String host, int names) {
        DlpRules rules = new DlpRules(
                new Detectors.Standard(),
                new Detectors.Standard(),
                OnMatch.BLOCK,
                OnOversize.DENY,
                false,
                Optional.empty(),
                Set.of(),
                names);
        return Route.pattern(host).dlp(rules).build();
    }

    private boolean bring(Caller caller, Route route, String name) {
        boolean room = budget.hasRoom(caller, route, name) instanceof Admission.Admitted;
        boolean brought = budget.bring(caller, route, name, null) instanceof Admission.Admitted;
        assertThat(!brought || room).isTrue();
        return brought;
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void soManyAreNewInTenMinutesAndKnownOnesCostNothing() {
        Route route = pattern("*.a.example", 3);
        for (String name : new String[] {"1", "2", "1", "3", "2"}) {
            assertThat(bring(ANN, route, name)).as(name).isTrue();
        }
        assertThat(bring(ANN, route, "4")).isFalse();
        assertThat(bring(ANN, route, "1")).isTrue();
        assertThat(bring(BOB, route, "4")).isTrue();
        assertThat(bring(ANN, pattern("*.b.example", 3), "4")).isTrue();
        assertThat(bring(ANN, pattern("*.a.example:8443", 3), "4")).isTrue();

        pass(Duration.ofMinutes(9));
        assertThat(bring(ANN, route, "4")).isFalse();
        pass(Duration.ofMinutes(2));
        assertThat(bring(ANN, route, "4")).isTrue();
        assertThat(bring(ANN, route, "1")).as("one from before is no new one").isTrue();
        assertThat(bring(ANN, route, "5")).isTrue();
        assertThat(bring(ANN, route, "6")).isTrue();
        assertThat(bring(ANN, route, "7")).isFalse();
    }

    @Test
    void anotherRouteOfTheSamePatternGoesOnCounting() {
        for (int i = 0; i < 3; i++) {
            assertThat(bring(ANN, pattern("*.a.example", 3), "n" + i)).isTrue();
        }
        assertThat(bring(ANN, pattern("*.A.example", 3), "n3")).isFalse();
        assertThat(bring(ANN, pattern("*.a.example", 4), "n3")).isTrue();
    }

    @Test
    void theTableIsBoundedAndForgetsNobodyWhoHasNoRoomLeft() {
        Route route = pattern("*.a.example", 1_000);
        int brought = 0;
        for (int caller = 0; caller < 100; caller++) {
            for (int i = 0; i < 1_000; i++) {
                brought += bring(Caller.ofUser("u" + caller), route, "n" + i) ? 1 : 0;
            }
        }
        assertThat(brought).isEqualTo(1 << 16);
        assertThat(bring(Caller.ofUser("u0"), route, "another")).isFalse();
        pass(Duration.ofMinutes(11));
        assertThat(bring(Caller.ofUser("u99"), route, "another")).isTrue();
    }
}
