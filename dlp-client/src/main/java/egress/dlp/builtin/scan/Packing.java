package egress.dlp.builtin.scan;

import egress.dlp.ContentCoding;
import org.jspecify.annotations.Nullable;

/** The container formats of compressed data. */
public enum Packing {
    GZIP,
    ZIP,
    ZLIB,
    ZSTD,
    /** A stream of a PDF file: zlib behind the line break. */
    PDF,
    /** The type of a PNG's chunk of rows. */
    PNG,
    /** One of the others in base64. */
    BASE64,
    /** One of the others in hex. */
    HEX;

    /** What the bytes of that content coding begin like; null for brotli, whose streams have no mark. */
    static @Nullable Packing of(ContentCoding coding) {
        return switch (coding) {
            case GZIP -> GZIP;
            case DEFLATE -> ZLIB;
            case ZSTD -> ZSTD;
            case BR -> null;
        };
    }
}
