package egress.dlp.builtin.join;

import egress.dlp.builtin.match.Swar;
import egress.dlp.builtin.match.Uuid;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.SmallValues;
import java.util.Arrays;

/**
 * One piece of a structure, gathered as it comes: whole when it is short, else its first and last bytes, which are all that a value
 * across its border can take from it.
 */
public final class Fragment {
    private static final int WHOLE = 1024;
    private static final int EDGE = 256;

    private final byte[] head = new byte[WHOLE];
    private final byte[] tail = new byte[2 * EDGE];
    private int length;
    private int tailLength;
    private boolean cut;

    public void add(byte[] b, int from, int to) {
        if (!cut && length + to - from <= WHOLE) {
            System.arraycopy(b, from, head, length, to - from);
            length += to - from;
            return;
        }
        if (!cut) {
            int n = Math.min(WHOLE - length, to - from);
            System.arraycopy(b, from, head, length, n);
            int kept = Math.min(EDGE, length + n);
            System.arraycopy(head, length + n - kept, tail, 0, kept);
            tailLength = kept;
            length = Math.min(EDGE, length + n);
            cut = true;
            last(b, from + n, to);
            return;
        }
        last(b, from, to);
    }

    private void last(byte[] b, int from, int to) {
        int n = Math.min(EDGE, to - from);
        if (tailLength + n > tail.length) {
            System.arraycopy(tail, tailLength + n - 2 * EDGE, tail, 0, 2 * EDGE - n);
            tailLength = 2 * EDGE - n;
        }
        System.arraycopy(b, to - n, tail, tailLength, n);
        tailLength += n;
    }

    boolean isEmpty() {
        return length == 0;
    }

    /** Whether all of it is here, and it holds a digit or a capital but no space. */
    boolean isMade() {
        if (cut || firstSpace() < length || isStamp()) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            byte c = head[i];
            if (c >= '0' && c <= '9' || c >= 'A' && c <= 'Z') {
                return true;
            }
        }
        return false;
    }

    // Record ids and times, which lists of records are full of, and which are never pieces of a secret.
    private boolean isStamp() {
        if (length == 36) {
            return Uuid.is(head, 0, 36);
        }
        return length >= 10 && length <= 35 && head[4] == '-' && head[7] == '-' && head[0] >= '0' && head[0] <= '9';
    }

    /** Has it gathered as a value, where it is small. */
    void gather(ScanContext run, int key, int number) {
        if (!cut && length > 0 && !isStamp()) {
            run.value(key, number, head, 0, length);
        }
    }

    /** Has it gathered as a name, where it is small. */
    void gatherName(ScanContext run) {
        if (!cut && length > 0) {
            run.name(head, 0, length);
        }
    }

    /** The same for names that differ in their digits alone. */
    int stem() {
        return SmallValues.stem(head, 0, length);
    }

    /** As {@link #stem}, of its first word. */
    int stemOfWord() {
        return SmallValues.stem(head, 0, firstSpace());
    }

    /** As {@link #number}, in its first word. */
    int numberInWord() {
        return SmallValues.numberIn(head, 0, firstSpace());
    }

    /** The number in it; -1 where there is none. */
    int number() {
        return SmallValues.numberIn(head, 0, length);
    }

    int hash() {
        int hash = 1;
        for (int i = 0; i < length; i++) {
            hash = hash * 31 + head[i];
        }
        return hash;
    }

    byte[] bytes() {
        return Arrays.copyOf(head, length);
    }

    /** Puts it behind what came before; where it is long or holds spaces, only its outermost words. */
    void emit(ScanWindow out) {
        if (isStamp()) {
            out.put('\n');
            return;
        }
        int first = firstSpace();
        out.put(head, 0, first);
        if (cut || first < length) {
            emitLast(out);
        }
    }

    private void emitLast(ScanWindow out) {
        byte[] from = cut ? tail : head;
        int end = cut ? tailLength : length;
        int start = end;
        while (start > 0 && from[start - 1] > ' ') {
            start--;
        }
        out.put('\n');
        out.put(from, start, end);
    }

    /** Becomes a copy of another piece if that is short, otherwise empty. */
    void copy(Fragment other) {
        clear();
        if (!other.cut && other.length <= EDGE) {
            add(other.head, 0, other.length);
        }
    }

    public void clear() {
        length = 0;
        tailLength = 0;
        cut = false;
    }

    private int firstSpace() {
        return Swar.space(head, 0, length);
    }
}
