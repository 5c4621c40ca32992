package egress.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import egress.share.Caller;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SafeObserverTest {
    private static final Event EVENT =
            new Event.ConnectionOpened(InetSocketAddress.createUnresolved("caller", 1), Caller.ofUser("agent"));

    @Test
    void tellsAllInTheirOrderWhateverOneOfThemThrows() {
        List<String> told = new ArrayList<>();
        Observer safe = new SafeObserver(List.of(
                event -> told.add("first " + event.equals(EVENT)),
                event -> {
                    throw new IllegalStateException("made on purpose");
                },
                event -> {
                    throw new AssertionError("made on purpose");
                },
                event -> told.add("last " + event.equals(EVENT))));

        safe.on(EVENT);

        assertThat(told).containsExactly("first true", "last true");
    }
}
