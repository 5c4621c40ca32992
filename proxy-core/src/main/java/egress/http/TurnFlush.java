package egress.http;

import io.netty.channel.ChannelHandler;
import io.netty.handler.flush.FlushConsolidationHandler;

/**
 * Flushes of an h2 connection's streams, gathered: one for each turn of the event loop, however many streams had
 * something to say in it. Frames of many streams then share TLS records and system calls.
 */
public final class TurnFlush {
    /** After so many nothing is gained by waiting for more. */
    private static final int MOST = 256;

    private TurnFlush() {}

    /** Stands between the codec and the streams: what the codec says by itself is not held. */
    public static ChannelHandler ofStreams() {
        return new FlushConsolidationHandler(MOST, true);
    }
}
