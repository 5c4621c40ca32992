package egress.share;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FairBudgetTest {
    private static final Caller A = Caller.ofUser("a");
    private static final Caller B = Caller.ofUser("b");

    private final AtomicLong now = new AtomicLong();
    private final FairBudget budget = new FairBudget(800, now::get);

    /** Work that gives way at once. */
    private final class Work implements FairBudget.Reclaim {
        private final FairBudget.Lease lease;
        private final boolean reclaimable;
        private boolean ended;

        Work(Claimant who, boolean reclaimable) {
            this.reclaimable = reclaimable;
            this.lease = budget.lease(who, this);
            now.addAndGet(2_000_000);
        }

        @Override
        public boolean isReclaimable() {
            return reclaimable;
        }

        @Override
        public void reclaim() {
            ended = true;
            lease.close();
        }
    }

    private int takeAll(Claimant who, int amount, boolean reclaimable, List<Work> into) {
        int taken = 0;
        for (Work work = new Work(who, reclaimable); work.lease.take(amount); work = new Work(who, reclaimable)) {
            into.add(work);
            taken += amount;
        }
        return taken;
    }

    @Test
    void aloneACallerMayHoldNearlyAll() {
        List<Work> works = new ArrayList<>();
        int taken = 0;
        for (int connection = 0; connection < 100; connection++) {
            Work work = new Work(new Claimant(A, connection), false);
            taken += work.lease.take(10) ? 10 : 0;
            works.add(work);
        }
        assertThat(taken).isBetween(650, 660);
        assertThat(budget.statistics().used()).isEqualTo(taken);
        works.forEach(work -> work.lease.close());
        assertThat(budget.statistics().used()).isZero();
        assertThat(budget.statistics().callers()).isZero();
    }

    @Test
    void anotherCallerIsServedFromTheReserveAndWhoHoldsMostGivesWay() {
        List<Work> hostile = new ArrayList<>();
        for (int connection = 0; connection < 100; connection++) {
            Work work = new Work(new Claimant(A, connection), true);
            if (work.lease.take(10)) {
                hostile.add(work);
            }
        }
        List<Work> honest = new ArrayList<>();
        assertThat(takeAll(new Claimant(B, 1), 10, false, honest)).isBetween(280, 350);
        assertThat(hostile.stream().filter(work -> work.ended).count()).isGreaterThanOrEqualTo(28);
        assertThat(honest).noneMatch(work -> work.ended);
        assertThat(budget.statistics().used()).isLessThanOrEqualTo(800);
    }

    @Test
    void workThatCannotBeEndedIsLeftAloneAndTheReserveStillServes() {
        List<Work> hostile = new ArrayList<>();
        for (int connection = 0; connection < 100; connection++) {
            hostile.add(new Work(new Claimant(A, connection), false));
            hostile.getLast().lease.take(10);
        }
        assertThat(takeAll(new Claimant(B, 1), 10, false, new ArrayList<>())).isBetween(100, 150);
        assertThat(hostile).noneMatch(work -> work.ended);
    }

    @Test
    void theConnectionsOfACallerShareItsPart() {
        List<Work> greedy = new ArrayList<>();
        assertThat(takeAll(new Claimant(A, 1), 10, true, greedy)).isBetween(650, 660);
        List<Work> other = new ArrayList<>();
        assertThat(takeAll(new Claimant(A, 2), 10, true, other)).isBetween(280, 350);
        assertThat(greedy.stream().filter(work -> work.ended).count()).isPositive();
        assertThat(other).noneMatch(work -> work.ended);
    }

    @Test
    void whatIsTransferredCountsInTheOthersShare() {
        Work work = new Work(new Claimant(A, 1), false);
        assertThat(work.lease.take(300)).isTrue();
        work.lease.transfer(new Claimant(B, 1));
        Work more = new Work(new Claimant(A, 2), false);
        assertThat(more.lease.take(300)).isTrue();
        assertThat(budget.statistics().callers()).isEqualTo(2);
        work.lease.close();
        work.lease.close();
        more.lease.close();
        assertThat(budget.statistics().used()).isZero();
    }

    /** Work that was about to give way and got on: it holds its part as before, and gives way another time. */
    @Test
    void whatWasAskedToGiveWayAndStaysIsAskedAgain() {
        List<Stayer> hostile = new ArrayList<>();
        for (int connection = 0; connection < 100; connection++) {
            Stayer work = new Stayer(new Claimant(A, connection));
            if (work.lease.take(10)) {
                hostile.add(work);
            }
        }
        FairBudget.Lease honest = budget.lease(new Claimant(B, 1), FairBudget.Reclaim.NEVER);
        for (int i = 0; i < 20; i++) {
            now.addAndGet(2_000_000_000);
            honest.take(10);
        }
        assertThat(hostile).anyMatch(work -> work.asked > 1);
        hostile.forEach(work -> work.lease.close());
        honest.close();
        FairBudget.Lease all = budget.lease(new Claimant(B, 2), FairBudget.Reclaim.NEVER);
        assertThat(all.take(650)).isTrue();
    }

    private final class Stayer implements FairBudget.Reclaim {
        private final FairBudget.Lease lease;
        private int asked;

        Stayer(Claimant who) {
            this.lease = budget.lease(who, this);
        }

        @Override
        public boolean isReclaimable() {
            return true;
        }

        @Override
        public void reclaim() {
            asked++;
        }
    }

    /** Whatever is asked for in whatever order: never more than there is, and whoever is far below its share is served. */
    @Test
    void holdsItsPromisesUnderAnyOrderOfCalls() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Work> works = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            works.removeIf(work -> work.ended);
            if (random.nextInt(3) == 0 && !works.isEmpty()) {
                works.remove(random.nextInt(works.size())).lease.close();
                continue;
            }
            int caller = random.nextInt(5);
            Work work = new Work(new Claimant(Caller.ofUser("u" + caller), random.nextInt(3)), true);
            if (work.lease.take(1 + random.nextInt(20))) {
                works.add(work);
            } else {
                work.lease.close();
            }
            assertThat(budget.statistics().used())
                    .as("seed %s step %s", seed, step)
                    .isBetween(0L, 800L);
        }
        works.forEach(work -> work.lease.close());
        assertThat(budget.statistics().used()).as("seed %s", seed).isZero();
        assertThat(budget.statistics().callers()).isZero();
    }

    /** A unit that says when it gives way. */
    private static final class Unit implements FairBudget.Reclaim {
        private final FairBudget.Lease lease;
        private FairBudget.Turn turn;
        private boolean ended;

        Unit(FairBudget places, long connection, FairBudget.Turn turn) {
            this.turn = turn;
            this.lease = places.lease(new Claimant(A, connection), this);
            assertThat(lease.take(1)).isTrue();
        }

        @Override
        public boolean isReclaimable() {
            return true;
        }

        @Override
        public FairBudget.Turn turn() {
            return turn;
        }

        @Override
        public void reclaim() {
            ended = true;
            lease.close();
        }
    }

    @Test
    void ofUnitsTheOldestOfTheLowestTurnGivesWay() {
        FairBudget places = new FairBudget(8, true, now::get);
        List<Unit> units = new ArrayList<>();
        units.add(new Unit(places, 0, FairBudget.Turn.LAST));
        units.add(new Unit(places, 1, FairBudget.Turn.NEXT));
        for (int i = 2; i < 7; i++) {
            units.add(new Unit(places, i, FairBudget.Turn.FIRST));
        }
        for (int next : new int[] {2, 3, 4, 5, 6, 1, 0}) {
            units.add(new Unit(places, units.size(), FairBudget.Turn.LAST));
            assertThat(units.get(next).ended).as("unit " + next).isTrue();
            assertThat(units.stream().filter(unit -> !unit.ended)).hasSize(7);
        }
    }
}
