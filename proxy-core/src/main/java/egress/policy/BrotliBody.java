package egress.policy;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.decoder.DecoderJNI;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Judges a body in brotli (RFC 7932) both as it is and decoded, as {@link DecodedBody} does for other codings. */
final class BrotliBody implements BodyJudge {
    private static final int PIECE = 8 * 1024;

    private final BodyJudge asSent;
    private final BodyJudge decoded;
    private final Verdict.Deny unreadable;
    private DecoderJNI.@Nullable Wrapper decoder;
    private boolean closed;
    private long total;
    private long coded;

    private BrotliBody(BodyJudge asSent, BodyJudge decoded, Verdict.Deny unreadable) {
        this.asSent = asSent;
        this.decoded = decoded;
        this.unreadable = unreadable;
    }

    /** @param unreadable the denial of a body that is not brotli, and of any where this machine cannot decode it */
    static BodyJudge of(BodyJudge asSent, BodyJudge decoded, Verdict.Deny unreadable) {
        return Brotli4jLoader.isAvailable()
                ? new BrotliBody(asSent, decoded, unreadable)
                : new DecodedBody.Unread(unreadable);
    }

    @Override
    public boolean holdsHead() {
        return asSent.holdsHead();
    }

    @Override
    public Verdict.@Nullable Deny take(ByteBuf bytes) {
        Verdict.Deny deny = asSent.take(bytes);
        int at = bytes.readerIndex();
        try {
            while (deny == null && at < bytes.writerIndex()) {
                int length = Math.min(PIECE, bytes.writerIndex() - at);
                deny = decode(bytes, at, length);
                at += length;
            }
            return deny;
        } catch (IOException e) {
            return unreadable;
        }
    }

    private Verdict.@Nullable Deny decode(ByteBuf bytes, int at, int length) throws IOException {
        DecoderJNI.Wrapper wrapper = decoder();
        if (closed || wrapper.getStatus() != DecoderJNI.Status.NEEDS_MORE_INPUT) {
            return unreadable; // bytes behind the end of the stream
        }
        coded += length;
        ByteBuffer input = wrapper.getInputBuffer();
        input.clear().limit(length);
        bytes.getBytes(at, input);
        wrapper.push(length);
        while (true) {
            Verdict.Deny deny = null;
            if (wrapper.hasOutput()) {
                ByteBuffer output = wrapper.pull();
                total += output.remaining();
                deny = DecodedBody.isTooMuch(total, coded) ? unreadable : decoded.take(Unpooled.wrappedBuffer(output));
            } else if (wrapper.getStatus() == DecoderJNI.Status.OK) {
                wrapper.push(0);
            } else {
                return wrapper.getStatus() == DecoderJNI.Status.ERROR ? unreadable : null;
            }
            if (deny != null) {
                return deny;
            }
        }
    }

    private DecoderJNI.Wrapper decoder() throws IOException {
        DecoderJNI.Wrapper present = decoder;
        if (present == null) {
            present = new DecoderJNI.Wrapper(PIECE);
            decoder = present;
        }
        return present;
    }

    @Override
    public Verdict.@Nullable Deny end() {
        Verdict.Deny deny = asSent.end();
        DecoderJNI.Wrapper present = decoder;
        if (deny == null && present != null && present.getStatus() != DecoderJNI.Status.DONE) {
            return unreadable; // a stream that is cut short
        }
        return deny == null ? decoded.end() : deny;
    }

    @Override
    public void close() {
        DecoderJNI.Wrapper present = decoder;
        if (!closed && present != null) {
            present.destroy();
        }
        closed = true;
    }
}
