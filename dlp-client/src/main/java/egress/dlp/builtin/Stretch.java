package egress.dlp.builtin;

/**
 * The bytes under scan within an array: readable from {@code low} to {@code to}; hits are looked for from {@code from} on and taken
 * when they begin before {@code limit}, since what begins later is seen whole in the next window.
 */
@SuppressWarnings("ArrayRecordComponent") // a view of an array, never compared
record Stretch(View view, byte[] b, int low, int from, int limit, int to) {

    static Stretch whole(View view, byte[] b, int from, int to) {
        return new Stretch(view, b, from, from, to, to);
    }

    /** Whether more follows after {@code to}. */
    boolean cut() {
        return limit < to;
    }
}
