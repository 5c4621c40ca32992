package egress.dlp;

/**
 * Scans one direction of a connection that cannot be held whole: WebSocket or gRPC messages, or a body relayed as it comes.
 * What went before stays in a window of bounded size, so that a value in pieces is still found. One thread at a time.
 */
public interface MessageScanner extends AutoCloseable {

    /** The message that begins is in that coding, and what it decodes to is scanned apart. */
    void begin(ContentCoding coding);

    /**
     * Takes the next bytes of the current message and says whether they may go on. After anything but
     * {@link ScanVerdict.Clean} the same verdict is given for good.
     */
    ScanVerdict feed(byte[] bytes, int offset, int length);

    /** From now on a feed ends early where {@code pace} says so; nothing may go on after that. */
    default void pacedBy(Pace pace) {}

    /** The current message is whole; the next byte begins another. */
    ScanVerdict endOfMessage();

    /** Nothing follows: gives back what it holds. */
    @Override
    void close();

    /** Makes scanners for what is not held. */
    @FunctionalInterface
    interface Factory {
        /** @param place what findings name: a WebSocket, a message or a body */
        MessageScanner open(Place place, ScanOptions options);
    }
}
