package egress.dlp.builtin.kind;

import egress.dlp.builtin.scan.Segment;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;

/** Words of one list that stand next to each other, with blanks, marks, numbers or line breaks between them. */
final class WordRow {
    /** The most words on either side: what follows is looked at by itself. */
    private static final int MOST = 120;
    /** The longest in bytes: nine syllables with their marks apart. */
    private static final int LONGEST = 48;

    private static final int LONGEST_GAP = 12;
    private static final boolean[] LETTERS = letters();

    private final Segment s;
    private final byte[] b;
    private int[] starts = new int[0];
    private int[] ends = new int[0];
    private long[] keys = new long[0];
    private int count;
    private int languages;

    /** The word that was stepped to. */
    private int start;

    private int end;
    private long key;

    WordRow(Segment s) {
        this.s = s;
        this.b = s.b();
    }

    int count() {
        return count;
    }

    /** The lists that have all the words, a bit each. */
    int languages() {
        return languages;
    }

    int start(int word) {
        return starts[word];
    }

    int end(int word) {
        return ends[word];
    }

    int place(int word, int language) {
        return WordLists.place(keys[word], language);
    }

    /** Whether between words {@code i - 1} and {@code i} stands the same as between {@code k - 1} and {@code k}, but for blanks and numbers. */
    boolean sameGap(int i, int k) {
        return gap(i) == gap(k);
    }

    private int gap(int word) {
        int out = 1;
        for (int i = ends[word - 1]; i < starts[word]; i++) {
            if (b[i] == '\\' && i + 1 < starts[word] && isBreak(b[i + 1])) {
                i++;
            } else if (b[i] > ' ' && (b[i] < '0' || b[i] > '9')) {
                out = out * 31 + b[i];
            }
        }
        return out;
    }

    /**
     * Collects the words around {@code p}, where there are at least so many; returns where to go on. Most words stand alone, so they
     * are counted first.
     */
    int around(int p, int fewest) {
        count = 0;
        if (!first(p)) {
            return p;
        }
        int firstStart = start;
        int firstEnd = end;
        int right = 0;
        while (right < MOST && next(end)) {
            right++;
        }
        int last = end;
        int left = 0;
        start = firstStart;
        while (left < MOST && previous(start)) {
            left++;
        }
        if (left + 1 + right >= fewest) {
            collect(left == 0 ? firstStart : start, left == 0 ? firstEnd : end, left + 1 + right);
        }
        return last;
    }

    private void collect(int from, int to, int words) {
        starts = new int[words];
        ends = new int[words];
        keys = new long[words];
        start = from;
        end = to;
        key = key(from, to);
        do {
            starts[count] = start;
            ends[count] = end;
            keys[count] = key;
            count++;
        } while (count < words && next(end));
    }

    private boolean first(int p) {
        // The middle of a wide blank is no letter.
        int i = p - 2 >= s.low() && isWide(p - 2) ? p + 1 : p - 1 >= s.low() && isWide(p - 1) ? p + 2 : p;
        int most = Math.min(s.to(), p + LONGEST_GAP);
        while (i < most && !isLetter(i)) {
            i += isWide(i) ? 3 : 1;
        }
        int from = i < most ? startOf(i) : -1;
        int to = from < 0 ? -1 : endOf(from);
        languages = -1;
        return to > 0 && take(from, to);
    }

    private boolean next(int from) {
        int i = from;
        int most = Math.min(s.to(), from + LONGEST_GAP);
        while (i < most && !isLetter(i)) {
            i += b[i] == '\\' && i + 1 < most && isBreak(b[i + 1]) ? 2 : isWide(i) ? 3 : 1;
        }
        int to = i < most ? endOf(i) : -1;
        return to > 0 && take(i, to);
    }

    private boolean previous(int to) {
        int i = to;
        int least = Math.max(s.low(), to - LONGEST_GAP);
        while (i > least) {
            boolean escape = i - 2 >= least && b[i - 2] == '\\' && isBreak(b[i - 1]);
            int width = escape ? 2 : endsWide(i) ? 3 : isLetter(i - 1) ? 0 : 1;
            if (width == 0) {
                break;
            }
            i -= width;
        }
        int from = i > least && i < to ? startOf(i - 1) : -1;
        return from >= 0 && take(from, i);
    }

    private boolean take(int from, int to) {
        long of = key(from, to);
        int common = of == 0 ? 0 : languages & WordLists.languages(of);
        if (common == 0) {
            return false;
        }
        languages = common;
        start = from;
        end = to;
        key = of;
        return true;
    }

    // Where the word begins that holds the letter at i; -1 where it is too long.
    private int startOf(int i) {
        int k = i;
        while (k > s.low() && i - k < LONGEST && isLetter(k - 1) && !endsWide(k)) {
            k--;
        }
        if (i - k >= LONGEST) {
            return -1;
        }
        boolean escape = k > s.low() && b[k - 1] == '\\' && isBreak(b[k]);
        return escape ? k + 1 : k;
    }

    private int endOf(int start) {
        int most = Math.min(s.to(), start + LONGEST);
        int k = start;
        while (k < most && isLetter(k) && !isWide(k)) {
            k++;
        }
        return k - start >= LONGEST || k == start ? -1 : k;
    }

    // 0 where it is no word of any list.
    private long key(int start, int end) {
        boolean high = false;
        for (int i = start; i < end; i++) {
            high |= b[i] < 0;
        }
        if (!high) {
            long key = end - start < 3 ? 0 : WordLists.latin(b, start, end);
            return key != 0 && WordLists.mayBe(key) ? key : 0;
        }
        int lead = b[start] < 0 ? b[start] & 0xff : 0;
        boolean foreign = lead >= 0xc6 && lead < 0xe1 || lead == 0xe2 || lead >= 0xee;
        return foreign ? 0 : normalised(start, end);
    }

    // Without accents, and syllables in one piece: lists and wallets differ in both.
    private long normalised(int start, int end) {
        String text = new String(b, start, end - start, StandardCharsets.UTF_8);
        String apart = Normalizer.normalize(text, Normalizer.Form.NFKD);
        StringBuilder bare = new StringBuilder();
        apart.chars().filter(c -> c < 0x300 || c > 0x36f).forEach(c -> bare.append((char) c));
        byte[] bytes = Normalizer.normalize(bare, Normalizer.Form.NFC).getBytes(StandardCharsets.UTF_8);
        boolean latin = bytes.length > 0 && bytes[0] > 0;
        return latin ? WordLists.latin(bytes, 0, bytes.length) : WordLists.other(bytes, 0, bytes.length);
    }

    private boolean isLetter(int i) {
        return LETTERS[b[i] & 0xff] && !isWide(i);
    }

    /** Whether a blank or comma as wide as an ideogram begins here. */
    private boolean isWide(int i) {
        return b[i] == (byte) 0xe3 && i + 2 < s.to() && b[i + 1] == (byte) 0x80 && isWideTail(b[i + 2]);
    }

    private boolean endsWide(int i) {
        return i - 3 >= s.low() && isWideTail(b[i - 1]) && b[i - 2] == (byte) 0x80 && b[i - 3] == (byte) 0xe3;
    }

    private static boolean isWideTail(byte c) {
        return c == (byte) 0x80 || c == (byte) 0x81;
    }

    static boolean isBreak(byte c) {
        return c == 'n' || c == 'r' || c == 't';
    }

    private static boolean[] letters() {
        boolean[] out = new boolean[256];
        for (int c = 0; c < out.length; c++) {
            out[c] = c >= 0x80 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
        }
        return out;
    }
}
