package egress.server.flows;

import egress.dlp.ContentCoding;
import egress.server.log.SecretMasker;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Masks bodies. What is coded is looked at decoded, and what cannot be is not kept. */
final class MaskedBodies {
    /** Read of a coded body, in bytes of what it decodes to; one that is longer is kept decoded, to there. */
    private static final int MOST_DECODED = 8 << 20;

    private static final byte[] NOTHING = {};
    private static final String FORM = "application/x-www-form-urlencoded";

    private final int limit;

    /** @param limit of what is kept, in bytes */
    MaskedBodies(int limit) {
        this.limit = limit;
    }

    /** What a coded body says, as far as it was read. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Decoded(byte[] bytes, boolean whole) {}

    /** @param fields of its message, which name the codings */
    FlowBody of(BodyCopy copy, Fields fields, SecretMasker masker) {
        if (copy.length() == 0) {
            return FlowBody.EMPTY;
        }
        boolean isForm = fields.mediaType().equals(FORM);
        Optional<List<ContentCoding>> codings = ContentCoding.of(List.of(fields.joined("content-encoding")));
        if (codings.isPresent() && codings.get().isEmpty()) {
            return new FlowBody(copy.length(), copy.isCut(), masked(copy.bytes(), isForm, masker), false);
        }
        if (codings.isEmpty() || !codings.get().stream().allMatch(ContentCoding::isAvailable)) {
            return dropped(copy);
        }
        Decoded decoded = decode(copy.bytes(), codings.get());
        if (decoded.bytes().length == 0 && !(decoded.whole() && !copy.isCut())) {
            return dropped(copy);
        }
        byte[] masked = masked(decoded.bytes(), isForm, masker);
        boolean whole = decoded.whole() && !copy.isCut();
        if (whole && Arrays.equals(masked, decoded.bytes()) && isClean(copy.bytes(), masker)) {
            return new FlowBody(copy.length(), false, copy.bytes(), false);
        }
        boolean fits = masked.length <= limit;
        return new FlowBody(copy.length(), !whole || !fits, fits ? masked : Arrays.copyOf(masked, limit), true);
    }

    /** What a decoder passes over is in what is kept: a file's name in the head of gzip, a frame of zstd that is to be skipped. */
    private static boolean isClean(byte[] coded, SecretMasker masker) {
        return Arrays.equals(masker.body(coded), coded);
    }

    private static FlowBody dropped(BodyCopy copy) {
        return new FlowBody(copy.length(), true, NOTHING, false);
    }

    private static byte[] masked(byte[] bytes, boolean isForm, SecretMasker masker) {
        return isForm ? masker.form(bytes) : masker.body(bytes);
    }

    private static Decoded decode(byte[] coded, List<ContentCoding> codings) {
        byte[] bytes = new byte[Math.clamp(4L * coded.length, 1024, MOST_DECODED)];
        int filled = 0;
        try (InputStream in = ContentCoding.decode(new ByteArrayInputStream(coded), codings)) {
            while (true) {
                if (filled == bytes.length) {
                    if (filled == MOST_DECODED) {
                        return new Decoded(bytes, false);
                    }
                    bytes = Arrays.copyOf(bytes, Math.min(MOST_DECODED, 2 * filled));
                }
                int n = in.read(bytes, filled, bytes.length - filled);
                if (n < 0) {
                    return new Decoded(Arrays.copyOf(bytes, filled), true);
                }
                filled += n;
            }
        } catch (IOException e) {
            return new Decoded(Arrays.copyOf(bytes, filled), false); // cut, or not coded as it says
        }
    }
}
