package egress.dlp.builtin;

import static egress.dlp.builtin.Codes.DIGIT;

import org.jspecify.annotations.Nullable;

/**
 * One look at every byte: splits into runs of letters, digits and {@code + / - _}, and hands on what could be encoded: long runs,
 * short runs in step, and the neighbourhood of escapes. Clean text costs one table look-up a byte.
 */
final class RunPass {
    static final int LONG = 16;
    private static final int SHORT = 8;

    private final Stretch s;
    private final ScanRun run;
    private final LongRuns longRuns;
    private final Escaped escaped;
    private final @Nullable WordJoin words;

    private final InStep inStep;
    private final Scattered scattered;

    RunPass(ScanRun run, Stretch s) {
        this.s = s;
        this.run = run;
        this.longRuns = new LongRuns(run, s);
        this.escaped = new Escaped(run, s);
        this.inStep = new InStep(run, s);
        this.scattered = new Scattered(run, s);
        this.words = WordJoin.worthwhile(run, s) ? new WordJoin(run, s) : null;
    }

    void scan() {
        byte[] b = s.b();
        byte[] classes = Codes.classTable();
        int to = s.to();
        int i = s.from();
        int lastStart = 0;
        int lastLength = 0;
        int lastKinds = 0;
        while (i < to) {
            int c = classes[b[i] & 0xff];
            if (c <= 0) {
                if (c < 0) {
                    escaped.at(i, c);
                }
                i++;
                continue;
            }
            int start = i;
            int kinds = 0;
            do {
                kinds |= c;
                i++;
            } while (i < to && (c = classes[b[i] & 0xff]) > 0);
            int length = i - start;
            if (words != null && (kinds & (kinds - 1)) != 0) {
                words.run(b, start, i, kinds);
            }
            if (length < LONG && Scattered.isMixed(kinds)) {
                scattered.at(start, i);
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
                i = longRuns.run(start, i, kinds);
                if (run.over()) {
                    return;
                }
            }
        }
        inStep.end(lastStart + lastLength, lastLength);
        escaped.end();
        if (words != null) {
            words.end();
        }
    }
}
