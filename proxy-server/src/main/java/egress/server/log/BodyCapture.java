package egress.server.log;

import egress.exchange.ExchangeRecord;
import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Keeps the beginnings of bodies while their exchanges are under way, within one bound for all of them. */
final class BodyCapture {
    private static final long MEMORY = 16 << 20;

    private final Map<Long, Bodies> open = new ConcurrentHashMap<>();
    private final AtomicLong left = new AtomicLong(MEMORY);

    void request(ExchangeRecord exchange, ByteBuf part) {
        take(of(exchange).request(), part);
    }

    void response(ExchangeRecord exchange, ByteBuf part) {
        take(of(exchange).response(), part);
    }

    private Bodies of(ExchangeRecord exchange) {
        return open.computeIfAbsent(exchange.id, id -> Bodies.empty());
    }

    private void take(Bodies.Body body, ByteBuf part) {
        int wanted = part.readableBytes();
        long room = left.addAndGet(-wanted);
        int taken = body.take(part, Math.clamp(room + wanted, 0, wanted));
        left.addAndGet(wanted - taken);
    }

    /** What was kept; null where there was no body. */
    @Nullable
    Bodies ended(ExchangeRecord exchange) {
        Bodies bodies = open.remove(exchange.id);
        if (bodies != null) {
            left.addAndGet(bodies.weight());
            bodies.request().described(exchange.requestFields);
            bodies.response().described(exchange.responseFields);
        }
        return bodies;
    }
}
