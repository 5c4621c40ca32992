package egress.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import egress.share.Caller;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoopTurnsTest {
    private static final Caller ONE = Caller.ofUser("one");
    private static final Caller OTHER = Caller.ofUser("other");
    private static final long SLICE = LoopTurns.SLICE_NANOS;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private long now;
    private final LoopTurns turns = new LoopTurns(channel.eventLoop(), () -> now);
    private final List<String> done = new ArrayList<>();

    @BeforeEach
    void freeze() {
        channel.freezeTime();
    }

    private void pass() {
        channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
        channel.runPendingTasks();
    }

    private void later(LoopTurns.Turn turn, String what, long nanos) {
        turn.later(() -> {
            done.add(what);
            now += nanos;
        });
    }

    private void work(LoopTurns.Turn turn, long nanos) {
        assertThat(turn.begin()).isTrue();
        now += nanos;
        turn.end();
    }

    @Test
    void aCallersConnectionsShareItsSliceOfAPass() {
        LoopTurns.Turn first = turns.enter(ONE);
        LoopTurns.Turn second = turns.enter(ONE);
        LoopTurns.Turn other = turns.enter(OTHER);
        work(first, SLICE / 2);
        assertThat(second.hasNoTime()).isFalse();
        assertThat(second.begin()).isTrue();
        now += SLICE / 4;
        assertThat(second.isSpent()).isFalse();
        now += SLICE / 4;
        assertThat(second.isSpent()).isTrue();
        second.end();
        assertThat(first.hasNoTime()).isTrue();
        assertThat(other.hasNoTime()).isFalse();
        pass();
        assertThat(first.hasNoTime()).as("in the next pass").isFalse();
    }

    @Test
    void whatIsBegunWithinOtherWorkIsAPartOfIt() {
        LoopTurns.Turn turn = turns.enter(ONE);
        assertThat(turn.begin()).isTrue();
        assertThat(turns.enter(OTHER).begin()).isFalse();
        turn.end();
        assertThat(turn.begin()).isTrue();
        turn.end();
    }

    @Test
    void whatWaitsGoesCallerByCallerAndConnectionByConnection() {
        LoopTurns.Turn a = turns.enter(ONE);
        LoopTurns.Turn b = turns.enter(ONE);
        LoopTurns.Turn c = turns.enter(OTHER);
        for (int i = 0; i < 3; i++) {
            later(a, "a" + i, SLICE);
        }
        later(b, "b", SLICE);
        later(c, "c0", SLICE);
        later(c, "c1", SLICE);
        for (int i = 1; i <= 6; i++) {
            pass();
            assertThat(done).as("a slice of each pass").hasSize(i);
        }
        assertThat(done).containsExactly("a0", "c0", "b", "c1", "a1", "a2");
    }

    @Test
    void aCallerThatIsAloneHasALongerSlice() {
        LoopTurns.Turn first = turns.enter(ONE);
        work(first, SLICE);
        assertThat(first.hasNoTime()).isFalse();
        LoopTurns.Turn other = turns.enter(OTHER);
        assertThat(first.hasNoTime()).as("with another beside it").isTrue();
        other.leave();
        work(first, LoopTurns.SLICE_ALONE_NANOS - SLICE);
        assertThat(first.hasNoTime()).isTrue();
    }

    @Test
    void manySmallOnesShareASlice() {
        turns.enter(OTHER);
        for (int i = 0; i < 10; i++) {
            later(turns.enter(ONE), "small" + i, SLICE / 4);
        }
        pass();
        assertThat(done).hasSize(4);
        pass();
        pass();
        assertThat(done).hasSize(10);
    }

    @Test
    void whoHasLeftIsPassedOver() {
        LoopTurns.Turn gone = turns.enter(ONE);
        LoopTurns.Turn stays = turns.enter(ONE);
        later(gone, "gone", 0);
        later(stays, "stays", 0);
        gone.leave();
        later(gone, "gone later", 0);
        pass();
        assertThat(done).containsExactly("stays");
    }

    @Test
    void aConnectionThatIsAnotherCallersWaitsThere() {
        LoopTurns.Turn turn = turns.enter(ONE);
        work(turn, SLICE);
        later(turn, "waits", 0);
        turn.transfer(OTHER);
        assertThat(turn.hasNoTime()).isFalse();
        pass();
        assertThat(done).containsExactly("waits");
    }

    @Test
    void aFailureOfOneHoldsUpNoOther() {
        LoopTurns.Turn fails = turns.enter(ONE);
        fails.later(() -> {
            throw new IllegalStateException("of a test");
        });
        later(turns.enter(OTHER), "other", 0);
        pass();
        pass();
        assertThat(done).containsExactly("other");
        assertThat(fails.begin()).isTrue();
        fails.end();
    }
}
