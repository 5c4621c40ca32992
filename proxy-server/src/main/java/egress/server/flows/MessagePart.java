package egress.server.flows;

/**
 * A part of a WebSocket's message.
 *
 * @param bytes unmasked; still compressed where the message is
 * @param first whether the message begins with it
 * @param last whether the message ends with it
 * @param micros from the request's head on
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record MessagePart(
        boolean fromCaller, byte[] bytes, boolean text, boolean compressed, boolean first, boolean last, long micros) {
    /** Of its objects, in bytes. */
    private static final int OVERHEAD = 96;

    int weight() {
        return bytes.length + OVERHEAD;
    }
}
