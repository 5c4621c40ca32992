package egress.server.trace;

import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.TraceId;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** New ids of traces and spans. */
final class Ids {
    private final Supplier<RandomGenerator> random;

    /** @param random that of the calling thread */
    Ids(Supplier<RandomGenerator> random) {
        this.random = random;
    }

    String trace() {
        RandomGenerator chance = random.get();
        return TraceId.fromLongs(notZero(chance), notZero(chance));
    }

    String span() {
        return SpanId.fromLong(notZero(random.get()));
    }

    /** An id of zeros is none. */
    private static long notZero(RandomGenerator chance) {
        long id = chance.nextLong();
        return id == 0 ? 1 : id;
    }
}
