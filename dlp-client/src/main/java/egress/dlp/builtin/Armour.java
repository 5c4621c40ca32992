package egress.dlp.builtin;

/** Takes compressed data out of what it is wrapped in: base64 or hex, and the container's header before the deflate stream. */
final class Armour {

    /** What stands before the deflate stream. */
    enum Header {
        NONE,
        /** RFC 1952. */
        GZIP,
        /** A local file header of a zip archive. */
        ZIP
    }

    private enum Wrapping {
        NONE,
        BASE64,
        HEX
    }

    private final Wrapping wrapping;
    private final byte[] header = new byte[600];
    private final Header kind;
    private int headerLength;
    private boolean headerDone;
    private int bits;
    private int count;
    private boolean ended;

    private Armour(Wrapping wrapping, Header kind) {
        this.wrapping = wrapping;
        this.kind = kind;
        this.headerDone = kind == Header.NONE;
    }

    static Armour none(Header kind) {
        return new Armour(Wrapping.NONE, kind);
    }

    static Armour base64(Header kind) {
        return new Armour(Wrapping.BASE64, kind);
    }

    static Armour hex(Header kind) {
        return new Armour(Wrapping.HEX, kind);
    }

    /** Whether what follows is no longer part of it. */
    boolean ended() {
        return ended;
    }

    /** Moves {@code at[0]} on and fills {@code out} with bare deflate data; returns how much. */
    int strip(byte[] b, int[] at, int to, byte[] out) {
        int n = 0;
        int i = at[0];
        while (i < to && n < out.length && !ended) {
            int value = -1;
            if (wrapping == Wrapping.NONE) {
                value = b[i++] & 0xff;
            } else {
                int skip = separator(b, i, to);
                if (skip > 0) {
                    i += skip;
                    continue;
                }
                value = digit(b[i++]);
            }
            if (value >= 0) {
                n = headerDone ? put(out, n, value) : header(value, n);
            }
        }
        at[0] = i;
        return n;
    }

    private int put(byte[] out, int n, int value) {
        out[n] = (byte) value;
        return n + 1;
    }

    private int header(int value, int n) {
        if (headerLength == header.length) {
            ended = true;
            return n;
        }
        header[headerLength++] = (byte) value;
        int length = kind == Header.GZIP ? gzip() : zip();
        headerDone = length >= 0 && headerLength >= length;
        return n;
    }

    // A complete byte, or -1 while one is in the making.
    private int digit(byte c) {
        int width = wrapping == Wrapping.BASE64 ? 6 : 4;
        int d = wrapping == Wrapping.BASE64 ? Codes.base64(c) : Codes.hex(c);
        if (d < 0) {
            ended = true;
            return -1;
        }
        bits = bits << width | d;
        count += width;
        if (count < 8) {
            return -1;
        }
        count -= 8;
        return bits >> count & 0xff;
    }

    private static int separator(byte[] b, int i, int to) {
        if (b[i] == '\n' || b[i] == '\r' || b[i] == ' ' || b[i] == '\t') {
            return 1;
        }
        if (b[i] == '\\' && i + 1 < to && (b[i + 1] == 'n' || b[i + 1] == 'r')) {
            return 2;
        }
        return b[i] == '\\' && i + 1 < to && b[i + 1] == '/' ? 1 : 0;
    }

    // The header's length as far as it is known; -1 when more must come first.
    private int gzip() {
        if (headerLength < 10) {
            return -1;
        }
        int flags = header[3];
        int length = 10;
        if ((flags & 4) != 0) {
            if (headerLength < 12) {
                return -1;
            }
            length = 12 + little(10);
        }
        for (int flag = 8; flag <= 16; flag <<= 1) {
            if ((flags & flag) != 0) {
                while (length < headerLength && header[length] != 0) {
                    length++;
                }
                if (length >= headerLength) {
                    return -1;
                }
                length++;
            }
        }
        return (flags & 2) != 0 ? length + 2 : length;
    }

    private int zip() {
        if (headerLength < 30) {
            return -1;
        }
        // Method 8 is deflate; what is stored stands there as it is.
        ended = little(8) != 8;
        return 30 + little(26) + little(28);
    }

    private int little(int at) {
        return (header[at] & 0xff) | ((header[at + 1] & 0xff) << 8);
    }
}
