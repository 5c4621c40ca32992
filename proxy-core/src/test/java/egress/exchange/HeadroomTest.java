package egress.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import egress.share.Caller;
import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.util.internal.PlatformDependent;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadroomTest {
    private static final Claimant WHO = new Claimant(Caller.ofUser("who"), 1);
    private static final Claimant OTHER = new Claimant(Caller.ofUser("other"), 2);

    @Test
    void whoHoldsLessThanItsPartGoesOnAndStalledWorkOfTheOtherGivesWay() {
        Headroom headroom = new Headroom(() -> 120, 100);
        AtomicBoolean gone = new AtomicBoolean();
        FairBudget.Lease stalled = headroom.holdings().lease(WHO, new FairBudget.Reclaim() {
            @Override
            public boolean isReclaimable() {
                return true;
            }

            @Override
            public void reclaim() {
                gone.set(true);
            }
        });
        FairBudget.Lease little = headroom.holdings().lease(OTHER, FairBudget.Reclaim.NEVER);
        stalled.set(90);
        little.set(10);

        assertThat(headroom.admit(WHO)).isInstanceOf(Admission.Refused.class);
        assertThat(gone).isFalse();
        assertThat(headroom.admit(OTHER)).isInstanceOf(Admission.Admitted.class);
        assertThat(gone).isTrue();
        stalled.close();
        little.close();
    }

    @ParameterizedTest
    @CsvSource({"-1, false", "0, false", "100, false", "101, true"})
    void isSpentBeyondItsBound(long used, boolean spent) {
        assertThat(new Headroom(() -> used, 100).admit(WHO) instanceof Admission.Refused)
                .isEqualTo(spent);
    }

    @Test
    void comesBack() {
        AtomicLong used = new AtomicLong(101);
        Headroom headroom = new Headroom(used::get, 100);
        assertThat(headroom.admit(WHO)).isInstanceOf(Admission.Refused.class);
        used.set(100);
        assertThat(headroom.admit(WHO)).isInstanceOf(Admission.Admitted.class);
    }

    @Test
    void anIdleProcessHasRoom() {
        assertThat(PlatformDependent.usedDirectMemory()).isNotNegative();
        assertThat(Headroom.ofDirectMemory().admit(WHO)).isInstanceOf(Admission.Admitted.class);
    }

    @Test
    void isRefusedAsOverloaded() {
        Failure failure = ((Admission.Refused) new Headroom(() -> 1, 0).admit(WHO)).failure();
        assertThat(failure.status().code()).isEqualTo(503);
        assertThat(failure.code()).isEqualTo("overloaded");
    }
}
