package egress.testkit.origin;

import java.io.IOException;

/** What an {@link Origin} does with the requests for a path. */
public interface Behaviour {
    /** Answers, or does not; the exchange is over when this returns. */
    void serve(OriginExchange exchange) throws IOException, InterruptedException;
}
