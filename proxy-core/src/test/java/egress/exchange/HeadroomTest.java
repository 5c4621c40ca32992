package egress.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.internal.PlatformDependent;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadroomTest {
    @ParameterizedTest
    @CsvSource({"-1, false", "0, false", "100, false", "101, true"})
    void isSpentBeyondItsBound(long used, boolean spent) {
        assertThat(new Headroom(() -> used, 100).refusal() != null).isEqualTo(spent);
    }

    @Test
    void comesBack() {
        AtomicLong used = new AtomicLong(101);
        Headroom headroom = new Headroom(used::get, 100);
        assertThat(headroom.refusal()).isNotNull();
        used.set(100);
        assertThat(headroom.refusal()).isNull();
    }

    @Test
    void anIdleProcessHasRoom() {
        assertThat(PlatformDependent.usedDirectMemory()).isNotNegative();
        assertThat(Headroom.ofDirectMemory().refusal()).isNull();
    }

    @Test
    void isRefusedAsOverloaded() {
        Failure failure = Objects.requireNonNull(new Headroom(() -> 1, 0).refusal());
        assertThat(failure.status().code()).isEqualTo(503);
        assertThat(failure.code()).isEqualTo("overloaded");
    }
}
