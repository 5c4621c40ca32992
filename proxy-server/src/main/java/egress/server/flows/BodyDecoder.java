package egress.server.flows;

import egress.dlp.ContentCoding;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Takes what was kept of a body out of its content coding, to be looked at: as far as it goes, and never beyond a bound. */
public final class BodyDecoder {
    private static final int PIECE = 8192;

    private BodyDecoder() {}

    /** A body, and the fields that say its coding. */
    public record Coded(FlowBody body, List<Flow.Field> fields) {}

    /**
     * @param bytes decoded, or as they were on the wire where {@code fault} says so
     * @param cut whether there was more than the bound
     * @param fault why not all could be decoded; null where all could
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    public record Decoded(
            byte[] bytes, boolean cut, @Nullable String fault) {}

    /** @param most bytes to give at most */
    public static Decoded decode(Coded coded, int most) {
        FlowBody body = coded.body();
        Optional<List<ContentCoding>> codings = body.decoded() ? Optional.of(List.of()) : codings(coded.fields());
        if (codings.isEmpty() || !codings.get().stream().allMatch(ContentCoding::isAvailable)) {
            return plain(body, most, "in a coding that is unknown here: shown as on the wire");
        }
        if (codings.get().isEmpty() || body.kept().length == 0) {
            return plain(body, most, null);
        }
        return decode(body, codings.get(), most);
    }

    private static Decoded plain(FlowBody body, int most, @Nullable String fault) {
        boolean cut = body.kept().length > most;
        return new Decoded(cut ? Arrays.copyOf(body.kept(), most) : body.kept(), cut, fault);
    }

    private static Decoded decode(FlowBody body, List<ContentCoding> codings, int most) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] piece = new byte[PIECE];
        try (InputStream in = ContentCoding.decode(new ByteArrayInputStream(body.kept()), codings)) {
            int n = in.read(piece, 0, piece.length);
            while (n >= 0) {
                int room = most - out.size();
                out.write(piece, 0, Math.min(n, room));
                if (n > room) {
                    return new Decoded(out.toByteArray(), true, null);
                }
                n = in.read(piece, 0, piece.length);
            }
            return new Decoded(out.toByteArray(), false, null);
        } catch (IOException e) {
            if (out.size() == 0) {
                return plain(body, most, "cannot be decoded (" + e.getMessage() + "): shown as on the wire");
            }
            // What was kept of a body that was cut off ends within its coding.
            return new Decoded(
                    out.toByteArray(),
                    false,
                    body.truncated() ? null : "can be decoded only to here: " + e.getMessage());
        }
    }

    private static Optional<List<ContentCoding>> codings(List<Flow.Field> fields) {
        return ContentCoding.of(fields.stream()
                .filter(field -> field.name().equalsIgnoreCase("content-encoding"))
                .map(Flow.Field::value)
                .toList());
    }
}
