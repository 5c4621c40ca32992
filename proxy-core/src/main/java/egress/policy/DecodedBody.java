package egress.policy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** Judges a coded body both as it is and decoded, since some origins ignore the coding. */
final class DecodedBody implements BodyJudge {
    /** Most bytes that are decoded, since that is done on the event loop. */
    private static final int MOST = 16 * 1024 * 1024;
    /** A body may decode to so much whatever its size, and beyond that to so many times its size: each byte costs the loop. */
    private static final int FREE = 256 * 1024;

    private static final int PER_BYTE = 50;

    private static final int PIECE = 8 * 1024;

    private final BodyJudge asSent;
    private final BodyJudge decoded;
    private final Verdict.Deny unreadable;
    private final @Nullable GzipFrame gzip;
    private final byte[] in = new byte[PIECE];
    private final byte[] out = new byte[PIECE];
    private final Inflater inflater;
    private int remaining;
    private long total;
    private long coded;

    private DecodedBody(BodyJudge asSent, BodyJudge decoded, boolean isGzip, Verdict.Deny unreadable) {
        this.asSent = asSent;
        this.decoded = decoded;
        this.gzip = isGzip ? new GzipFrame() : null;
        this.inflater = new Inflater(isGzip);
        this.unreadable = unreadable;
    }

    /**
     * The judge of a body in a coding (RFC 9110 §8.4.1).
     *
     * @param unreadable the denial of a coding that is not read here, and of a body that is not in it
     */
    static BodyJudge of(String coding, BodyJudge asSent, BodyJudge decoded, Verdict.Deny unreadable) {
        return switch (coding) {
            case "gzip", "x-gzip" -> new DecodedBody(asSent, decoded, true, unreadable);
            case "deflate" -> new DecodedBody(asSent, decoded, false, unreadable);
            case "br" -> BrotliBody.of(asSent, decoded, unreadable);
            default -> new Unread(unreadable);
        };
    }

    /** Whether that is more than is decoded of so many coded bytes. */
    static boolean isTooMuch(long decoded, long coded) {
        return decoded > Math.min(MOST, FREE + PER_BYTE * coded);
    }

    /** Says no to whatever comes. */
    record Unread(Verdict.Deny unreadable) implements BodyJudge {
        @Override
        public boolean holdsHead() {
            return true;
        }

        @Override
        public Verdict.@Nullable Deny take(ByteBuf bytes) {
            return bytes.isReadable() ? unreadable : null;
        }

        @Override
        public Verdict.@Nullable Deny end() {
            return null;
        }
    }

    @Override
    public boolean holdsHead() {
        return asSent.holdsHead();
    }

    @Override
    public Verdict.@Nullable Deny take(ByteBuf bytes) {
        Verdict.Deny deny = asSent.take(bytes);
        int at = bytes.readerIndex();
        while (deny == null && at < bytes.writerIndex()) {
            int length = Math.min(PIECE, bytes.writerIndex() - at);
            bytes.getBytes(at, in, 0, length);
            at += length;
            coded += length;
            deny = decode(length);
        }
        return deny;
    }

    private Verdict.@Nullable Deny decode(int length) {
        int at = 0;
        try {
            while (at < length) {
                if (gzip != null && !gzip.isInData()) {
                    if (!gzip.take(in[at++])) {
                        return unreadable;
                    }
                } else if (inflater.finished()) {
                    return unreadable; // bytes behind the end of a stream
                } else {
                    inflater.setInput(in, at, length - at);
                    Verdict.Deny deny = inflate();
                    if (deny != null) {
                        return deny;
                    }
                    at = length - remaining;
                }
            }
            return null;
        } catch (DataFormatException e) {
            return unreadable;
        }
    }

    private Verdict.@Nullable Deny inflate() throws DataFormatException {
        while (true) {
            int length = inflater.inflate(out);
            total += length;
            Verdict.Deny deny =
                    isTooMuch(total, coded) ? unreadable : decoded.take(Unpooled.wrappedBuffer(out, 0, length));
            if (deny != null || inflater.needsDictionary()) {
                return deny == null ? unreadable : deny;
            }
            remaining = inflater.getRemaining();
            if (inflater.finished() && gzip != null) {
                gzip.dataEnds(); // another member may follow (RFC 1952 §2.2)
                inflater.reset();
                return null;
            }
            if (inflater.finished() || length == 0 && inflater.needsInput()) {
                return null;
            }
        }
    }

    @Override
    public Verdict.@Nullable Deny end() {
        Verdict.Deny deny = asSent.end();
        return deny == null ? decoded.end() : deny;
    }

    @Override
    public void close() {
        inflater.end();
    }
}
