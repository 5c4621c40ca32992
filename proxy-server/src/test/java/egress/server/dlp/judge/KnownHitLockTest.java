package egress.server.dlp.judge;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.config.KnownHits;
import egress.share.Caller;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class KnownHitLockTest {
    private static final Caller ONE = Caller.ofUser("one");
    private static final Caller TWO = Caller.ofUser("two");

    private final AtomicLong now = new AtomicLong(-5);
    private final KnownHitLock lock = new KnownHitLock(new KnownHits(3, Duration.ofMinutes(10)), now::get);

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void locksTheCallerOfThreeDifferentHitsAndNobodyElse() {
        assertThat(lock.hit(ONE, "a")).isFalse();
        assertThat(lock.hit(ONE, "b")).isFalse();
        assertThat(lock.hit(TWO, "c")).isFalse();
        assertThat(lock.refusal(ONE)).isNull();
        assertThat(lock.hit(ONE, "c")).isTrue();
        assertThat(lock.refusal(ONE)).isNotNull();
        assertThat(lock.refusal(TWO)).isNull();
        pass(Duration.ofMinutes(10));
        assertThat(lock.refusal(ONE)).isNull();
        assertThat(lock.hit(ONE, "a")).isFalse();
    }

    @Test
    void countsTheSameHitOnceAndForgetsOldOnes() {
        for (int i = 0; i < 10; i++) {
            assertThat(lock.hit(ONE, "a")).isFalse();
        }
        assertThat(lock.hit(ONE, "b")).isFalse();
        pass(Duration.ofMinutes(11));
        assertThat(lock.hit(ONE, "c")).isFalse();
        assertThat(lock.hit(ONE, "d")).isFalse();
        assertThat(lock.hit(ONE, "a")).isTrue();
    }

    @Test
    void aFloodOfCallersIsForgottenButNotWhoIsLockedOut() {
        lock.hit(ONE, "a");
        lock.hit(ONE, "b");
        lock.hit(ONE, "c");
        for (int i = 0; i < 10_000; i++) {
            lock.hit(Caller.ofUser("u" + i), "a");
        }
        assertThat(lock.refusal(ONE)).isNotNull();
    }

    @Test
    void offLocksNobody() {
        KnownHitLock off = new KnownHitLock(KnownHits.OFF, now::get);
        for (int i = 0; i < 100; i++) {
            assertThat(off.hit(ONE, "" + i)).isFalse();
        }
        assertThat(off.refusal(ONE)).isNull();
    }
}
