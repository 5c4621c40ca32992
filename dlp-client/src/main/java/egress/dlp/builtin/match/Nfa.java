package egress.dlp.builtin.match;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** A Thompson automaton over bytes: state 0 is the start, each state has either a byte set and one successor, or two silent ones. */
final class Nfa {
    /** Bounds what a pattern's counted repetitions expand to. */
    private static final int MAX_STATES = 20_000;

    private final List<BitSet> sets = new ArrayList<>();
    private final List<int[]> next = new ArrayList<>();

    /** A piece under construction: where it begins, and the states whose successor is still open. */
    record Fragment(int start, List<int[]> open) {}

    int size() {
        return sets.size();
    }

    /** The bytes that lead from {@code state} to its first successor; empty for a silent state. */
    BitSet set(int state) {
        return sets.get(state);
    }

    int[] next(int state) {
        return next.get(state);
    }

    Fragment of(BitSet set) {
        int state = add(set);
        return new Fragment(state, List.of(new int[] {state, 0}));
    }

    Fragment empty() {
        int state = add(new BitSet());
        return new Fragment(state, List.of(new int[] {state, 0}));
    }

    Fragment either(Fragment a, Fragment b) {
        int state = add(new BitSet());
        next.get(state)[0] = a.start();
        next.get(state)[1] = b.start();
        List<int[]> open = new ArrayList<>(a.open());
        open.addAll(b.open());
        return new Fragment(state, open);
    }

    Fragment then(Fragment a, Fragment b) {
        close(a, b.start());
        return new Fragment(a.start(), b.open());
    }

    Fragment optional(Fragment a) {
        int state = add(new BitSet());
        next.get(state)[0] = a.start();
        List<int[]> open = new ArrayList<>(a.open());
        open.add(new int[] {state, 1});
        return new Fragment(state, open);
    }

    Fragment star(Fragment a) {
        int state = add(new BitSet());
        next.get(state)[0] = a.start();
        close(a, state);
        return new Fragment(state, List.of(new int[] {state, 1}));
    }

    /** Ends the construction; returns the accepting state. */
    int accept(Fragment whole) {
        int state = add(new BitSet());
        close(whole, state);
        return state;
    }

    private void close(Fragment a, int target) {
        for (int[] end : a.open()) {
            next.get(end[0])[end[1]] = target;
        }
    }

    private int add(BitSet set) {
        if (sets.size() >= MAX_STATES) {
            throw new IllegalArgumentException("pattern: more than " + MAX_STATES + " states (expected: fewer)");
        }
        sets.add(set);
        next.add(new int[] {-1, -1});
        return sets.size() - 1;
    }
}
