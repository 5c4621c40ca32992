package egress.dlp.builtin.match;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A pattern matched from a given byte on, as a table-driven automaton: linear in what it reads, no backtracking, no allocation. */
public final class AnchoredPattern {
    private static final int DEAD = 0;
    private static final int FIRST = 1;
    private static final int MAX_STATES = 20_000;

    private final byte[] classes;
    private final int width;
    private final int[] table;
    private final boolean[] accepting;

    private AnchoredPattern(byte[] classes, int width, int[] table, boolean[] accepting) {
        this.classes = classes;
        this.width = width;
        this.table = table;
        this.accepting = accepting;
    }

    /**
     * @param fold ignores ASCII case
     * @throws IllegalArgumentException when the pattern is not of the subset that {@link PatternParser} reads
     */
    public static AnchoredPattern compile(String pattern, boolean fold) {
        Nfa nfa = new Nfa();
        Nfa.Fragment whole = PatternParser.parse(pattern, fold, nfa);
        int accept = nfa.accept(whole);
        byte[] classes = new byte[256];
        int[] sample = classesOf(nfa, classes);
        return subsets(nfa, whole.start(), accept, classes, sample);
    }

    /** The end of the longest match that begins at {@code from}, or -1. */
    public int match(byte[] b, int from, int to) {
        return (int) measured(b, from, to);
    }

    /** As {@link #match}, and how many bytes had to be read to know: {@code read << 32 | end}, the end being -1 in the low half. */
    public long measured(byte[] b, int from, int to) {
        int state = FIRST;
        int end = accepting[state] ? from : -1;
        int i = from;
        while (i < to) {
            state = table[state * width + classes[b[i] & 0xff]];
            i++;
            if (state == DEAD) {
                break;
            }
            if (accepting[state]) {
                end = i;
            }
        }
        return (long) (i - from) << 32 | (end & 0xffffffffL);
    }

    /** The state to begin with, for {@link #next}. */
    public int first() {
        return FIRST;
    }

    /** The state after one byte more; 0 when nothing can match any longer. */
    public int next(int state, byte c) {
        return table[state * width + classes[c & 0xff]];
    }

    public boolean accepts(int state) {
        return accepting[state];
    }

    // Bytes that no set of the pattern distinguishes share a column.
    private static int[] classesOf(Nfa nfa, byte[] classes) {
        Map<BitSet, Integer> columns = new HashMap<>();
        List<Integer> sample = new ArrayList<>();
        List<BitSet> distinct = new ArrayList<>();
        for (int s = 0; s < nfa.size(); s++) {
            if (!nfa.set(s).isEmpty() && !distinct.contains(nfa.set(s))) {
                distinct.add(nfa.set(s));
            }
        }
        for (int c = 0; c < 256; c++) {
            BitSet signature = new BitSet();
            for (int i = 0; i < distinct.size(); i++) {
                signature.set(i, distinct.get(i).get(c));
            }
            Integer column = columns.get(signature);
            if (column == null) {
                column = sample.size();
                columns.put(signature, column);
                sample.add(c);
            }
            classes[c] = (byte) (int) column;
        }
        if (sample.size() > 127) {
            throw new IllegalArgumentException("pattern: " + sample.size() + " byte classes (expected: at most 127)");
        }
        return sample.stream().mapToInt(Integer::intValue).toArray();
    }

    private static AnchoredPattern subsets(Nfa nfa, int start, int accept, byte[] classes, int[] sample) {
        Map<BitSet, Integer> numbers = new HashMap<>();
        List<BitSet> sets = new ArrayList<>();
        List<int[]> rows = new ArrayList<>();
        numbers.put(new BitSet(), DEAD);
        sets.add(new BitSet());
        BitSet first = new BitSet();
        closure(nfa, start, first);
        numbers.put(first, 1);
        sets.add(first);
        for (int n = 0; n < sets.size(); n++) {
            int[] row = new int[sample.length];
            for (int column = 0; column < sample.length; column++) {
                BitSet target = step(nfa, sets.get(n), sample[column]);
                Integer number = numbers.get(target);
                if (number == null) {
                    number = sets.size();
                    if (number >= MAX_STATES) {
                        throw new IllegalArgumentException("pattern: more than " + MAX_STATES + " states");
                    }
                    numbers.put(target, number);
                    sets.add(target);
                }
                row[column] = number;
            }
            rows.add(row);
        }
        int[] table = new int[rows.size() * sample.length];
        boolean[] accepting = new boolean[rows.size()];
        for (int n = 0; n < rows.size(); n++) {
            System.arraycopy(rows.get(n), 0, table, n * sample.length, sample.length);
            accepting[n] = sets.get(n).get(accept);
        }
        return new AnchoredPattern(classes, sample.length, table, accepting);
    }

    private static BitSet step(Nfa nfa, BitSet from, int c) {
        BitSet out = new BitSet();
        for (int s = from.nextSetBit(0); s >= 0; s = from.nextSetBit(s + 1)) {
            if (nfa.set(s).get(c)) {
                closure(nfa, nfa.next(s)[0], out);
            }
        }
        return out;
    }

    private static void closure(Nfa nfa, int from, BitSet into) {
        Deque<Integer> open = new ArrayDeque<>();
        open.push(from);
        while (!open.isEmpty()) {
            int s = open.pop();
            if (into.get(s)) {
                continue;
            }
            into.set(s);
            if (nfa.set(s).isEmpty()) {
                for (int t : nfa.next(s)) {
                    if (t >= 0) {
                        open.push(t);
                    }
                }
            }
        }
    }
}
