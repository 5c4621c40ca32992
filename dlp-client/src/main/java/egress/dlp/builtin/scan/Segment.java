package egress.dlp.builtin.scan;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The bytes under scan within an array: readable from {@code low} to {@code to}; hits are looked for from {@code from} on and taken
 * when they begin before {@code limit}, since what begins later is seen whole in the next window. Of joined pieces, {@code starts} holds
 * where each begins.
 */
@SuppressWarnings("ArrayRecordComponent") // a view of an array, never compared
public record Segment(
        Provenance view,
        byte[] b,
        int low,
        int from,
        int limit,
        int to,
        @Nullable BitSet starts) {

    Segment(Provenance view, byte[] b, int low, int from, int limit, int to) {
        this(view, b, low, from, limit, to, null);
    }

    public static Segment whole(Provenance view, byte[] b, int from, int to) {
        return new Segment(view, b, from, from, to, to);
    }

    /** Whether {@code [start, end)} begins where a piece begins and ends where one ends. */
    public boolean borders(int start, int end) {
        return starts != null && starts.get(start) && (end == to || starts.get(end));
    }

    public boolean beginsPiece(int at) {
        return starts != null && starts.get(at);
    }

    /** Whether more follows after {@code to}. */
    boolean cut() {
        return limit < to;
    }
}
