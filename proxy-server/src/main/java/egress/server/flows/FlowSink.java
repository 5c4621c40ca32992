package egress.server.flows;

/**
 * Takes flows as they come. Called on the recorder's thread, never on an event loop; what it does may be slow, and costs flows then, not
 * exchanges. For an exchange {@link #started} comes first and {@link #ended} last; one that is over in a few milliseconds, and a ClientHello,
 * are only ended.
 */
public interface FlowSink {
    /** The request's head is there, and the verdict on it is not. */
    void started(Flow flow);

    /** The response's head goes to the caller; where it came at once, without {@link #started} before it. */
    void responded(Flow flow);

    /** The exchange is over: the flow is whole. */
    void ended(Flow flow);

    /** A message of a WebSocket went by, of the exchange with this id. */
    void message(long id, Flow.Message message);

    /** Nothing more waits for now. */
    default void paused() {
        // most have nothing to make up for
    }

    /** Whether it takes more than {@link #ended}; asked once. One that does not costs less. */
    default boolean isLive() {
        return true;
    }
}
