package egress.server.evidence;

import java.util.ArrayList;
import java.util.List;

/** Characters as ranges of code points, both ends included, in order and apart. */
record CharSet(List<Range> ranges) {
    private static final int WIDE = 1_000;

    static final int LAST = 0x10ffff;
    static final CharSet ANY = of(0, LAST);
    static final CharSet DIGITS = of('0', '9');
    static final CharSet WORD = of('0', '9').or(of('A', 'Z')).or(of('_', '_')).or(of('a', 'z'));
    static final CharSet SPACE = of('\t', '\n').or(of('\f', '\r')).or(of(' ', ' '));

    record Range(int from, int to) {}

    CharSet {
        ranges = List.copyOf(ranges);
    }

    static CharSet of(int from, int to) {
        return new CharSet(List.of(new Range(from, to)));
    }

    static CharSet none() {
        return new CharSet(List.of());
    }

    boolean contains(int character) {
        for (Range range : ranges) {
            if (character >= range.from() && character <= range.to()) {
                return true;
            }
        }
        return false;
    }

    CharSet or(CharSet other) {
        List<Range> all = new ArrayList<>(ranges);
        all.addAll(other.ranges);
        all.sort((a, b) -> Integer.compare(a.from(), b.from()));
        List<Range> merged = new ArrayList<>();
        for (Range range : all) {
            Range last = merged.isEmpty() ? null : merged.getLast();
            if (last != null && range.from() <= last.to() + 1) {
                merged.set(merged.size() - 1, new Range(last.from(), Math.max(last.to(), range.to())));
            } else {
                merged.add(range);
            }
        }
        return new CharSet(merged);
    }

    CharSet not() {
        List<Range> others = new ArrayList<>();
        int from = 0;
        for (Range range : ranges) {
            if (range.from() > from) {
                others.add(new Range(from, range.from() - 1));
            }
            from = range.to() + 1;
        }
        if (from <= LAST) {
            others.add(new Range(from, LAST));
        }
        return new CharSet(others);
    }

    /** With the other case of its letters, as RE2 folds them. */
    CharSet folded() {
        CharSet folded = this;
        for (Range range : ranges) {
            if (range.to() - range.from() > WIDE) {
                continue; // it holds its letters in both cases
            }
            for (int c = range.from(); c <= Math.min(range.to(), 0xffff); c++) {
                if (Character.isLetter(c)) {
                    folded = folded.or(of(Character.toUpperCase(c), Character.toUpperCase(c)))
                            .or(of(Character.toLowerCase(c), Character.toLowerCase(c)));
                    folded = (c | 0x20) == 'k' ? folded.or(of('\u212a', '\u212a')) : folded;
                    folded = (c | 0x20) == 's' ? folded.or(of('\u017f', '\u017f')) : folded;
                }
            }
        }
        return folded;
    }
}
