package egress.server.evidence;

import egress.policy.Matcher;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** The texts that a rule holds for, as a finite automaton with empty moves (Thompson's construction). */
final class Language {
    /** More than any rule of a person has; what is larger is not compared. */
    private static final int MOST_STATES = 200_000;

    private final List<List<Integer>> free = new ArrayList<>();
    private final List<List<Move>> moves = new ArrayList<>();
    private int start;
    private int end;

    /** By any character of these to that state. */
    private record Move(CharSet on, int to) {}

    /** A piece of it, with one way in and one out. */
    record Piece(int in, int out) {}

    /** The expression, or what it makes, is beyond what is compared here. */
    static final class Unsupported extends Exception {
        private static final long serialVersionUID = 1L;

        Unsupported(String words) {
            super(words);
        }
    }

    private Language() {}

    /** Of an RE2 expression, over the whole text. */
    static Language of(String source) throws Unsupported {
        Language language = new Language();
        Piece piece = new ExpressionParser(source, language).parse();
        language.start = piece.in();
        language.end = piece.out();
        return language;
    }

    static Language of(Matcher matcher) throws Unsupported {
        return switch (matcher) {
            case Matcher.Exact exact -> of(PathRule.quoted(exact.value()));
            case Matcher.Prefix prefix ->
                of(PathRule.quoted(prefix.value()) + (prefix.value().endsWith("/") ? "(?s:.*)" : "(?:/(?s:.*))?"));
            case Matcher.Regex regex -> of(regex.source());
        };
    }

    /** Whatever one of them holds for; of none of them, nothing. */
    static Language anyOf(List<Language> languages) throws Unsupported {
        Language union = new Language();
        union.start = union.state();
        union.end = union.state();
        for (Language each : languages) {
            int shift = union.free.size();
            for (int i = 0; i < each.free.size(); i++) {
                union.state();
                for (int to : each.free.get(i)) {
                    union.free.get(shift + i).add(shift + to);
                }
                for (Move move : each.moves.get(i)) {
                    union.moves.get(shift + i).add(new Move(move.on(), shift + move.to()));
                }
            }
            union.free(union.start, shift + each.start);
            union.free(shift + each.end, union.end);
        }
        return union;
    }

    int state() throws Unsupported {
        if (free.size() >= MOST_STATES) {
            throw new Unsupported("more than " + MOST_STATES + " states");
        }
        free.add(new ArrayList<>(2));
        moves.add(new ArrayList<>(1));
        return free.size() - 1;
    }

    void free(int from, int to) {
        free.get(from).add(to);
    }

    void move(int from, CharSet on, int to) {
        moves.get(from).add(new Move(on, to));
    }

    /** The states before the first character. */
    BitSet begin() {
        BitSet states = new BitSet();
        states.set(start);
        return closed(states);
    }

    /** The states behind one more character. */
    BitSet after(BitSet states, int character) {
        BitSet next = new BitSet();
        for (int i = states.nextSetBit(0); i >= 0; i = states.nextSetBit(i + 1)) {
            for (Move move : moves.get(i)) {
                if (move.on().contains(character)) {
                    next.set(move.to());
                }
            }
        }
        return closed(next);
    }

    boolean accepts(BitSet states) {
        return states.get(end);
    }

    /** Every set of characters that it distinguishes. */
    List<CharSet> sets() {
        return moves.stream().flatMap(List::stream).map(Move::on).distinct().toList();
    }

    private BitSet closed(BitSet states) {
        List<Integer> pending = new ArrayList<>(states.stream().boxed().toList());
        while (!pending.isEmpty()) {
            for (int to : free.get(pending.removeLast())) {
                if (!states.get(to)) {
                    states.set(to);
                    pending.add(to);
                }
            }
        }
        return states;
    }
}
