package egress.server.dlp.judge;

import egress.dlp.ContentCoding;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * Takes data out of the coding that its protocol names, for the scan alone.
 *
 * @param codings in the order they were applied
 */
public record ContentDecoder(List<ContentCoding> codings) {
    /** @throws IOException when it does not begin in that coding; reading throws it when it does not continue in it */
    public InputStream decode(InputStream coded) throws IOException {
        return ContentCoding.decode(coded, codings);
    }

    /** What was applied last; empty where nothing was. */
    Optional<ContentCoding> outermost() {
        return codings.isEmpty() ? Optional.empty() : Optional.of(codings.getLast());
    }

    /** The decoder of a coding, or of several that were applied one after the other; empty for one that is unknown here. */
    public static Optional<ContentDecoder> of(String coding) {
        return ContentCoding.of(List.of(coding))
                .filter(codings -> codings.stream().allMatch(ContentCoding::isAvailable))
                .map(ContentDecoder::new);
    }
}
