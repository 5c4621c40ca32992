package egress.dlp.builtin;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.decoder.BrotliInputStream;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/** The content codings (RFC 9110, section 8.4.1) that a body can be taken out of for the scan. */
public enum ContentCoding {
    GZIP,
    DEFLATE,
    BR,
    ZSTD;

    private static final int MOST_STACKED = 4;
    /** RFC 8878, section 3.1.1.1.2 recommends supporting windows of 8 MiB, and allows refusing larger ones. */
    private static final int ZSTD_WINDOW_LOG = 23;

    /** The codings of the field values in the order they were applied; empty when one is unknown or there are too many. */
    public static Optional<List<ContentCoding>> of(List<String> values) {
        List<ContentCoding> out = new ArrayList<>();
        for (String value : values) {
            for (String token : value.split(",", -1)) {
                switch (token.strip().toLowerCase(Locale.ROOT)) {
                    case "", "identity" -> {}
                    case "gzip", "x-gzip" -> out.add(GZIP);
                    case "deflate" -> out.add(DEFLATE);
                    case "br" -> out.add(BR);
                    case "zstd" -> out.add(ZSTD);
                    default -> {
                        return Optional.empty();
                    }
                }
            }
        }
        return out.size() > MOST_STACKED ? Optional.empty() : Optional.of(out);
    }

    /** Whether this machine can decode it: brotli needs a native library. */
    public boolean isAvailable() {
        return this != BR || Brotli4jLoader.isAvailable();
    }

    /**
     * Decodes {@code in} as it is read.
     *
     * @throws IOException when it does not begin like that coding; reading throws it when it goes on otherwise
     */
    public InputStream decode(InputStream in) throws IOException {
        return switch (this) {
            case GZIP -> new GZIPInputStream(in, 8192);
            case DEFLATE -> deflate(in);
            case BR -> new BrotliInputStream(in);
            case ZSTD -> new ZstdInputStreamNoFinalizer(in).setLongMax(ZSTD_WINDOW_LOG);
        };
    }

    /**
     * Takes all codings off {@code in}, the last applied first, as it is read.
     *
     * @throws IOException as {@link #decode(InputStream)}; {@code in} is then closed
     */
    public static InputStream decode(InputStream in, List<ContentCoding> codings) throws IOException {
        InputStream decoded = in;
        try {
            for (ContentCoding coding : codings.reversed()) {
                decoded = coding.decode(decoded);
            }
        } catch (IOException | RuntimeException e) {
            decoded.close();
            throw e;
        }
        return decoded;
    }

    // "deflate" is zlib by RFC 9110, but some send the bare stream; the first two bytes tell.
    private static InputStream deflate(InputStream in) throws IOException {
        BufferedInputStream buffered = new BufferedInputStream(in, 8192);
        buffered.mark(2);
        int first = buffered.read();
        int second = buffered.read();
        buffered.reset();
        boolean zlib = (first & 0x0f) == 8 && second >= 0 && (first << 8 | second) % 31 == 0;
        return new InflaterInputStream(buffered, new Inflater(!zlib), 8192);
    }
}
