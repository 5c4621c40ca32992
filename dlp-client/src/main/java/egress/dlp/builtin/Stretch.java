package egress.dlp.builtin;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The bytes under scan within an array: readable from {@code low} to {@code to}; hits are looked for from {@code from} on and taken
 * when they begin before {@code limit}, since what begins later is seen whole in the next window. Of joined pieces, {@code starts} holds
 * where each begins.
 */
@SuppressWarnings("ArrayRecordComponent") // a view of an array, never compared
record Stretch(
        View view,
        byte[] b,
        int low,
        int from,
        int limit,
        int to,
        @Nullable BitSet starts) {

    Stretch(View view, byte[] b, int low, int from, int limit, int to) {
        this(view, b, low, from, limit, to, null);
    }

    static Stretch whole(View view, byte[] b, int from, int to) {
        return new Stretch(view, b, from, from, to, to);
    }

    /** Whether {@code [start, end)} begins where a piece begins and ends where one ends. */
    boolean borders(int start, int end) {
        return starts != null && starts.get(start) && (end == to || starts.get(end));
    }

    boolean beginsPiece(int at) {
        return starts != null && starts.get(at);
    }

    /** Whether more follows after {@code to}. */
    boolean cut() {
        return limit < to;
    }
}
