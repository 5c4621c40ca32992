package egress.server.trace;

import egress.exchange.Event;

/**
 * A CONNECT that was refused: there is no exchange.
 *
 * @param nanos of the epoch
 */
record RefusedConnection(Event.ConnectionRefused refused, String traceId, String spanId, long nanos)
        implements Recorded {
    @Override
    public void close() {
        // holds nothing
    }
}
