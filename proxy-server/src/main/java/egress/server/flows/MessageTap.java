package egress.server.flows;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the messages of a WebSocket as they pass, next to the caller: what inspection then holds back was sent all the same. */
final class MessageTap extends ChannelDuplexHandler {
    private static final Logger LOG = LoggerFactory.getLogger(MessageTap.class);

    /** Takes the parts of messages, each direction's in its order. */
    interface Sink {
        void part(MessagePart part);
    }

    private final Sink sink;
    private final long startedNanos;
    private final FrameReader up = new FrameReader();
    private final FrameReader down = new FrameReader();
    private boolean failed;

    /** @param startedNanos of the exchange */
    MessageTap(Sink sink, long startedNanos) {
        this.sink = sink;
        this.startedNanos = startedNanos;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        read(message, true, up);
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        read(message, false, down);
        ctx.write(message, promise);
    }

    /** Whatever goes wrong here is the record's loss, and not the connection's. */
    private void read(Object message, boolean fromCaller, FrameReader frames) {
        if (failed || !(message instanceof ByteBuf bytes) || !bytes.isReadable()) {
            return;
        }
        long micros = (System.nanoTime() - startedNanos) / 1_000;
        try {
            frames.read(
                    bytes,
                    (payload, text, compressed, first, last) ->
                            sink.part(new MessagePart(fromCaller, payload, text, compressed, first, last, micros)));
        } catch (RuntimeException e) {
            failed = true;
            LOG.error("the messages of a WebSocket are recorded no more", e);
        }
    }
}
