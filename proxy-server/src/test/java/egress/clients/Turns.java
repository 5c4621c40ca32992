package egress.clients;

import egress.testkit.origin.Origin;
import egress.testkit.origin.OriginExchange;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Server-sent events that prove that each came through when it was sent: {@code /turns?n=5} sends the next only after the client has
 * asked for {@code /turn?n=I}, I being what it just read. One client of an origin at a time.
 */
final class Turns {
    private final BlockingQueue<Integer> taken = new LinkedBlockingQueue<>();

    private Turns() {}

    static void serve(Origin origin) {
        Turns turns = new Turns();
        origin.on("/turns", turns::send);
        origin.on("/turn", turns::take);
    }

    private void send(OriginExchange exchange) throws IOException, InterruptedException {
        taken.clear();
        exchange.head(200, "content-type", "text/event-stream", "cache-control", "no-store");
        int count = exchange.parameter("n", 5);
        for (int i = 0; i < count; i++) {
            exchange.write("id: " + i + "\ndata: turn " + i + "\n\n");
            Integer seen = taken.poll(20, TimeUnit.SECONDS);
            if (seen == null || seen != i) {
                throw new IllegalStateException("the client saw " + seen + " (expected: " + i + ")");
            }
        }
        exchange.end();
    }

    private void take(OriginExchange exchange) throws IOException {
        taken.add(exchange.parameter("n", -1));
        exchange.respond(204, "");
    }
}
