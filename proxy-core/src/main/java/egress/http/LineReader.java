package egress.http;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Finds the ends of lines and of sections of lines, each ended by CRLF, in bytes that may come slowly. */
final class LineReader {
    private final H1Decoder owner;
    /** Where the search goes on, so that slow bytes are not searched again and again. */
    private int searched;

    private boolean startLineChecked;

    LineReader(H1Decoder owner) {
        this.owner = owner;
    }

    /** What was searched is consumed. */
    void beginAnew() {
        searched = 0;
        startLineChecked = false;
    }

    byte @Nullable [] head(ByteBuf in) {
        return section(in, true);
    }

    byte @Nullable [] trailers(ByteBuf in) {
        return section(in, false);
    }

    /**
     * Takes everything up to and with the next empty line, each line ended by CRLF and free of bare CR and LF.
     *
     * @return null when it is not all there
     */
    private byte @Nullable [] section(ByteBuf in, boolean isHead) {
        int from = in.readerIndex();
        int at = from + searched;
        int to = in.writerIndex();
        boolean lineSeen = false;
        while (true) {
            int lf = in.indexOf(at, to, (byte) '\n');
            if ((lf < 0 ? to : lf) - from > owner.limits().maxHeadBytes()) {
                throw H1Fields.tooLarge(in, owner.limits().maxHeadBytes(), isHead);
            }
            if (lf < 0) {
                if (isHead && lineSeen && !startLineChecked) {
                    startLineChecked = true;
                    checkFirstLine(in, from);
                }
                searched = to - from;
                return null;
            }
            if (lf == from || in.getByte(lf - 1) != '\r') {
                throw new HttpFormatException("a line ends in a bare LF");
            }
            if (lf == from + 1 && isHead && owner.skipsEmptyLine()) {
                in.skipBytes(2);
                searched = 0;
                from = in.readerIndex();
                at = from;
                continue;
            }
            if (lf == from + 1 || lf - from >= 3 && in.getByte(lf - 2) == '\n') {
                byte[] octets = new byte[lf + 1 - from];
                in.readBytes(octets);
                beginAnew();
                return octets;
            }
            at = lf + 1;
            lineSeen = true;
        }
    }

    private void checkFirstLine(ByteBuf in, int from) {
        byte[] line = new byte[in.indexOf(from, in.writerIndex(), (byte) '\n') + 1 - from];
        in.getBytes(from, line);
        owner.checkStartLine(line);
    }

    /** The index of the line's CR, or -1 when it is not all there. */
    int end(ByteBuf in, int max, String tooLong) {
        int from = in.readerIndex();
        int lf = in.indexOf(from + searched, in.writerIndex(), (byte) '\n');
        if ((lf < 0 ? in.writerIndex() : lf) - from > max) {
            throw new HttpFormatException(tooLong);
        }
        if (lf < 0) {
            searched = in.readableBytes();
            return -1;
        }
        if (lf == from || in.getByte(lf - 1) != '\r') {
            throw new HttpFormatException("a line ends in a bare LF");
        }
        return lf - 1;
    }
}
