package egress.dlp.builtin.people;

import egress.dlp.builtin.match.CharTables;

/**
 * Rows as programs write them: objects of a JSON array or one a line, lists of lists, tuples of SQL's VALUES. What an object holds in other
 * objects belongs to its row. Read without a grammar, so that a part of a document and code with other things around it are read too.
 */
final class LiteralRows {
    private static final int DEEPEST = 16;
    private static final int LONGEST = 2048;
    private static final int LEAST_WITHIN = 120;
    private static final int MOST_NESTED = 2;

    private final byte[] b;
    private final int to;
    private final int nested;
    private final PeopleTable.Found found;
    private final Level[] levels = new Level[DEEPEST];
    private int depth;
    private int keyFrom;
    private int keyTo;
    private int keyHash;
    private boolean keyed;

    /** A bracket that is open. */
    private static final class Level {
        final Row own = new Row();
        final PeopleTable rows;
        byte open;
        /** Where its cells go: its own row, or that of the object around it. */
        Row row = own;

        Level(PeopleTable rows) {
            this.rows = rows;
        }
    }

    /** @param nested in how many strings this text stands */
    LiteralRows(byte[] b, int to, int nested, PeopleTable.Found found) {
        this.b = b;
        this.to = to;
        this.nested = nested;
        this.found = found;
        levels[0] = new Level(new PeopleTable(b, found));
    }

    void read(int from) {
        int i = from;
        while (i < to) {
            byte c = b[i];
            switch (c) {
                case '{', '[', '(' -> open(c, i++);
                case '}', ']', ')' -> close(c, ++i);
                case '"' -> i = quoted(i + 1, '"', 0);
                case '\'' -> i = i > from && CharTables.isWord(b[i - 1]) ? i + 1 : quoted(i + 1, '\'', 0);
                case ':' -> {
                    keyed = keyTo > keyFrom;
                    i++;
                }
                case ',' -> {
                    forget();
                    i++;
                }
                case '\\' -> i = escape(i);
                default -> i = CharTables.isWord(c) || c < 0 || c == '+' || c == '-' ? bare(i) : i + 1;
            }
        }
        while (depth > 0) {
            depth--;
            levels[depth + 1].rows.end();
        }
        levels[0].rows.end();
    }

    // A quote of a string within a string, or a blank.
    private int escape(int i) {
        int end = i;
        while (end < to && b[end] == '\\') {
            end++;
        }
        return end < to && b[end] == '"' ? quoted(end + 1, '"', end - i) : end + 1;
    }

    private void forget() {
        keyed = false;
        keyFrom = 0;
        keyTo = 0;
    }

    private void open(byte c, int at) {
        if (depth + 1 >= DEEPEST) {
            return;
        }
        Level around = levels[depth];
        Level level = levels[++depth];
        if (level == null) {
            level = new Level(new PeopleTable(b, found));
            levels[depth] = level;
        }
        level.open = c;
        boolean within = around.open == '{' && depth > 1;
        if (within) {
            level.row = around.row;
        } else {
            level.row = level.own;
            level.own.begin(at, c == '{');
        }
        if (c == '{') {
            forget();
        }
    }

    private void close(byte c, int end) {
        byte opening = (byte) (c == ')' ? '(' : c - 2);
        int at = depth;
        while (at > 0 && levels[at].open != opening) {
            at--;
        }
        if (at == 0) {
            return;
        }
        while (depth >= at) {
            Level level = levels[depth--];
            level.rows.end();
            if (level.row == level.own) {
                level.own.end = end;
                levels[depth].rows.add(level.own);
            }
        }
        forget();
    }

    /** @param escapes how many stand before the quote that opens it; that which closes it has no more */
    private int quoted(int from, char quote, int escapes) {
        int i = from;
        int run = 0;
        while (i < to && (b[i] != quote || quote == '"' && isWithin(run, escapes))) {
            if (b[i] == '\n' || quote == '\'' && i - from > LONGEST) {
                return from;
            }
            run = b[i] == '\\' ? run + 1 : 0;
            i++;
        }
        int end = Math.max(from, quote == '"' ? i - run : i);
        if (quote == '"' && nested < MOST_NESTED && end - from > LEAST_WITHIN) {
            new LiteralRows(b, end, nested + 1, found).read(from);
        }
        levels[depth].row.bare = false;
        value(from, end);
        return Math.min(i + 1, to);
    }

    private static boolean isWithin(int run, int escapes) {
        return escapes == 0 ? run % 2 == 1 : run > escapes;
    }

    private int bare(int from) {
        int i = from;
        while (i < to && (CharTables.isWord(b[i]) || b[i] < 0 || "_+-.".indexOf(b[i]) >= 0)) {
            i++;
        }
        byte first = b[from];
        if (first >= '0' && first <= '9' || first == '+' || first == '-') {
            levels[depth].row.bare = false;
        }
        value(from, i);
        return Math.max(i, from + 1);
    }

    // A name, where the colon behind it says so; else a cell.
    private void value(int from, int end) {
        Level level = levels[depth];
        if (depth == 0) {
            return;
        }
        if (level.open == '{' && !keyed) {
            keyFrom = from;
            keyTo = end;
            keyHash = 1;
            for (int i = from; i < end; i++) {
                keyHash = 31 * keyHash + b[i];
            }
            return;
        }
        if (level.row.named) {
            level.row.add(keyHash, keyFrom, keyTo, from, end);
            if (level.open == '{') {
                forget();
            }
        } else {
            level.row.add(from, end);
        }
    }
}
