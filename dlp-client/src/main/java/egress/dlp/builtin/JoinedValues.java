package egress.dlp.builtin;

import egress.dlp.Place;
import egress.dlp.builtin.rule.AlphanumericForms;
import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.Segment;
import java.util.Arrays;
import java.util.BitSet;

/** Values side by side, as they might be put together, and which of them are new. */
final class JoinedValues {
    private static final Provenance VIEW =
            Provenance.of(new Provenance.Whole(new Place.Sequence())).pieces();

    private final BitSet starts = new BitSet();
    private final BitSet added = new BitSet();
    private byte[] bytes = new byte[512];
    private int length;

    /** @param isNew whether it is about to leave */
    void add(byte[] value, boolean isNew) {
        int n = value.length;
        if (n == 0) {
            return;
        }
        if (length + n > bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * (length + n));
        }
        System.arraycopy(value, 0, bytes, length, n);
        starts.set(length);
        added.set(length, length + n, isNew);
        length += n;
    }

    Segment segment() {
        return new Segment(VIEW, bytes, 0, 0, length, length, starts);
    }

    /**
     * Whether that stretch lies in several values, one of which is about to leave: what left after an earlier verdict is not judged
     * again.
     */
    boolean isSplit(int start, int end) {
        int next = added.nextSetBit(start);
        int border = starts.nextSetBit(start + 1);
        return next >= 0 && next < end && border >= 0 && border < end;
    }

    /** Letters in lower case and digits alone. */
    JoinedValues alphanumeric() {
        JoinedValues out = new JoinedValues();
        for (int start = 0; start < length; ) {
            int next = starts.nextSetBit(start + 1);
            int end = next < 0 ? length : next;
            out.add(AlphanumericForms.of(bytes, start, end), added.get(start));
            start = end;
        }
        return out;
    }

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }
}
