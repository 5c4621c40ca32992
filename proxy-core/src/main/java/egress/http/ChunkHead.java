package egress.http;

import io.netty.buffer.ByteBuf;

/** The size lines of one chunked body (RFC 9112 §7.1): sizes are read, well-formed extensions dropped (§7.1.1). */
final class ChunkHead {
    /** Over a whole body: chunk extensions carry nothing, so that megabytes of them are an attack. */
    private static final int MAX_EXTENSION_BYTES = 16_384;

    private static final int MAX_DIGITS = 15;

    private int extensionBytes;

    void beginBody() {
        extensionBytes = 0;
    }

    /**
     * The size in the line from the reader index to {@code end}, without its CRLF.
     *
     * @throws HttpFormatException when it is not {@code chunk-size [ chunk-ext ]}
     */
    long size(ByteBuf in, int end) {
        long size = 0;
        int at = in.readerIndex();
        for (; at < end; at++) {
            int digit = Character.digit(in.getByte(at), 16);
            if (digit < 0) {
                break;
            }
            size = size << 4 | digit;
        }
        int digits = at - in.readerIndex();
        if (digits == 0 || digits > MAX_DIGITS) {
            throw new HttpFormatException("a chunk's size (expected: 1 to 15 hexadecimal digits)");
        }
        extensionBytes += end - at;
        if (extensionBytes > MAX_EXTENSION_BYTES) {
            throw new HttpFormatException("more than " + MAX_EXTENSION_BYTES + " bytes of chunk extensions");
        }
        if (!ChunkExtensions.areWellFormed(in, at, end)) {
            throw new HttpFormatException("a malformed chunk extension");
        }
        return size;
    }
}
