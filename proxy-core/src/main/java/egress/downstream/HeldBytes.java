package egress.downstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** How much memory outside of the heap a caller's connection holds: half-sent input, and output that the caller has not read. */
final class HeldBytes {
    private HeldBytes() {}

    /**
     * @param h1 null where the connection never spoke it
     * @param streams of an h2 connection that are open
     */
    static long of(Channel channel, @Nullable H1DownstreamStream h1, Collection<H2DownstreamStream> streams) {
        long bytes = unwritten(channel);
        ChannelPipeline pipeline = channel.pipeline();
        if (pipeline.get(DownstreamPipelines.TURNS) instanceof TurnHandler turns) {
            bytes += turns.heldBytes();
        }
        if (pipeline.get(DownstreamPipelines.H2_ORDER) instanceof H2StreamOrderHandler order) {
            bytes += order.unfinishedBytes();
            if (pipeline.get(DownstreamPipelines.PIECES) instanceof H2Pieces pieces) {
                bytes += pieces.heldBytes();
            }
            if (pipeline.get(DownstreamPipelines.CONNECTION) instanceof H2ConnectionHandler h2) {
                bytes += h2.unreadBytes();
            }
            for (H2DownstreamStream stream : streams) {
                bytes += stream.unsentBytes();
            }
        } else if (pipeline.get(DownstreamPipelines.HELLO) instanceof HelloHandler hello) {
            bytes += hello.unreadBytes();
        } else if (h1 != null && pipeline.get(DownstreamPipelines.EXCHANGE) != null) {
            bytes += h1.unreadBytes();
        }
        return bytes;
    }

    /** What was written and has not left yet, computed from the distance to a water mark. */
    private static long unwritten(Channel channel) {
        if (!channel.isActive()) {
            return 0;
        }
        return channel.isWritable()
                ? Math.max(0, channel.config().getWriteBufferHighWaterMark() + 1 - channel.bytesBeforeUnwritable())
                : channel.config().getWriteBufferLowWaterMark() - 1 + channel.bytesBeforeWritable();
    }
}
