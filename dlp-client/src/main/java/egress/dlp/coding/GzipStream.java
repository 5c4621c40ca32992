package egress.dlp.coding;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** A gzip body (RFC 1952) read strictly: each of its members with their check values, and nothing but members to its end. */
public final class GzipStream extends BlockStream {
    private static final int HEAD_CHECKED = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int RESERVED = 0xe0;

    private final InputStream in;
    private final Inflater inflater = new Inflater(true);
    private final byte[] piece = new byte[8192];
    private int at;
    private int end;
    /** Of the header that is read, then of the member's content. */
    private final CRC32 check = new CRC32();

    private boolean begun;
    private boolean inMember = true;

    public GzipStream(InputStream in) {
        this.in = in;
    }

    @Override
    public int read(byte[] into, int offset, int count) throws IOException {
        if (count == 0) {
            return 0;
        }
        try {
            if (!begun) {
                begun = true;
                header(next());
            }
            while (inMember) {
                int n = inflater.inflate(into, offset, count);
                if (n > 0) {
                    check.update(into, offset, n);
                    return n;
                }
                if (inflater.finished()) {
                    endOfMember();
                } else if (inflater.needsDictionary() || at == end && !fill()) {
                    throw new EOFException("gzip: ends within a member");
                } else {
                    inflater.setInput(piece, at, end - at);
                    at = end;
                }
            }
            return -1;
        } catch (DataFormatException e) {
            throw new IOException("gzip: no deflate data", e);
        }
    }

    private void endOfMember() throws IOException {
        at = end - inflater.getRemaining();
        boolean whole = little(4) == check.getValue() && little(4) == (inflater.getBytesWritten() & 0xffffffffL);
        if (!whole) {
            throw new IOException("gzip: a check value that does not fit");
        }
        int first = next();
        inMember = first >= 0;
        if (inMember) {
            inflater.reset();
            header(first);
        }
    }

    private void header(int first) throws IOException {
        check.reset();
        if (first != 0x1f) {
            throw new IOException("gzip: no member");
        }
        check.update(first);
        if (head() != 0x8b || head() != 8) {
            throw new IOException("gzip: no member");
        }
        int flags = head();
        if ((flags & RESERVED) != 0) {
            throw new IOException("gzip: reserved flags");
        }
        skip(6);
        if ((flags & EXTRA) != 0) {
            int low = head();
            skip(low | head() << 8);
        }
        for (int flag : new int[] {NAME, COMMENT}) {
            int c = (flags & flag) == 0 ? 0 : head();
            while (c != 0) {
                c = head();
            }
        }
        long told = check.getValue() & 0xffff;
        if ((flags & HEAD_CHECKED) != 0 && little(2) != told) {
            throw new IOException("gzip: a check value that does not fit");
        }
        check.reset();
    }

    private void skip(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            head();
        }
    }

    /** A byte of the header, which its check value covers. */
    private int head() throws IOException {
        int c = next();
        if (c < 0) {
            throw new EOFException("gzip: ends within a header");
        }
        check.update(c);
        return c;
    }

    private long little(int bytes) throws IOException {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            long c = next();
            if (c < 0) {
                throw new EOFException("gzip: ends within a check value");
            }
            value |= c << (8 * i);
        }
        return value;
    }

    private int next() throws IOException {
        return at < end || fill() ? piece[at++] & 0xff : -1;
    }

    private boolean fill() throws IOException {
        at = 0;
        end = Math.max(0, in.read(piece, 0, piece.length));
        return end > 0;
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        in.close();
    }
}
