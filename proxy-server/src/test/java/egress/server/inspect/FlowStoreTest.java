package egress.server.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.flows.Flow;
import egress.server.inspect.FlowStore.Changes;
import egress.server.inspect.FlowStore.Entry;
import egress.server.inspect.FlowStore.State;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class FlowStoreTest {
    private final FlowStore store = new FlowStore(1 << 20);

    private static Flow large(long id, int bytes) {
        return SampleFlows.flow(id).answered("text/plain", new byte[bytes]).whole();
    }

    @Test
    void holdsAnExchangeOnceFromItsHeadToItsEnd() {
        store.started(SampleFlows.flow(7).begun());
        store.responded(SampleFlows.flow(7).whole());
        store.ended(SampleFlows.flow(7).whole());

        assertThat(store.entries()).extracting(Entry::state).containsExactly(State.ENDED);
    }

    @Test
    void neverHoldsMoreThanItsBytesAndLetsTheOldestGo() {
        for (int id = 1; id <= 100; id++) {
            store.ended(large(id, 100_000));
            assertThat(store.since(-1, 1_000).bytes()).isLessThanOrEqualTo(1 << 20);
        }

        List<Entry> held = store.entries();
        assertThat(held.getLast().number()).isEqualTo(100);
        assertThat(held).hasSizeBetween(8, 10);
        assertThat(store.since(-1, 1_000).first()).isEqualTo(held.getFirst().number());
    }

    /** An agent chooses the protocols that it offers, and its methods. */
    @Test
    void countsWhatClientHellosAndMethodsHold() {
        Flow.Hello offers = new Flow.Hello("a.example", 443, null, Collections.nCopies(1_000, "x"));
        Flow plain = SampleFlows.hello("127.0.0.1:1", "a.example");
        Flow asked = SampleFlows.flow(1).whole();
        Flow.Request request = Objects.requireNonNull(asked.request());
        Flow.Request verbose = new Flow.Request(
                "M".repeat(30_000),
                request.scheme(),
                request.host(),
                request.port(),
                request.path(),
                request.httpVersion(),
                request.fields(),
                request.body(),
                request.trailers());
        for (int i = 0; i < 200; i++) {
            store.ended(with(plain, offers, null));
        }
        assertThat(store.entries()).hasSizeBetween(5, 11);
        store.clear();
        for (int i = 0; i < 200; i++) {
            store.ended(with(asked, null, verbose));
        }
        assertThat(store.entries()).hasSizeBetween(20, 35);
    }

    private static Flow with(Flow flow, Flow.@Nullable Hello hello, Flow.@Nullable Request request) {
        return new Flow(
                flow.id(),
                flow.scanId(),
                flow.timestamp(),
                flow.client(),
                hello,
                request,
                flow.response(),
                flow.decision(),
                flow.upstream(),
                flow.timings(),
                flow.findings(),
                flow.messages());
    }

    @Test
    void keepsTheLengthOfABodyThatIsTooLargeForIt() {
        store.ended(large(1, 2 << 20));

        Flow held = store.entries().getFirst().flow();
        assertThat(held.response()).isNotNull().satisfies(response -> {
            assertThat(response.body().length()).isEqualTo(2 << 20);
            assertThat(response.body().truncated()).isTrue();
            assertThat(response.body().kept()).isEmpty();
        });
    }

    @Test
    void addsMessagesToTheExchangeThatIsOpen() {
        store.started(SampleFlows.flow(3).begun());
        store.message(3, SampleFlows.message(true, "one"));
        store.message(3, SampleFlows.message(false, "two"));
        store.message(4, SampleFlows.message(false, "of nobody"));
        store.ended(SampleFlows.flow(3).whole());

        assertThat(store.entries().getFirst().flow().messages()).hasSize(2);
    }

    @Test
    void letsTheOldestMessagesGoWhereOneSocketBringsTooMany() {
        store.started(SampleFlows.flow(3).begun());
        for (int i = 0; i < 5_000; i++) {
            store.message(3, SampleFlows.message(true, "m" + i));
        }

        Entry held = store.entries().getFirst();
        assertThat(held.flow().messages().size() + held.messagesDropped()).isEqualTo(5_000);
        assertThat(held.flow().messages().size()).isLessThanOrEqualTo(2_000);
        assertThat(held.weight()).isLessThanOrEqualTo((1 << 20) / 4);
    }

    @Test
    void tellsAReaderWhatChangedSinceItAsked() {
        store.started(SampleFlows.flow(1).begun());
        store.started(SampleFlows.flow(2).begun());
        Changes first = store.since(-1, 10);
        store.ended(SampleFlows.flow(1).whole());

        Changes next = store.since(first.revision(), 10);
        assertThat(first.entries()).extracting(Entry::number).containsExactly(1L, 2L);
        assertThat(next.entries()).extracting(Entry::number).containsExactly(1L);
        assertThat(store.since(next.revision(), 10).entries()).isEmpty();
    }

    @Test
    void givesManyChangesPieceByPiece() {
        for (int id = 1; id <= 25; id++) {
            store.ended(SampleFlows.flow(id).whole());
        }

        Changes first = store.since(-1, 10);
        Changes second = store.since(first.revision(), 10);
        Changes third = store.since(second.revision(), 10);
        assertThat(first.entries()).hasSize(10);
        assertThat(second.entries()).hasSize(10);
        assertThat(third.entries()).extracting(Entry::number).containsExactly(21L, 22L, 23L, 24L, 25L);
    }

    @Test
    void saysByTheFirstNumberThatAllIsGoneAfterAClear() throws InterruptedException {
        store.ended(SampleFlows.flow(1).whole());
        long seen = store.since(-1, 10).revision();
        store.clear();

        assertThat(store.await(seen, 0)).isTrue();
        assertThat(store.since(seen, 10).first()).isEqualTo(2);
        assertThat(store.entries()).isEmpty();
    }

    @Test
    void takesAnExchangeBackThatGoesOnAfterAClear() {
        store.started(SampleFlows.flow(1).begun());
        store.clear();
        store.ended(SampleFlows.flow(1).whole());

        assertThat(store.entries()).extracting(Entry::number).containsExactly(2L);
    }

    @Test
    void wakesWhoWaits() throws InterruptedException {
        Thread.ofVirtual().start(() -> store.ended(SampleFlows.flow(1).whole()));

        assertThat(store.await(0, TimeUnit.SECONDS.toMillis(10))).isTrue();
        assertThat(store.await(1, 5)).isFalse();
    }

    @Test
    void findsTheHelloOfAnExchangesConnection() {
        store.ended(SampleFlows.hello("127.0.0.1:47154", "older.example"));
        store.ended(SampleFlows.hello("127.0.0.1:47154", "api.example.com"));
        store.ended(SampleFlows.hello("127.0.0.1:9", "other.example"));
        store.ended(SampleFlows.flow(1).whole());

        assertThat(store.hello(store.entries().getLast()))
                .hasValueSatisfying(hello -> assertThat(hello.sni()).isEqualTo("api.example.com"));
    }
}
