package egress.server.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.server.flows.FlowFilter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class EventStreamTest {
    /** As one of bodies may, which agents choose. */
    @Test
    void aSearchThatTakesLongEndsWhenItsReaderHasGone() throws IOException {
        FlowStore store = new FlowStore(1 << 20);
        for (int id = 1; id <= 100; id++) {
            store.ended(SampleFlows.flow(id).whole());
        }
        EmbeddedChannel channel = new EmbeddedChannel();
        Pieces reader = new Pieces(channel, "text/event-stream", Map.of());
        AtomicInteger searched = new AtomicInteger();
        FlowFilter costly = flow -> {
            channel.close();
            long end = System.nanoTime() + 250_000_000;
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            return searched.incrementAndGet() > 0;
        };
        assertThatThrownBy(() -> new EventStream(store, new FlowJson(), costly).writeTo(reader))
                .isInstanceOf(IOException.class);
        assertThat(searched).hasValue(1);
        channel.finishAndReleaseAll();
    }
}
