package egress.upstream;

import egress.http.H2Session;
import egress.http.H2Stream;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2LocalFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.Objects;

/**
 * How much an origin may send on one h2 connection (RFC 9113 §5.2). The connection's window is twice what the windows of its streams
 * come to (an update is sent when half of it is used), so that unread streams never use up what the others need.
 */
final class H2Windows {
    /** Below 2^31-1 (RFC 9113 §6.9.1). */
    private static final int MOST = 1 << 30;

    private final Http2Connection connection;
    private final int growth;
    private final int mostGrown;
    private int grown;
    /** For so many grown streams the connection's window is large enough. */
    private int provided;

    H2Windows(H2Session session, UpstreamLimits limits) {
        this.connection = session.connection();
        this.growth = limits.grownWindow() - limits.streamWindow();
        this.mostGrown = growth == 0 ? 0 : (Integer.MAX_VALUE - MOST) / 2 / growth;
    }

    /** What a connection's window is at first. */
    static int ofConnection(UpstreamLimits limits) {
        long streams = 2L * limits.streamsPerConnection() * limits.streamWindow();
        return (int) Math.min(MOST, Math.max(limits.connectionWindow(), streams));
    }

    int growth() {
        return growth;
    }

    /** Whether the stream's window can be made larger. */
    boolean grows(H2Stream stream) {
        return grown < mostGrown && stream.isOpen();
    }

    /** Makes the stream's window larger. */
    void grow(H2Stream grows) {
        Http2LocalFlowController flow = connection.local().flowController();
        Http2Stream stream = Objects.requireNonNull(grows.netty());
        try {
            if (grown == provided) {
                flow.incrementWindowSize(connection.connectionStream(), 2 * growth);
                provided++;
            }
            flow.incrementWindowSize(stream, growth);
            grown++;
        } catch (Http2Exception e) {
            throw new IllegalStateException("a window grew beyond its bound", e);
        }
    }

    /** A stream that had grown is over. */
    void shrunk() {
        grown = Math.max(0, grown - 1);
    }
}
