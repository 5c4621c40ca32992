package egress.server.dlp;

import egress.dlp.builtin.ContentCoding;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/** Takes data out of the coding that its protocol names, for the scan alone. */
@FunctionalInterface
interface ContentDecoder {
    /** @throws IOException when it does not begin like that coding; reading throws it when it goes on otherwise */
    InputStream decode(InputStream coded) throws IOException;

    /** The decoder of a coding, or of several that were applied one after the other; empty for one that is unknown here. */
    static Optional<ContentDecoder> of(String coding) {
        return ContentCoding.of(List.of(coding))
                .filter(codings -> codings.stream().allMatch(ContentCoding::isAvailable))
                .map(codings -> coded -> ContentCoding.decode(coded, codings));
    }
}
