package egress.server.dlp;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.decoder.BrotliInputStream;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/** Takes whole messages out of the coding that their protocol names, for the scan alone. */
@FunctionalInterface
interface ContentDecoder {
    /** RFC 8878 §3.1.1.1.2 recommends supporting windows of 8 MiB, and allows refusing larger ones. */
    int ZSTD_WINDOW_LOG = 23;

    /** @throws IOException when it does not begin like that coding; reading throws it when it goes on otherwise */
    InputStream decode(InputStream coded) throws IOException;

    /** The decoder of a coding in small letters; empty for one that is unknown here. */
    static Optional<ContentDecoder> of(String coding) {
        return switch (coding) {
            case "identity", "" -> Optional.of(coded -> coded);
            case "gzip", "x-gzip" -> Optional.of(GZIPInputStream::new);
            case "deflate" -> Optional.of(ContentDecoder::deflate);
            case "zstd" -> Optional.of(coded -> new ZstdInputStreamNoFinalizer(coded).setLongMax(ZSTD_WINDOW_LOG));
            case "br" -> Brotli4jLoader.isAvailable() ? Optional.of(BrotliInputStream::new) : Optional.empty();
            default -> Optional.empty();
        };
    }

    /** zlib (RFC 1950) by the book, and the bare stream (RFC 1951) that some send: the first two bytes tell. */
    private static InputStream deflate(InputStream coded) throws IOException {
        byte[] start = coded.readNBytes(2);
        boolean zlib =
                start.length == 2 && (start[0] & 0x0f) == 8 && ((start[0] & 0xff) << 8 | start[1] & 0xff) % 31 == 0;
        InputStream whole = new SequenceInputStream(new ByteArrayInputStream(start), coded);
        Inflater inflater = new Inflater(!zlib);
        return new InflaterInputStream(whole, inflater) {
            @Override
            public void close() throws IOException {
                super.close();
                inflater.end();
            }
        };
    }
}
