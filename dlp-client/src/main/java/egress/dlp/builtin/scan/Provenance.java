package egress.dlp.builtin.scan;

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
public record Provenance(Surface surface, int depth, long base, long coverStart, long coverEnd, Joined joined) {

    public boolean isJoined() {
        return joined != Joined.NO;
    }

    /** A part of the exchange, addressed by byte. */
    public interface Surface {
        /** The place that holds the whole stretch, or a word for all of them; {@code start} is -1 when nothing is known. */
        Place place(long start, long end);

        /** The stretch in the place's own terms; empty when it crosses places. */
        Optional<Span> span(long start, long end);

        /** Whether each line is a place of its own, so that nothing goes over a line break. */
        boolean byLine();
    }

    /** A surface of one place. */
    public record Whole(Place place) implements Surface {
        @Override
        public Place place(long start, long end) {
            return place;
        }

        @Override
        public boolean byLine() {
            return false;
        }

        @Override
        public Optional<Span> span(long start, long end) {
            return Optional.of(new Span(0, start, end));
        }
    }

    public static Provenance of(Surface surface) {
        return new Provenance(surface, 0, 0, -1, -1, Joined.NO);
    }

    /** Whether separate pieces were joined, and how likely they belong together. */
    public enum Joined {
        NO,
        /** Separated at regular distances, or lines of one block. */
        TIGHT,
        /** Neighbours in a structure: they may have nothing to do with each other. */
        LOOSE,
        /** As {@link #LOOSE}, of a text without structure; marks between the words are lost. */
        WORDS
    }

    Provenance at(long newBase) {
        return new Provenance(surface, depth, newBase, coverStart, coverEnd, joined);
    }

    public boolean verbatim() {
        return depth == 0 && joined == Joined.NO;
    }

    /** What is decoded from {@code [from, to)} of these bytes: that it decodes at all says that it belongs together. */
    public Provenance decoded(int from, int to) {
        return derived(from, to, Joined.NO);
    }

    /** {@code [from, to)} of these bytes, unescaped. */
    public Provenance unescaped(int from, int to) {
        return derived(from, to, joined);
    }

    /** What {@code [from, to)} of these bytes is in base64 or hex, which is taken off together with what is packed in it. */
    public Provenance unarmoured(int from, int to) {
        return verbatim()
                ? decoded(from, to)
                : new Provenance(surface, Math.max(1, depth), 0, coverStart, coverEnd, Joined.NO);
    }

    private Provenance derived(int from, int to, Joined how) {
        return verbatim()
                ? new Provenance(surface, depth + 1, 0, base + from, base + to, how)
                : new Provenance(surface, depth + 1, 0, coverStart, coverEnd, how);
    }

    /** What pieces of these bytes make when put side by side. */
    public Provenance pieces() {
        return new Provenance(surface, depth + 1, 0, coverStart, coverEnd, Joined.LOOSE);
    }

    /** What words of a plain text make when put side by side. */
    public Provenance words() {
        return new Provenance(surface, depth + 1, 0, coverStart, coverEnd, Joined.WORDS);
    }

    /** Pieces in step that lie within {@code [from, to)}. */
    public Provenance pieces(int from, int to) {
        return derived(from, to, isJoined() ? joined : Joined.TIGHT);
    }

    public Place place(int index) {
        return verbatim() ? surface.place(base + index, base + index) : surface.place(coverStart, coverEnd);
    }
}
