package egress.dlp.builtin.decode;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;
import java.util.Arrays;

/** Groups escapes that are close together, decodes the text around each group and has it scanned. */
final class EscapedRegions {
    private static final int APART = 160;
    private static final int AROUND = 200;
    private static final int DENSE = 24;
    private static final int LONGEST = 16 * 1024;

    private final ScanContext run;
    private final Segment s;
    private final byte[] b;
    private int start = -1;
    private int last;
    private int strong;
    private int percents;
    private int weak;
    private int quoted;
    private int folded;
    private int nuls;

    EscapedRegions(ScanContext run, Segment s) {
        this.run = run;
        this.s = s;
        this.b = s.b();
    }

    /** A byte of one of the negative classes stands at {@code i}. */
    void at(int i, int kind) {
        switch (kind) {
            case CharTables.BACKSLASH -> backslash(i);
            case CharTables.PERCENT -> {
                if (i + 2 < s.to() && ((hex(i + 1) && hex(i + 2)) || b[i + 1] == 'u')) {
                    mark(i);
                    strong++;
                    percents++;
                }
            }
            case CharTables.AMPERSAND -> {
                if (i + 3 < s.to() && (b[i + 1] == '#' || entity(i))) {
                    mark(i);
                    strong++;
                }
            }
            case CharTables.EQUALS -> {
                boolean soft = i + 1 < s.to() && (b[i + 1] == '\n' || b[i + 1] == '\r');
                if (soft || (i + 2 < s.to() && hex(i + 1) && hex(i + 2))) {
                    mark(i);
                    quoted += soft ? 2 : 1;
                }
            }
            case CharTables.HIGH -> {
                if (ConfusableFolding.mayFold(b, i, s.to()) || ConfusableFolding.isLoneSoftHyphen(b, i, s.low())) {
                    mark(i);
                    folded++;
                }
            }
            default -> {
                mark(i);
                nuls++;
            }
        }
    }

    void end() {
        if (start >= 0) {
            flush();
        }
    }

    private void backslash(int i) {
        if (i + 1 >= s.to() || (i > s.low() && b[i - 1] == '\\')) {
            return;
        }
        switch (b[i + 1]) {
            case 'n', 'r', 't' -> {
                mark(i);
                weak++;
            }
            case 'u', 'x', 'U', '/', '_', '-', '0', '1', '2', '3', '4', '5', '6', '7', '\n', '\r' -> {
                mark(i);
                strong++;
            }
            case '\\' -> {
                mark(i);
                if (i + 2 < s.to() && "ux/_-\\".indexOf(b[i + 2]) >= 0) {
                    strong++;
                } else {
                    weak++;
                }
            }
            default -> {}
        }
    }

    private boolean entity(int i) {
        for (int k = i + 1; k < s.to() && k - i < 10; k++) {
            if (b[k] == ';') {
                return k > i + 2;
            }
            if (!CharTables.isWord(b[k])) {
                return false;
            }
        }
        return false;
    }

    private boolean hex(int i) {
        return CharTables.isHex(b[i]);
    }

    private void mark(int i) {
        if (start >= 0 && (i - last > APART || i - start > LONGEST)) {
            flush();
        }
        if (start < 0) {
            start = i;
        }
        last = i;
    }

    private void flush() {
        int from = Math.max(s.low(), start - AROUND);
        int end = Math.min(s.to(), last + AROUND);
        if (worthReading() && ConfusableFolding.isText(b, from, end)) {
            boolean byLine = s.view().verbatim() && s.view().surface().byLine();
            int line = from;
            for (int i = from; byLine && i < end; i++) {
                if (b[i] == '\n') {
                    read(line, i);
                    line = i + 1;
                }
            }
            read(line, end);
        }
        start = -1;
        strong = 0;
        percents = 0;
        weak = 0;
        quoted = 0;
        folded = 0;
        nuls = 0;
    }

    private boolean worthReading() {
        return strong > 0 || folded > 0 || nuls > 0 || quoted >= 2 || dense();
    }

    private boolean dense() {
        return weak >= 3 && (last - start) / weak < DENSE;
    }

    private void read(int from, int end) {
        Provenance view = s.view().unescaped(from, end);
        if (strong > 0 || dense()) {
            ScanWindow out = new ScanWindow(run, view);
            EscapeDecoder.decode(b, from, end, out);
            out.end(end, s);
        }
        if (percents > 0) {
            form(from, end, view);
        }
        if (folded > 0 || nuls > 0) {
            ScanWindow out = new ScanWindow(run, view);
            if (nuls > (end - from) / 5) {
                ConfusableFolding.utf16(b, from, end, out);
            } else {
                ConfusableFolding.decode(b, from, end, out);
            }
            out.end(end, s);
        }
        if (quoted >= 2) {
            ScanWindow out = new ScanWindow(run, view);
            EscapeDecoder.quotedPrintable(b, from, end, out);
            out.end(end, s);
        }
    }

    // In forms a plus is a blank, and a plus itself is written %2B.
    private void form(int from, int end, Provenance view) {
        byte[] blanks = Arrays.copyOfRange(b, from, end);
        boolean any = false;
        for (int i = 0; i < blanks.length; i++) {
            if (blanks[i] == '+') {
                blanks[i] = ' ';
                any = true;
            }
        }
        if (any) {
            ScanWindow out = new ScanWindow(run, view);
            EscapeDecoder.decode(blanks, 0, blanks.length, out);
            out.end(end, s);
        }
    }
}
