package egress.downstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import java.util.Collection;

/** How much memory outside of the heap a caller's connection holds: half-sent input, and output that the caller has not read. */
final class HeldBytes {
    private HeldBytes() {}

    /** @param streams of an h2 connection that are open */
    static long of(Channel channel, Collection<? extends ExchangeHandler> streams) {
        long bytes = unwritten(channel);
        ChannelPipeline pipeline = channel.pipeline();
        if (pipeline.get(DownstreamPipelines.H2_ORDER) instanceof H2StreamOrderHandler order) {
            bytes += order.unfinishedBytes();
            if (pipeline.get(DownstreamPipelines.CONNECTION) instanceof H2ConnectionHandler h2) {
                bytes += h2.unreadBytes();
            }
            for (ExchangeHandler stream : streams) {
                bytes += unwritten(stream.ctx().channel());
            }
        } else if (pipeline.get(DownstreamPipelines.EXCHANGE) instanceof H1ExchangeHandler h1) {
            bytes += h1.unreadBytes();
        } else if (pipeline.get(DownstreamPipelines.HELLO) instanceof HelloHandler hello) {
            bytes += hello.unreadBytes();
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
