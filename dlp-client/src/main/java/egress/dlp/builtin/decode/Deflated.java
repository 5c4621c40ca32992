package egress.dlp.builtin.decode;

import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** Deflate data behind its container's header. The header itself is scanned with the bytes around it. */
final class Deflated implements Unpacker {
    private static final int PIECE = 2048;
    private static final int GZIP_HEADER = 10;
    private static final int ZIP_HEADER = 30;
    private static final int CHECK = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;

    /** What stands before the deflate stream. */
    enum Container {
        /** RFC 1952. */
        GZIP,
        /** A local file header of a zip archive. */
        ZIP,
        /** RFC 1950. */
        ZLIB
    }

    private final ScanContext run;
    private final Container container;
    private final Inflater inflater;
    private final byte[] inflated;
    private final byte[] header = new byte[ZIP_HEADER];
    private int headerLength;
    /** What the header still has, by its flags, and how much of the first of those was read. */
    private int optional;

    private int read;
    private int extra;
    private int skip;
    private boolean inHeader;
    /** What so many of its bytes inflate to is scanned elsewhere. */
    private long said;

    Deflated(ScanContext run, Container container) {
        this(run, container, 0);
    }

    /** @param said so many of its first bytes are inflated and scanned elsewhere too */
    Deflated(ScanContext run, Container container, long said) {
        this.said = said;
        this.run = run;
        this.container = container;
        this.inHeader = container != Container.ZLIB;
        this.inflater = run.scratch().inflater(container != Container.ZLIB);
        this.inflated = run.scratch().lend(PIECE);
    }

    @Override
    public boolean feed(byte[] b, int from, int to, ScanWindow out) {
        int at = from;
        while (inHeader && at < to) {
            if (!header(b[at++])) {
                return false;
            }
        }
        // A header field without an end is paid for by its bytes.
        if (!run.spend(at - from)) {
            return false;
        }
        try {
            int begin = (int) Math.min(to, at + said);
            said -= begin - at;
            return (at == begin || inflate(b, at, begin, null)) && (begin == to || inflate(b, begin, to, out));
        } catch (DataFormatException notDeflate) {
            return false;
        }
    }

    /** @param out null for what is not scanned here */
    private boolean inflate(byte[] b, int from, int to, @Nullable ScanWindow out) throws DataFormatException {
        inflater.setInput(b, from, to - from);
        while (!inflater.finished()) {
            int produced = inflater.inflate(inflated, 0, PIECE);
            if (produced == 0) {
                return !inflater.finished() && !inflater.needsDictionary();
            }
            if (out == null) {
                continue;
            }
            if (!run.inflate(produced)) {
                return false;
            }
            out.put(inflated, 0, produced);
        }
        return false;
    }

    /** Takes a byte of the header; false when no deflate data can follow. */
    private boolean header(byte c) {
        int fixed = container == Container.GZIP ? GZIP_HEADER : ZIP_HEADER;
        if (headerLength < fixed) {
            header[headerLength++] = c;
            if (headerLength == fixed) {
                return fixed();
            }
            return true;
        }
        if (container == Container.ZIP) {
            inHeader = --skip > 0;
        } else {
            option(c);
        }
        return true;
    }

    private boolean fixed() {
        if (container == Container.GZIP) {
            optional = header[3];
            inHeader = hasOptions();
            return true;
        }
        skip = little(26) + little(28);
        inHeader = skip > 0;
        // Method 8 is deflate; stored data was scanned with the bytes around it.
        return little(8) == 8;
    }

    // RFC 1952, section 2.3: extra, name, comment and check, in this order; a byte of the one that comes first.
    private void option(byte c) {
        read++;
        boolean ended;
        if ((optional & EXTRA) != 0) {
            extra |= read <= 2 ? (c & 0xff) << (8 * (read - 1)) : 0;
            ended = end(EXTRA, read >= 2 && read == 2 + extra);
        } else if ((optional & NAME) != 0) {
            ended = end(NAME, c == 0);
        } else if ((optional & COMMENT) != 0) {
            ended = end(COMMENT, c == 0);
        } else {
            ended = end(CHECK, read == 2);
        }
        read = ended ? 0 : read;
        inHeader = hasOptions();
    }

    private boolean end(int option, boolean ends) {
        optional &= ends ? ~option : ~0;
        return ends;
    }

    private boolean hasOptions() {
        return (optional & (EXTRA | NAME | COMMENT | CHECK)) != 0;
    }

    private int little(int at) {
        return (header[at] & 0xff) | ((header[at + 1] & 0xff) << 8);
    }

    @Override
    public void end() {
        run.scratch().back(inflater, container != Container.ZLIB);
        run.scratch().back(inflated);
    }
}
