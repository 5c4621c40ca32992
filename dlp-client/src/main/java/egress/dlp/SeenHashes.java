package egress.dlp;

/**
 * Hashes that were seen in this span of time and in the one before, in bounded memory: where a bucket is full the one of longest ago
 * is forgotten. Read by every thread, changed by one at a time.
 */
final class SeenHashes {
    private static final int WAYS = 4;
    private static final int LEAST = 64;
    private static final int MOST = 8 * 1024;

    private volatile int[] now = new int[LEAST];
    private volatile int[] before = new int[WAYS];
    private int count;

    boolean has(long hash) {
        int mark = mark(hash);
        return has(now, mark) || has(before, mark);
    }

    private static int mark(long hash) {
        int mark = (int) (hash ^ hash >>> 32);
        return mark == 0 ? 1 : mark;
    }

    private static boolean has(int[] table, int mark) {
        int at = bucket(table, mark);
        for (int i = 0; i < WAYS; i++) {
            if (table[at + i] == mark) {
                return true;
            }
        }
        return false;
    }

    private static int bucket(int[] table, int mark) {
        return (mark & table.length / WAYS - 1) * WAYS;
    }

    void add(long hash) {
        int mark = mark(hash);
        int[] table = now;
        if (has(table, mark)) {
            return;
        }
        if (count >= table.length / 2 && table.length < MOST) {
            int[] larger = new int[2 * table.length];
            for (int i = table.length - 1; i >= 0; i--) {
                put(larger, table[i]);
            }
            table = larger;
            now = larger;
        }
        put(table, mark);
        count++;
    }

    private static void put(int[] table, int mark) {
        if (mark == 0) {
            return;
        }
        int at = bucket(table, mark);
        for (int i = WAYS - 1; i > 0; i--) {
            table[at + i] = table[at + i - 1];
        }
        table[at] = mark;
    }

    /** Another span of time begins. */
    void turn() {
        before = now;
        now = new int[LEAST];
        count = 0;
    }

    /** In bytes, about. */
    long size() {
        return 4L * (now.length + before.length);
    }
}
