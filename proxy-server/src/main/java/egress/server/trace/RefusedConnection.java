package egress.server.trace;

import egress.exchange.Event;

/**
 * A CONNECT that was refused: there is no exchange.
 *
 * @param nanos of the epoch
 */
record RefusedConnection(Event.ConnectionRefused refused, String traceId, String spanId, long nanos)
        implements Recorded {
    /** Without its head and the answer, which are in no span: what waits is bounded by its number. */
    static RefusedConnection of(Event.ConnectionRefused refused, String traceId, String spanId, long nanos) {
        Event.ConnectionRefused small = new Event.ConnectionRefused(
                refused.downstream(),
                refused.caller(),
                refused.scan(),
                refused.authority(),
                null,
                null,
                null,
                refused.status(),
                refused.code(),
                refused.words());
        return new RefusedConnection(small, traceId, spanId, nanos);
    }

    @Override
    public void close() {
        // holds nothing
    }
}
