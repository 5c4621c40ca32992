package egress.exchange;

/**
 * Bounds on what a caller can make the proxy hold.
 *
 * @param maxConnections open downstream connections, which callers share
 * @param maxTargetBytes request target; longer is 414
 * @param maxHeadBytes start line and fields, and the h2 header list; longer is 431
 * @param maxFields number of fields; more is 431
 * @param maxStreams concurrent h2 streams of one connection
 * @param maxClientHelloBytes a ClientHello over all its records
 */
public record Limits(
        int maxConnections,
        int maxTargetBytes,
        int maxHeadBytes,
        int maxFields,
        int maxStreams,
        int maxClientHelloBytes) {
    public static final Limits DEFAULT = new Limits(10_000, 32_768, 65_536, 256, 256, 65_536);
}
