package egress.dlp.builtin;

import egress.dlp.Finding.Span;
import egress.dlp.Place;
import java.util.Optional;

/**
 * What the bytes under scan are: a surface of the exchange as it stands, or something decoded or joined from it.
 *
 * @param depth how many decodings lie between the surface and these bytes
 * @param base what to add to an index to get an offset of the surface; only for bytes that stand there as they are
 * @param coverStart where in the surface the bytes came from; -1 when no one stretch can be named
 * @param joined whether pieces that stood apart were put side by side
 */
record View(Surface surface, int depth, long base, long coverStart, long coverEnd, boolean joined) {

    /** A part of the exchange, addressed by byte. */
    interface Surface {
        Place place(long offset);

        /** The stretch in the place's own terms; empty when it crosses places. */
        Optional<Span> span(long start, long end);
    }

    /** A surface of one place. */
    record Whole(Place place) implements Surface {
        @Override
        public Place place(long offset) {
            return place;
        }

        @Override
        public Optional<Span> span(long start, long end) {
            return Optional.of(new Span(0, start, end));
        }
    }

    static View of(Surface surface) {
        return new View(surface, 0, 0, -1, -1, false);
    }

    View at(long newBase) {
        return new View(surface, depth, newBase, coverStart, coverEnd, joined);
    }

    boolean verbatim() {
        return depth == 0 && !joined;
    }

    /** What is decoded from {@code [from, to)} of these bytes. */
    View decoded(int from, int to) {
        return verbatim()
                ? new View(surface, depth + 1, 0, base + from, base + to, false)
                : new View(surface, depth + 1, 0, coverStart, coverEnd, joined);
    }

    /** What pieces of these bytes make when put side by side. */
    View pieces() {
        return new View(surface, depth + 1, 0, coverStart, coverEnd, true);
    }

    /** Pieces that lie within {@code [from, to)}. */
    View pieces(int from, int to) {
        View decoded = decoded(from, to);
        return new View(surface, decoded.depth, 0, decoded.coverStart, decoded.coverEnd, true);
    }

    Place place(int index) {
        return surface.place(verbatim() ? base + index : Math.max(coverStart, 0));
    }
}
