package egress.server;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.encoder.Encoder;
import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/** Bodies in the codings that a {@code Content-Encoding} names. */
public final class BodyCodings {
    /** Its slowest quality takes minutes for 64 MiB. */
    private static final int BROTLI_QUALITY = 4;

    private BodyCodings() {}

    /** @param codings as the field names them: the first is applied first */
    public static byte[] encode(String codings, byte[] plain) throws IOException {
        byte[] coded = plain;
        for (String coding : codings.split(",", -1)) {
            coded = one(coding, coded);
        }
        return coded;
    }

    private static byte[] one(String coding, byte[] plain) throws IOException {
        return switch (coding) {
            case "br" -> {
                Brotli4jLoader.ensureAvailability();
                yield Encoder.compress(plain, new Encoder.Parameters().setQuality(BROTLI_QUALITY));
            }
            case "zstd" -> Zstd.compress(plain);
            case "gzip" -> {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                write(new GZIPOutputStream(out), plain);
                yield out.toByteArray();
            }
            case "deflate" -> {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                write(new DeflaterOutputStream(out), plain);
                yield out.toByteArray();
            }
            default -> throw new IllegalArgumentException(coding);
        };
    }

    private static void write(OutputStream to, byte[] plain) throws IOException {
        try (to) {
            to.write(plain);
        }
    }
}
