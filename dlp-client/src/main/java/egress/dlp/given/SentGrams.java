package egress.dlp.given;

import java.util.Arrays;

/**
 * Marks of what was sent to one origin in this span of time and in the two before, so that what was sent in the span before something was
 * given is known for as long as that counts. None is ever forgotten before its time: where there is no room for one more, it is not known
 * any more what was sent.
 */
final class SentGrams {
    /** Of each span: 32 KiB of letters and digits in runs. */
    static final int MOST = 4096;
    /** Read of each span, in bytes: so long text has cost enough. */
    static final long MOST_READ = 2L << 20;

    private static final int LEAST = 16;
    private static final int[] NOTHING = {};

    private int[] now = NOTHING;
    private int[] before = NOTHING;
    private int[] eldest = NOTHING;
    private int count;
    private long read;
    private boolean lost;
    private boolean lostBefore;
    private long turned;

    SentGrams(long nanos) {
        turned = nanos;
    }

    /** Forgets what is of longer ago than two spans. */
    void turn(long nanos, long span) {
        long age = nanos - turned;
        if (age > span) {
            boolean recent = age <= 2 * span;
            eldest = recent ? before : age <= 3 * span ? now : NOTHING;
            before = recent ? now : NOTHING;
            lostBefore = recent && lost;
            now = NOTHING;
            count = 0;
            read = 0;
            lost = false;
            turned = nanos;
        }
    }

    /** Whether all that was sent is known. */
    boolean isWhole() {
        return !lost && !lostBefore;
    }

    /** Whether nothing that is sent now would be known: what was not known of the span before does not change that. */
    boolean isLost() {
        return lost;
    }

    boolean isEmpty() {
        return isWhole() && now.length == 0 && before.length == 0 && eldest.length == 0;
    }

    /** Something was sent that was not read. */
    void lose() {
        lost = true;
        now = NOTHING;
        count = 0;
    }

    boolean has(int mark) {
        return has(now, mark) || has(before, mark) || has(eldest, mark);
    }

    /** Adds marks of so many bytes that were read. */
    void add(int[] marks, int many, long bytes) {
        read += bytes;
        if (read > MOST_READ) {
            lose();
        }
        for (int i = 0; i < many && !lost; i++) {
            add(marks[i]);
        }
    }

    private void add(int mark) {
        if (has(now, mark)) {
            return;
        }
        if (count == MOST) {
            lose();
            return;
        }
        if (2 * (count + 1) > now.length) {
            int[] larger = new int[Math.max(LEAST, 2 * now.length)];
            for (int each : now) {
                if (each != 0) {
                    larger[free(larger, each)] = each;
                }
            }
            now = larger;
        }
        now[free(now, mark)] = mark;
        count++;
    }

    private static boolean has(int[] table, int mark) {
        return table.length > 0 && table[free(table, mark)] == mark;
    }

    /** Where the mark stands, or would. */
    private static int free(int[] table, int mark) {
        int at = mark & table.length - 1;
        while (table[at] != 0 && table[at] != mark) {
            at = at + 1 & table.length - 1;
        }
        return at;
    }

    /** In bytes, about. */
    long size() {
        return 128L + Integer.BYTES * ((long) now.length + before.length + eldest.length);
    }

    /** Of some bytes, in the order of their grams. */
    static final class Buffer {
        private int[] marks = new int[64];
        private int count;

        void add(int mark) {
            if (count == marks.length) {
                marks = Arrays.copyOf(marks, 2 * count);
            }
            marks[count++] = mark;
        }

        int[] marks() {
            return marks;
        }

        int count() {
            return count;
        }

        void clear() {
            count = 0;
        }
    }
}
