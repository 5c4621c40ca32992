package egress.upstream;

import egress.http.HeadLimits;

/**
 * Bounds of the upstream side. Those of one origin, and what all callers share, are for all event loops together.
 *
 * @param connectionsPerOrigin h1 connections to one origin, busy and idle; shared by callers
 * @param http2ConnectionsPerOrigin h2 connections to one origin; more are opened as the streams of the others run out. Callers share
 *     their streams
 * @param streamsPerConnection open h2 streams, where the origin's SETTINGS allow more
 * @param streamsInConnectionLife after that many requests an h2 connection is replaced; stream identifiers end at 2^30
 * @param waiting exchanges that wait for a connection to one origin; shared by callers
 * @param idleConnections unused connections over all origins, of each event loop; the one unused longest is closed
 * @param streamWindow bytes an origin may send on an h2 stream that nobody has read from
 * @param grownWindow the same once it is read
 * @param connectionWindow the same for a connection at least; it is made larger where streams that stall could use it up
 * @param windows what streams may have of larger windows, over all connections; shared by callers
 * @param connections to all origins, tunnels too; shared by callers
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
        int grownWindow,
        int connectionWindow,
        long windows,
        int connections,
        HeadLimits responseHead) {
    public static final UpstreamLimits DEFAULTS = new UpstreamLimits(
            1_024,
            32,
            256,
            1 << 29,
            2_048,
            256,
            128 << 10,
            1 << 20,
            16 << 20,
            64 << 20,
            8_192,
            new HeadLimits(65_536, 262_144, 1_024));

    public UpstreamLimits {
        requireAtLeast("connections per origin", connectionsPerOrigin, 1);
        requireAtLeast("h2 connections per origin", http2ConnectionsPerOrigin, 1);
        requireAtLeast("streams per connection", streamsPerConnection, 1);
        requireAtLeast("streams in a connection's life", streamsInConnectionLife, 1);
        requireAtLeast("waiting exchanges", waiting, 1);
        requireAtLeast("idle connections", idleConnections, 0);
        requireAtLeast("stream window", streamWindow, 65_535);
        requireAtLeast("grown window", grownWindow, streamWindow);
        requireAtLeast("connection window", connectionWindow, streamWindow);
        requireAtLeast("connections", connections, 1);
        if (windows < 1) {
            throw new IllegalArgumentException("windows: " + windows + " (expected: 1 or more)");
        }
    }

    /** The same, but at most so many connections to origins, and so many bytes of larger windows. */
    public UpstreamLimits within(int mostConnections, long mostWindows) {
        return new UpstreamLimits(
                connectionsPerOrigin,
                http2ConnectionsPerOrigin,
                streamsPerConnection,
                streamsInConnectionLife,
                waiting,
                idleConnections,
                streamWindow,
                grownWindow,
                connectionWindow,
                Math.min(windows, mostWindows),
                Math.min(connections, mostConnections),
                responseHead);
    }

    private static void requireAtLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + least + " or more)");
        }
    }
}
