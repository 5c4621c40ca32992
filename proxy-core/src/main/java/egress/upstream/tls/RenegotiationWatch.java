package egress.upstream.tls;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Notices by the heads of its records that an origin asks for a second handshake (HelloRequest, RFC 5246 §7.4.1.1), which
 * BoringSSL answers with an alert without reporting it, and the JDK would comply with. Stands before TLS, ends the connection then, and leaves
 * where TLS 1.3 is spoken, which has no renegotiation.
 */
public final class RenegotiationWatch extends ChannelInboundHandlerAdapter {
    /** The event for the handlers behind it. */
    public enum Event {
        ASKED
    }

    /** What an origin has done that goes away then, as the beginning of a sentence. */
    public static final String WORDS =
            "the origin asked for a second handshake on the open connection, which is not renegotiated, and closed it";

    private static final int CHANGE_CIPHER_SPEC = 20;
    private static final int HANDSHAKE = 22;
    private static final int APPLICATION_DATA = 23;

    private final byte[] head = new byte[5];
    private int headRead;
    /** Bytes of the record still to come. */
    private int skip;

    private boolean ciphered;
    /** Handshake records since the cipher was changed: the first is the Finished. */
    private int handshakes;

    private boolean needless;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf bytes && !needless) {
            scan(ctx, bytes);
        }
        ctx.fireChannelRead(message);
        if (handshakes == 2) {
            ctx.close(); // below TLS: the JDK's would shake hands again
        }
        if (needless && !ctx.isRemoved()) {
            ctx.pipeline().remove(this);
        }
    }

    private void scan(ChannelHandlerContext ctx, ByteBuf in) {
        int at = in.readerIndex();
        while (at < in.writerIndex() && !needless) {
            int skipped = Math.min(skip, in.writerIndex() - at);
            skip -= skipped;
            at += skipped;
            if (at < in.writerIndex()) {
                head[headRead++] = in.getByte(at++);
                if (headRead == head.length) {
                    headRead = 0;
                    skip = (head[3] & 0xFF) << 8 | head[4] & 0xFF;
                    onRecord(ctx, head[0]);
                }
            }
        }
    }

    private void onRecord(ChannelHandlerContext ctx, int type) {
        if (type == CHANGE_CIPHER_SPEC) {
            ciphered = true;
        } else if (type == HANDSHAKE && ciphered) {
            handshakes++;
            if (handshakes == 2) {
                needless = true;
                ctx.fireUserEventTriggered(Event.ASKED);
            }
        } else if (type == APPLICATION_DATA && handshakes == 0) {
            needless = true;
        }
    }
}
