package egress.dlp.builtin.decode;

import static egress.dlp.builtin.match.CharTables.DIGIT;

import egress.dlp.builtin.match.ByteClasses;
import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.scan.RunListener;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;
import org.jspecify.annotations.Nullable;

/**
 * Reads every byte once: splits the segment into runs of letters, digits and {@code + / - _}, and passes on long runs, short runs at
 * regular distances, and escapes.
 */
final class RunScanner implements Decoder {
    static final int LONG = 16;
    private static final int SHORT = 8;
    private static final int NONE = -1;
    /** Longer lines of one width are encoded data, which is not searched for single values. */
    private static final int LONGEST_LINE = 59;

    private final byte[] b;
    private final ScanContext run;
    private final LongRuns longRuns;
    private final EscapedRegions escaped;
    private final @Nullable WordRuns words;
    private final @Nullable RunListener listener;

    private final SpacedRuns inStep;
    private final InterspersedRuns scattered;
    private final ByteClasses classes = new ByteClasses();

    /** Where the run began that goes on beyond what has been read; {@link #NONE} outside of one. */
    private int open = NONE;

    private boolean openDigits;
    private int lastStart;
    private int lastLength;
    private int lastKinds;

    RunScanner(ScanContext run, Segment s, @Nullable RunListener listener) {
        this.b = s.b();
        this.run = run;
        this.longRuns = new LongRuns(run, s);
        this.escaped = new EscapedRegions(run, s);
        this.inStep = new SpacedRuns(run, s);
        this.scattered = new InterspersedRuns(run, s);
        this.listener = listener;
        this.words = WordRuns.worthwhile(run, s) ? new WordRuns(run, s) : null;
    }

    @Override
    public int decode(int from, int to) {
        int at = from;
        while (at < to) {
            if (open != NONE && at - open >= ByteClasses.WIDTH) {
                at = rest(at, to);
            }
            classes.read(b, at, to);
            if (listener != null) {
                listener.block(at, classes.words(), classes.digits(), classes.capitals());
            }
            for (long marks = classes.marks(); marks != 0; marks &= marks - 1) {
                int i = at + Long.numberOfTrailingZeros(marks);
                escaped.at(i, CharTables.classTable()[b[i] & 0xff]);
            }
            at = runs(at, to);
            if (run.over()) {
                return to;
            }
        }
        if (open != NONE) {
            ended(open, to, openDigits, words != null);
        }
        inStep.end(lastStart + lastLength, lastLength);
        escaped.end();
        if (words != null) {
            words.end();
        }
        return to;
    }

    // The runs that end within the bytes read; returns where to read on.
    private int runs(int at, int to) {
        long word = classes.words();
        long digits = classes.digits();
        long capitals = classes.capitals();
        long behind = word << 1 | (open == NONE ? 0 : 1);
        long starts = word & ~behind;
        int start = open;
        if (start == NONE) {
            start = at + Long.numberOfTrailingZeros(starts);
            starts &= starts - 1;
        }
        for (long ends = behind & ~word; ends != 0; ends &= ends - 1) {
            int end = at + Long.numberOfTrailingZeros(ends);
            long upTo = (ends & -ends) - 1;
            boolean anyDigit = openDigits || (digits & upTo) != 0;
            boolean innerCapital = words != null && innerCapital(capitals & upTo, start - at);
            int next = ended(start, end, anyDigit, innerCapital);
            if (next > end) {
                open = NONE;
                openDigits = false;
                return next;
            }
            digits &= ~upTo;
            openDigits = false;
            start = at + Long.numberOfTrailingZeros(starts);
            starts &= starts - 1;
        }
        boolean goesOn = word < 0;
        open = goesOn ? start : NONE;
        openDigits = goesOn && (openDigits || digits != 0);
        return Math.min(to, at + ByteClasses.WIDTH);
    }

    // The rest of a long run, byte by byte: its branch is predictable, so this is faster.
    private int rest(int at, int to) {
        byte[] table = CharTables.classTable();
        int kinds = 0;
        int i = at;
        for (int c; i < to && (c = table[b[i] & 0xff]) > 0; i++) {
            kinds |= c;
        }
        openDigits |= (kinds & DIGIT) != 0;
        return i;
    }

    // A run that began further up may have had its capitals there.
    private static boolean innerCapital(long capitals, int start) {
        return start < 0 || (start < ByteClasses.WIDTH - 1 && capitals >>> start + 1 != 0);
    }

    // Returns where to go on: the end, or behind the last line of what is wrapped.
    private int ended(int start, int end, boolean digits, boolean innerCapital) {
        int length = end - start;
        int kinds = digits && length < LONG ? kinds(start, end) : 0;
        if (words != null && (digits || innerCapital)) {
            words.run(b, start, end, digits);
        }
        if (digits && length < LONG && InterspersedRuns.isMixed(kinds)) {
            scattered.at(start, end);
        }
        if (length <= SHORT) {
            boolean alike = length == lastLength || (kinds == DIGIT && lastKinds == DIGIT && length <= 3);
            if (alike || inStep.begun()) {
                inStep.next(start, length, kinds, lastStart, lastLength, lastKinds);
            }
            lastStart = start;
            lastLength = length;
            lastKinds = kinds;
        } else if (length >= LONG) {
            inStep.end(lastStart + lastLength, lastLength);
            lastLength = 0;
            lastKinds = 0;
            if (length >= RunListener.LEAST && listener != null) {
                listener.run(start, end);
            }
            int next = longRuns.run(start, end, digits);
            if (next > end && length <= LONGEST_LINE && listener != null) {
                lines(end, next, listener);
            }
            return next;
        }
        return end;
    }

    // Lines of one width were decoded as a whole; a list of keys or numbers looks the same.
    private void lines(int from, int to, RunListener hears) {
        byte[] table = CharTables.classTable();
        int start = from;
        for (int i = from; i <= to; i++) {
            if (i == to || table[b[i] & 0xff] <= 0) {
                if (i > start) {
                    classes.read(b, start, i);
                    hears.block(start, classes.words(), classes.digits(), classes.capitals());
                    if (i - start >= RunListener.LEAST) {
                        hears.run(start, i);
                    }
                }
                start = i + 1;
            }
        }
    }

    private int kinds(int start, int end) {
        byte[] table = CharTables.classTable();
        int kinds = 0;
        for (int i = start; i < end; i++) {
            kinds |= table[b[i] & 0xff];
        }
        return kinds;
    }
}
