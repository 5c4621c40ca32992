package egress.upstream;

import egress.http.HeadLimits;

/**
 * Bounds of the upstream side, each on one event loop.
 *
 * @param connectionsPerOrigin h1 connections to one origin, busy and idle
 * @param http2ConnectionsPerOrigin h2 connections to one origin; more are opened as the streams of the others run out
 * @param streamsPerConnection open h2 streams, where the origin's SETTINGS allow more
 * @param streamsInConnectionLife after that many requests an h2 connection is replaced; stream identifiers end at 2^30
 * @param waiting exchanges that wait for a connection to one origin
 * @param idleConnections unused connections over all origins; the one unused longest makes room
 * @param streamWindow bytes an origin may send on an h2 stream that nobody reads
 * @param connectionWindow the same for a connection; a multiple of the stream's, or stalled streams starve the others
 * @param responseHead bounds of a response's head and trailers
 */
public record UpstreamLimits(
        int connectionsPerOrigin,
        int http2ConnectionsPerOrigin,
        int streamsPerConnection,
        int streamsInConnectionLife,
        int waiting,
        int idleConnections,
        int streamWindow,
        int connectionWindow,
        HeadLimits responseHead) {
    public static final UpstreamLimits DEFAULTS = new UpstreamLimits(
            256, 8, 256, 1 << 29, 1_024, 256, 1 << 20, 16 << 20, new HeadLimits(65_536, 262_144, 1_024));

    public UpstreamLimits {
        requireAtLeast("connections per origin", connectionsPerOrigin, 1);
        requireAtLeast("h2 connections per origin", http2ConnectionsPerOrigin, 1);
        requireAtLeast("streams per connection", streamsPerConnection, 1);
        requireAtLeast("streams in a connection's life", streamsInConnectionLife, 1);
        requireAtLeast("waiting exchanges", waiting, 1);
        requireAtLeast("idle connections", idleConnections, 0);
        requireAtLeast("stream window", streamWindow, 65_535);
        requireAtLeast("connection window", connectionWindow, streamWindow);
    }

    private static void requireAtLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + least + " or more)");
        }
    }
}
