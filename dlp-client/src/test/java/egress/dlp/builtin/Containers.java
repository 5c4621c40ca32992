package egress.dlp.builtin;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.encoder.Encoder;
import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Compressed bodies, with something in each of the places that a decoder passes over. */
final class Containers {
    private Containers() {}

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    static byte[] gzip(byte[] plain) {
        return written(out -> new GZIPOutputStream(out), plain);
    }

    static byte[] zlib(byte[] plain) {
        return written(DeflaterOutputStream::new, plain);
    }

    static byte[] rawDeflate(byte[] plain) {
        return written(out -> new DeflaterOutputStream(out, new Deflater(6, true)), plain);
    }

    /**
     * A zlib stream whose header tells another window and effort (RFC 1950, section 2.2).
     *
     * @param window of 0 to 7, the largest being 32 KiB
     */
    static byte[] zlib(byte[] plain, int window, int level) {
        byte[] out = zlib(plain);
        int first = window << 4 | 8;
        int second = level << 6;
        second += 31 - (first << 8 | second) % 31;
        out[0] = (byte) first;
        out[1] = (byte) second;
        return out;
    }

    /** A picture with those rows, in chunks of so many bytes. */
    static byte[] png(byte[] rows, int chunk) {
        byte[] packed = zlib(rows);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("\u0089PNG\r\n\u001a\n".getBytes(StandardCharsets.ISO_8859_1));
        chunk(out, "IHDR", new byte[] {0, 0, 1, 0, 0, 0, 1, 0, 8, 2, 0, 0, 0});
        for (int at = 0; at < packed.length; at += chunk) {
            chunk(out, "IDAT", Arrays.copyOfRange(packed, at, Math.min(packed.length, at + chunk)));
        }
        chunk(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream out, String type, byte[] data) {
        byte[] whole = join(type.getBytes(StandardCharsets.ISO_8859_1), data);
        CRC32 check = new CRC32();
        check.update(whole);
        out.writeBytes(ByteBuffer.allocate(whole.length + 8)
                .putInt(data.length)
                .put(whole)
                .putInt((int) check.getValue())
                .array());
    }

    static byte[] zstd(byte[] plain) {
        return Zstd.compress(plain);
    }

    static byte[] brotli(byte[] plain) {
        Brotli4jLoader.ensureAvailability();
        try {
            return Encoder.compress(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** In the content coding of that name. */
    static byte[] coded(String coding, byte[] plain) {
        return switch (coding) {
            case "gzip" -> gzip(plain);
            case "deflate" -> zlib(plain);
            case "br" -> brotli(plain);
            case "zstd" -> zstd(plain);
            default -> throw new IllegalArgumentException(coding);
        };
    }

    /** A gzip member whose header has an extra field, a name, a comment and its check; null leaves one out. */
    static byte[] gzipWith(byte[] extra, String name, String comment, boolean checked, byte[] plain) {
        byte[] bare = gzip(plain);
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int flags = (extra.length > 0 ? 4 : 0)
                | (name.isEmpty() ? 0 : 8)
                | (comment.isEmpty() ? 0 : 16)
                | (checked ? 2 : 0);
        head.writeBytes(Arrays.copyOf(bare, 3));
        head.write(flags);
        head.writeBytes(Arrays.copyOfRange(bare, 4, 10));
        if (extra.length > 0) {
            head.write(extra.length);
            head.write(extra.length >> 8);
            head.writeBytes(extra);
        }
        for (String text : new String[] {name, comment}) {
            if (!text.isEmpty()) {
                head.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
                head.write(0);
            }
        }
        if (checked) {
            CRC32 check = new CRC32();
            check.update(head.toByteArray());
            head.write((int) check.getValue());
            head.write((int) check.getValue() >> 8);
        }
        head.write(bare, 10, bare.length - 10);
        return head.toByteArray();
    }

    /** RFC 8878, section 3.1.2. */
    static byte[] skippable(byte[] content) {
        return ByteBuffer.allocate(8 + content.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0x184D2A53)
                .putInt(content.length)
                .put(content)
                .array();
    }

    /** A brotli stream that is a metadata block and nothing else (RFC 7932, section 9.2). */
    static byte[] brotliMetadata(byte[] content) {
        // WBITS 16 is one bit 0; then ISLAST 0, MNIBBLES 3, a reserved 0, MSKIPBYTES 1 and MSKIPLEN - 1 in one byte.
        int bits = 3 << 2 | 1 << 5 | content.length - 1 << 7;
        ByteBuffer out = ByteBuffer.allocate(content.length + 3);
        return out.put((byte) bits)
                .put((byte) (bits >> 8))
                .put(content)
                .put((byte) 3)
                .array();
    }

    static byte[] zip(String comment, byte[] extra, byte[] plain) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (ZipOutputStream zip = new ZipOutputStream(out)) {
                zip.setComment(comment);
                ZipEntry entry = new ZipEntry("a.txt");
                entry.setExtra(extra);
                zip.putNextEntry(entry);
                zip.write(plain);
            }
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] base64(byte[] plain) {
        return Base64.getEncoder().encode(plain);
    }

    static byte[] mime(byte[] plain) {
        return Base64.getMimeEncoder().encode(plain);
    }

    static byte[] hex(byte[] plain) {
        return HexFormat.of().formatHex(plain).getBytes(StandardCharsets.ISO_8859_1);
    }

    @FunctionalInterface
    private interface Writer {
        OutputStream open(OutputStream out) throws IOException;
    }

    private static byte[] written(Writer writer, byte[] plain) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (OutputStream coder = writer.open(out)) {
                coder.write(plain);
            }
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
