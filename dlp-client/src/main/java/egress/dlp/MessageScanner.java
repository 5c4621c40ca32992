package egress.dlp;

import java.util.List;

/**
 * Scans one direction of a connection that cannot be held whole: WebSocket or gRPC messages, or a body relayed as it comes.
 * What went before stays in a window of bounded size, so that a value in pieces is still found. One thread at a time.
 */
public interface MessageScanner extends AutoCloseable {

    /** The next message has that content coding; its decoded form is scanned by another scanner. */
    void begin(ContentCoding coding);

    /**
     * Takes the next bytes of the current message and decides whether they may be sent on. After anything but
     * {@link ScanVerdict.Clean} the same verdict is given for good.
     */
    ScanVerdict feed(byte[] bytes, int offset, int length);

    /** Sets the pace: a feed ends early when it says stop, and nothing may be relayed after that. */
    default void pacedBy(Pace pace) {}

    /** Has the values of the messages that follow joined with what their caller sent before. */
    default void follows(SentBefore sent) {}

    /** The current message is whole; the next byte begins another. */
    ScanVerdict endOfMessage();

    /** Ends the stream and releases buffers. */
    @Override
    void close();

    /** Makes scanners for streams, which are not held until their end. */
    @FunctionalInterface
    interface Factory {
        /**
         * @param place what findings name: a WebSocket, a message or a body
         * @param head fields that say what the messages are; empty where none does
         */
        MessageScanner open(Place place, ScanOptions options, List<HeaderField> head);
    }
}
