package egress.server.dlp;

import egress.dlp.Destination;
import egress.dlp.given.GivenValues;
import egress.dlp.given.JsonLinks;
import egress.dlp.given.LfsActions;
import egress.dlp.given.Link;
import egress.server.dlp.judge.ContentDecoder;
import egress.server.dlp.judge.Fields;
import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Remembers what a response gives to its caller: cookies, where it sends it to, signed links in the beginning of JSON, and what a server
 * of git LFS wants to be sent with requests for the links in it. It looks at
 * each part on the loop before the part is passed on, so that the caller cannot use a link before it is known; a coded body is read at its
 * end, where it is small.
 */
final class GivenWatch {
    /** Looked at, in bytes of JSON. */
    private static final int MOST_TEXT = 512 * 1024;
    /** Looked at of what is coded, in bytes on the wire. */
    private static final int MOST_CODED = 64 * 1024;
    /** Fields of one name that are looked at. */
    private static final int MOST_FIELDS = 32;

    private static final String LFS = "application/vnd.git-lfs+json";
    private static final AsciiString LINK = AsciiString.cached("link");
    private static final int PIECE = 8 * 1024;
    private static final byte[] NOTHING = {};

    private final Destination destination;
    private final FairBudget memory;
    private final Claimant who;

    private @Nullable Link asked;
    private @Nullable JsonLinks json;
    private @Nullable LfsActions lfs;
    private @Nullable ContentDecoder decoder;
    private FairBudget.@Nullable Lease lease;
    private int left = MOST_TEXT;
    /** A piece of plain text, or all that came of a coded one. */
    private byte[] bytes = NOTHING;

    private int filled;

    GivenWatch(Destination destination, FairBudget memory, Claimant who) {
        this.destination = destination;
        this.memory = memory;
        this.who = who;
    }

    void begin(HttpHeaders fields) {
        each(fields, HttpHeaderNames.LOCATION, GivenValues::redirects);
        each(fields, LINK, GivenValues::linksOf);
        each(fields, HttpHeaderNames.SET_COOKIE, GivenValues::setsCookie);
        String type = Fields.mediaType(fields);
        if (type.endsWith("json")) {
            String coding = Fields.coding(fields, HttpHeaderNames.CONTENT_ENCODING.toString());
            Optional<ContentDecoder> known = ContentDecoder.of(coding);
            if (known.isPresent()) {
                decoder = coding.equals("identity") ? null : known.get();
                json = new JsonLinks(link -> destination.given().get().links(asked(), link));
                lfs = type.equals(LFS)
                        ? new LfsActions((link, authorization) ->
                                destination.given().get().authorizes(asked(), link, authorization))
                        : null;
            }
        }
    }

    /** How the memory takes what stands in a field. */
    @FunctionalInterface
    private interface Taking {
        void take(GivenValues memory, Link asked, String value);
    }

    private void each(HttpHeaders fields, CharSequence name, Taking taking) {
        if (fields.contains(name)) {
            fields.getAll(name).stream()
                    .limit(MOST_FIELDS)
                    .forEach(value -> taking.take(destination.given().get(), asked(), value));
        }
    }

    private Link asked() {
        Link known = asked;
        if (known == null) {
            known = destination.link();
            asked = known;
        }
        return known;
    }

    void take(HttpContent part) {
        if (json == null) {
            return;
        }
        ContentDecoder coding = decoder;
        if (coding == null) {
            read(part.content());
        } else if (keep(part.content()) && part instanceof LastHttpContent) {
            decode(coding);
        }
        if (part instanceof LastHttpContent || left <= 0) {
            close();
        }
    }

    private void read(ByteBuf content) {
        int from = content.readerIndex();
        int to = from + Math.min(left, content.readableBytes());
        left -= content.readableBytes();
        if (content.hasArray()) {
            feed(content.array(), content.arrayOffset() + from, content.arrayOffset() + to);
            return;
        }
        for (int at = from; at < to; at += PIECE) {
            int n = Math.min(PIECE, to - at);
            if (bytes.length < n) {
                bytes = new byte[n];
            }
            content.getBytes(at, bytes, 0, n);
            feed(bytes, 0, n);
        }
    }

    private void feed(byte[] text, int from, int to) {
        if (json != null) {
            json.feed(text, from, to);
        }
        if (lfs != null) {
            lfs.feed(text, from, to);
        }
    }

    /** @return whether all that came is kept */
    private boolean keep(ByteBuf content) {
        int n = content.readableBytes();
        int needed = filled + n;
        if (needed > MOST_CODED) {
            close();
            return false;
        }
        if (needed > bytes.length) {
            int capacity = Math.min(MOST_CODED, Math.max(needed, 2 * bytes.length));
            FairBudget.Lease mine = lease == null ? memory.lease(who, FairBudget.Reclaim.NEVER) : lease;
            lease = mine;
            if (!mine.take(capacity - (long) bytes.length)) {
                close();
                return false;
            }
            bytes = Arrays.copyOf(bytes, capacity);
        }
        content.getBytes(content.readerIndex(), bytes, filled, n);
        filled = needed;
        return true;
    }

    private void decode(ContentDecoder with) {
        byte[] piece = new byte[PIECE];
        try (InputStream in = with.decode(new ByteArrayInputStream(bytes, 0, filled))) {
            for (int n = in.read(piece); n >= 0 && left > 0; n = in.read(piece)) {
                feed(piece, 0, n);
                left -= n;
            }
        } catch (IOException | RuntimeException e) {
            left = 0; // what was read before it counts
        }
    }

    /** Looks no further. */
    void close() {
        json = null;
        lfs = null;
        bytes = NOTHING;
        FairBudget.Lease mine = lease;
        if (mine != null) {
            mine.close();
            lease = null;
        }
    }
}
