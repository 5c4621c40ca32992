package egress.dlp;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import egress.dlp.coding.BrotliStream;
import egress.dlp.coding.GzipStream;
import egress.dlp.coding.ZlibStream;
import egress.dlp.coding.ZstdStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The content codings (RFC 9110, section 8.4.1) that a body can be taken out of for the scan. Each decoder reads its coding alone, and
 * to the last byte: what another reader could take for something else is an error.
 */
public enum ContentCoding {
    GZIP,
    DEFLATE,
    BR,
    ZSTD;

    private static final int MOST_STACKED = 4;

    /** The codings of the field values in the order they were applied; empty when one is unknown or there are too many. */
    public static Optional<List<ContentCoding>> of(List<String> values) {
        List<ContentCoding> out = new ArrayList<>();
        for (String value : values) {
            for (String token : value.split(",", -1)) {
                switch (withoutBlanks(token).toLowerCase(Locale.ROOT)) {
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

    // RFC 9110, section 5.6.3: nothing but these two is optional whitespace.
    private static String withoutBlanks(String token) {
        int from = 0;
        int to = token.length();
        while (from < to && isBlank(token.charAt(from))) {
            from++;
        }
        while (from < to && isBlank(token.charAt(to - 1))) {
            to--;
        }
        return token.substring(from, to);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    /** Whether this machine can decode it: brotli needs a native library. */
    public boolean isAvailable() {
        return this != BR || Brotli4jLoader.isAvailable();
    }

    /**
     * Decodes {@code in} as it is read, all members and frames of it.
     *
     * @throws IOException when it does not begin like that coding; reading throws it when it does not continue in it, ends early or late
     */
    public InputStream decode(InputStream in) throws IOException {
        return switch (this) {
            case GZIP -> new GzipStream(in);
            case DEFLATE -> new ZlibStream(in);
            case BR -> new BrotliStream(in);
            case ZSTD -> new ZstdStream(in);
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
}
