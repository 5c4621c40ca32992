package egress.upstream;

import java.util.concurrent.atomic.LongAdder;

/** What {@link UpstreamStatistics} is read from; written on every loop. */
final class Counters {
    final LongAdder connects = new LongAdder();
    final LongAdder connectFailures = new LongAdder();
    final LongAdder addressesRefused = new LongAdder();
    final LongAdder handshakes = new LongAdder();
    final LongAdder handshakesResumed = new LongAdder();
    final LongAdder handshakeFailures = new LongAdder();
    final LongAdder reused = new LongAdder();
    final LongAdder http1Open = new LongAdder();
    final LongAdder http2Open = new LongAdder();
    final LongAdder idle = new LongAdder();
    final LongAdder streams = new LongAdder();
    final LongAdder waiting = new LongAdder();

    UpstreamStatistics read() {
        return new UpstreamStatistics(
                connects.sum(),
                connectFailures.sum(),
                addressesRefused.sum(),
                handshakes.sum(),
                handshakesResumed.sum(),
                handshakeFailures.sum(),
                reused.sum(),
                http1Open.sum(),
                http2Open.sum(),
                idle.sum(),
                streams.sum(),
                waiting.sum());
    }
}
