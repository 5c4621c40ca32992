package egress.dlp.builtin.join;

import egress.dlp.builtin.match.Swar;
import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;
import org.jspecify.annotations.Nullable;

/**
 * Quoted strings of JSON, or of anything else that has them: all values in a row, all keys in a row, made-looking values
 * behind their keys, and the values of each key in a row. Lenient: depth, duplicates and broken syntax do not matter to it.
 */
public final class JsonJoiner implements Joiner {
    private static final int KEYS = 32;
    private static final int KEYED = 4096;
    private static final int KEYED_CARRY = 512;

    private enum State {
        OUTSIDE,
        INSIDE,
        ESCAPE,
        /** Behind a string: a colon makes it a key. */
        BEHIND
    }

    private final ScanContext run;
    private final boolean gathers;
    private final Provenance view;
    private final FragmentJoiner values;
    private final FragmentJoiner keys;
    /** Values that look made, each behind its key. */
    private final FragmentJoiner pairs;

    private final Fragment lastKey = new Fragment();
    private final Fragment piece = new Fragment();
    private final @Nullable Keyed[] keyed = new Keyed[KEYS];
    private State state = State.OUTSIDE;
    private final int[] seenKeys = new int[64];
    private int key;
    private int stem;
    private int number = -1;

    private static final class Keyed {
        final int key;
        byte @Nullable [] first;
        final FragmentJoiner values;

        Keyed(int key, byte[] first, FragmentJoiner values) {
            this.key = key;
            this.first = first;
            this.values = values;
        }
    }

    public JsonJoiner(ScanContext run, Provenance view) {
        this(run, view, true);
    }

    /** @param gathers whether the strings are items of the structure, and not only quoted somewhere in it */
    JsonJoiner(ScanContext run, Provenance view, boolean gathers) {
        this.gathers = gathers;
        this.run = run;
        this.view = view.pieces();
        this.values = new FragmentJoiner(run, this.view);
        this.keys = new FragmentJoiner(run, this.view);
        this.pairs = new FragmentJoiner(run, this.view);
    }

    @Override
    public void feed(byte[] b, int from, int to) {
        int i = from;
        while (i < to && !run.over()) {
            switch (state) {
                case OUTSIDE -> i = outside(b, i, to);
                case INSIDE -> i = inside(b, i, to);
                case ESCAPE -> {
                    piece.add(b, i, i + 1);
                    i++;
                    state = State.INSIDE;
                }
                case BEHIND -> {
                    while (i < to && b[i] <= ' ' && b[i] > 0) {
                        i++;
                    }
                    if (i < to) {
                        ended(b[i] == ':');
                        state = State.OUTSIDE;
                    }
                }
            }
        }
    }

    @Override
    public void end() {
        if (state == State.BEHIND) {
            ended(false);
        }
        state = State.OUTSIDE;
        values.end();
        keys.end();
        pairs.end();
        for (int i = 0; i < KEYS; i++) {
            Keyed here = keyed[i];
            if (here != null) {
                here.values.end();
            }
            keyed[i] = null;
        }
    }

    @Override
    public void flush(boolean ends) {
        if (ends && state == State.BEHIND) {
            ended(false);
            state = State.OUTSIDE;
        }
        if (state == State.OUTSIDE) {
            values.flush();
            keys.flush();
        } else {
            values.flush(piece);
            keys.flush(piece);
        }
        pairs.flush();
    }

    private int outside(byte[] b, int from, int to) {
        int i = Swar.quote(b, from, to);
        if (i < to) {
            piece.clear();
            state = State.INSIDE;
            i++;
        }
        return i;
    }

    private int inside(byte[] b, int from, int to) {
        int i = Swar.quoteOrBackslash(b, from, to);
        if (i < to && b[i] == '\\') {
            piece.add(b, from, i + 1);
            state = State.ESCAPE;
            return i + 1;
        }
        piece.add(b, from, i);
        if (i < to) {
            state = State.BEHIND;
            i++;
        }
        return i;
    }

    private void ended(boolean isKey) {
        if (isKey) {
            key = piece.hash();
            if (gathers && run.gathers()) {
                stem = piece.stem();
                number = piece.number();
                piece.gatherName(run);
            }
            // A key met a moment ago is a record's; pieces of one value would be keys of their own.
            int slot = (key ^ key >>> 16) & (seenKeys.length - 1);
            boolean fresh = seenKeys[slot] != key;
            if (fresh) {
                seenKeys[slot] = key;
                keys.add(piece);
            }
            // Half a token looks made as well; most keys do not.
            lastKey.clear();
            if (fresh && piece.isMade()) {
                lastKey.copy(piece);
            }
            return;
        }
        values.add(piece);
        if (gathers && run.gathers()) {
            piece.gather(run, stem, number);
        }
        if (piece.isMade()) {
            if (!lastKey.isEmpty()) {
                pairs.add(lastKey);
                pairs.add(piece);
            }
            keyed();
        }
    }

    private void keyed() {
        int slot = (key ^ key >>> 16) & (KEYS - 1);
        Keyed here = keyed[slot];
        if (here == null || here.key != key) {
            if (here != null) {
                here.values.end();
            }
            keyed[slot] = new Keyed(key, piece.bytes(), new FragmentJoiner(run, view, KEYED, KEYED_CARRY));
            return;
        }
        byte[] first = here.first;
        if (first != null) {
            here.values.add(first, 0, first.length);
            here.first = null;
        }
        here.values.add(piece);
    }
}
