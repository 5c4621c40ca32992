package egress.dlp.builtin.kind;

import egress.dlp.builtin.scan.Segment;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;

/** Words of one list that stand next to each other, with blanks, marks, numbers or line breaks between them. */
final class WordRow {
    /** The most words that are kept: what follows is looked at by itself. */
    private static final int MOST = 240;
    /** The longest in bytes: nine syllables with their marks apart. */
    private static final int LONGEST = 48;

    private static final int LONGEST_GAP = 12;
    private static final boolean[] LETTERS = letters();

    private final Segment s;
    private final byte[] b;
    private final WordLists lists;
    private int[] starts = new int[0];
    private int[] ends = new int[0];
    private long[] keys = new long[0];
    private int first;
    private int behind;
    private int languages;

    WordRow(Segment s, WordLists lists) {
        this.s = s;
        this.b = s.b();
        this.lists = lists;
    }

    int count() {
        return behind - first;
    }

    /** The lists that have all the words, a bit each. */
    int languages() {
        return languages;
    }

    int start(int word) {
        return starts[first + word];
    }

    int end(int word) {
        return ends[first + word];
    }

    int place(int word, int language) {
        return lists.place(keys[first + word], language);
    }

    /** Whether between words {@code i - 1} and {@code i} stands the same as between {@code k - 1} and {@code k}, but for blanks and numbers. */
    boolean sameGap(int i, int k) {
        return gap(i) == gap(k);
    }

    private int gap(int word) {
        int out = 1;
        for (int i = end(word - 1); i < start(word); i++) {
            if (b[i] == '\\' && i + 1 < start(word) && isBreak(b[i + 1])) {
                i++;
            } else if (b[i] > ' ' && (b[i] < '0' || b[i] > '9')) {
                out = out * 31 + b[i];
            }
        }
        return out;
    }

    /** Collects the words around {@code p}; returns where to go on. */
    int around(int p) {
        first = 0;
        behind = 0;
        // The middle of a wide blank is no letter.
        int i = p - 2 >= s.low() && isWide(p - 2) ? p + 1 : p - 1 >= s.low() && isWide(p - 1) ? p + 2 : p;
        int most = Math.min(s.to(), p + LONGEST_GAP);
        while (i < most && !isLetter(i)) {
            i += isWide(i) ? 3 : 1;
        }
        int start = i < most ? startOf(i) : -1;
        if (start < 0) {
            return p;
        }
        int end = endOf(start);
        long key = end < 0 ? 0 : key(start, end);
        if (key == 0) {
            return p;
        }
        languages = lists.languages(key);
        if (languages == 0) {
            return p;
        }
        collect(start, end, key);
        return ends[behind - 1];
    }

    private void collect(int start, int end, long key) {
        if (starts.length == 0) {
            starts = new int[2 * MOST];
            ends = new int[2 * MOST];
            keys = new long[2 * MOST];
        }
        first = MOST / 2;
        behind = first;
        add(behind++, start, end, key);
        while (behind - first < MOST && next()) {
            behind++;
        }
        while (first > 0 && previous()) {
            first--;
        }
    }

    private void add(int at, int start, int end, long key) {
        starts[at] = start;
        ends[at] = end;
        keys[at] = key;
    }

    private boolean next() {
        int from = ends[behind - 1];
        int i = from;
        int most = Math.min(s.to(), from + LONGEST_GAP);
        while (i < most && !isLetter(i)) {
            i += b[i] == '\\' && i + 1 < most && isBreak(b[i + 1]) ? 2 : isWide(i) ? 3 : 1;
        }
        int end = i < most ? endOf(i) : -1;
        return end > 0 && take(behind, i, end);
    }

    private boolean previous() {
        int to = starts[first];
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
        int start = i > least && i < to ? startOf(i - 1) : -1;
        return start >= 0 && take(first - 1, start, i);
    }

    private boolean take(int at, int start, int end) {
        long key = key(start, end);
        int common = key == 0 ? 0 : languages & lists.languages(key);
        if (common == 0) {
            return false;
        }
        languages = common;
        add(at, start, end, key);
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
            return key != 0 && lists.mayBe(key) ? key : 0;
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

    private static boolean isBreak(byte c) {
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
