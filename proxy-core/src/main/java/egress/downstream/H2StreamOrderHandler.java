package egress.downstream;

import egress.http.H2FrameHeads;
import egress.http.H2Session;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameTypes;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which stream a caller's HEADERS may name, where Netty's codec is lenient: a new one must be above all before it (RFC 9113
 * §5.1.1), and one that the caller has ended or reset takes no more of them (§5.1). Either is a connection error. It stands before
 * the codec, reads no more than frame headers, and changes nothing.
 */
final class H2StreamOrderHandler extends ChannelInboundHandlerAdapter {
    /** Beyond so many the oldest of those that we reset, and that the caller never ends, count as ended. */
    private static final int MOST_UNENDED = 1_024;

    private final H2Session session;
    private final H2FrameHeads heads = new H2FrameHeads(true);

    private int highest;

    /** Of the 64 odd identifiers up to the highest, those that were opened; the lowest bit is the highest's. */
    private long opened;

    /** Opened, and neither ended nor reset by the caller. */
    private final TreeSet<Integer> unended = new TreeSet<>();

    private boolean over;

    /** Of an incomplete field section, which the codec keeps. */
    private int unfinishedBytes;

    H2StreamOrderHandler(H2Session session) {
        this.session = session;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            ctx.fireChannelRead(message);
            return;
        }
        if (over) {
            bytes.release();
            return;
        }
        for (int at = heads.next(bytes, bytes.readerIndex()); at >= 0; at = heads.next(bytes, at)) {
            Http2Exception fault = judge();
            if (fault != null) {
                refuse(ctx, bytes, at, fault);
                return;
            }
        }
        ctx.fireChannelRead(bytes);
    }

    /** What came before the frame is dealt with first. */
    private void refuse(ChannelHandlerContext ctx, ByteBuf bytes, int at, Http2Exception fault) {
        over = true;
        int before = at - Http2CodecUtil.FRAME_HEADER_LENGTH - bytes.readerIndex();
        if (before > 0) {
            ctx.fireChannelRead(bytes.readRetainedSlice(before));
        }
        bytes.release();
        ctx.fireExceptionCaught(fault);
    }

    /** Bytes of a field section whose end is yet to come. */
    int unfinishedBytes() {
        return unfinishedBytes;
    }

    private void measure() {
        byte type = heads.type();
        if (type == Http2FrameTypes.HEADERS || type == Http2FrameTypes.CONTINUATION) {
            unfinishedBytes = heads.has(Http2Flags.END_HEADERS) ? 0 : unfinishedBytes + heads.length();
        }
    }

    private @Nullable Http2Exception judge() {
        measure();
        int stream = heads.stream();
        boolean end = heads.has(Http2Flags.END_STREAM);
        switch (heads.type()) {
            case Http2FrameTypes.HEADERS -> {
                return headers(stream, end);
            }
            case Http2FrameTypes.DATA -> endedBy(stream, end);
            case Http2FrameTypes.RST_STREAM -> endedBy(stream, true);
            default -> {} // no other frame begins or ends a stream
        }
        return null;
    }

    private @Nullable Http2Exception headers(int stream, boolean end) {
        if ((stream & 1) == 0) {
            return null; // the codec refuses it
        }
        if (stream > highest) {
            int steps = (stream - highest) / 2;
            opened = steps < Long.SIZE ? opened << steps | 1 : 1;
            highest = stream;
            if (!end) {
                unended.add(stream);
                if (unended.size() > MOST_UNENDED) {
                    forgetOldest();
                }
            }
            return null;
        }
        if (unended.contains(stream)) {
            endedBy(stream, end); // trailers
            return null;
        }
        int below = (highest - stream) / 2;
        boolean wasOpened = below >= Long.SIZE || (opened >>> below & 1) != 0;
        return wasOpened
                ? Http2Exception.connectionError(
                        Http2Error.STREAM_CLOSED, "HEADERS on stream %d, which the caller had ended", stream)
                : Http2Exception.connectionError(
                        Http2Error.PROTOCOL_ERROR, "stream %d opened after stream %d", stream, highest);
    }

    /** A stream under way is none of them: what the caller may still send on it, its trailers, is no fault. */
    private void forgetOldest() {
        for (int stream : unended) {
            if (session.connection().stream(stream) == null) {
                unended.remove(stream);
                return;
            }
        }
    }

    private void endedBy(int stream, boolean end) {
        if (end && !unended.isEmpty()) {
            unended.remove(stream);
        }
    }
}
