package egress.server.dlp.judge;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.given.GivenValues;
import egress.dlp.given.Link;
import egress.dlp.given.SentText;
import egress.share.Caller;
import egress.share.FairBudget;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A caller that was forgotten is not taken for one that never sent anything. */
class CallerMemoryTest {
    private static final Link ASKED = Link.asked("github.com", 443, "/download");
    private static final Link LINK = Link.asked("store.example", 443, "/x?sig=1");

    private final AtomicLong now = new AtomicLong();
    private final FairBudget budget = new FairBudget(64 * 1024);
    private final CallerMemory memory = new CallerMemory(budget, new Random(1), now::get);

    private static Caller caller(int last) {
        return Caller.ofUser("user" + last);
    }

    private boolean isGiven(Caller caller) {
        GivenValues given = memory.givenTo(caller);
        send(caller, "/download");
        given.redirects(ASKED, "https://store.example/x?sig=1");
        return given.giverOf(LINK) != null;
    }

    private void send(Caller caller, String text) {
        SentText sent = SentText.to(() -> memory.givenTo(caller), ASKED.host());
        sent.take(List.of(text));
        sent.left();
    }

    @Test
    void whatWasGivenIsCounted() {
        assertThat(isGiven(caller(1))).isTrue();
        assertThat(budget.statistics().used()).isBetween(300L, 2_000L);
        now.addAndGet(2 * GivenValues.blindNanos());
        memory.givenTo(caller(2));
        memory.givenTo(caller(3));
        assertThat(budget.statistics().used()).isZero();
    }

    @Test
    void afterAnyWasForgottenNobodyNewIsGivenAnythingForAWhile() {
        assertThat(isGiven(caller(1))).isTrue();
        Random random = new Random(2);
        for (int i = 0; i < 40; i++) {
            StringBuilder text = new StringBuilder();
            for (int j = 0; j < 8000; j++) {
                text.append((char) ('a' + random.nextInt(26)));
            }
            send(caller(10 + i), text.toString());
        }
        assertThat(memory.givenTo(caller(1)).hasGiven()).isFalse();
        assertThat(isGiven(caller(200))).isFalse();
        now.addAndGet(GivenValues.blindNanos() + 1);
        assertThat(isGiven(caller(201))).isTrue();
    }
}
