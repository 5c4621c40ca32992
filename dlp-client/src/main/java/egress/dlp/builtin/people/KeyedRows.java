package egress.dlp.builtin.people;

/**
 * Rows as people write them, a name and a value on each line: {@code Name: Anna Smith}, as in lists of YAML and Markdown and in vCards. A
 * row ends where a name comes again.
 */
final class KeyedRows {
    private static final int LONGEST_KEY = 40;
    private static final int LONGEST = 256;
    /** So many other lines in a row may stand between. */
    private static final int MOST_OTHERS = 4;

    private final byte[] b;
    private final PeopleTable table;
    private final Row row = new Row();
    private int others;

    /** @param table which receives the rows */
    KeyedRows(byte[] b, PeopleTable table) {
        this.b = b;
        this.table = table;
    }

    void line(int start, int end) {
        int from = start;
        while (from < end && isMark(b[from])) {
            from++;
        }
        int colon = colon(from, end);
        int key = colon < 0 ? from : keyEnd(from, colon);
        if (key == from) {
            if (from < end && ++others > MOST_OTHERS) {
                end();
            }
            return;
        }
        others = 0;
        int value = colon + 1;
        int stop = Math.min(end, value + LONGEST);
        while (value < stop && (isMark(b[value]) || b[value] == '"' || b[value] == '\'')) {
            value++;
        }
        while (value < stop && (isMark(b[stop - 1]) || ",\"'\\".indexOf(b[stop - 1]) >= 0)) {
            stop--;
        }
        if (value < stop) {
            cell(start, from, key, value, stop, end);
        }
    }

    private void cell(int start, int from, int key, int value, int stop, int end) {
        int hash = 1;
        for (int i = from; i < key; i++) {
            hash = 31 * hash + (b[i] | 0x20);
        }
        boolean again = false;
        for (int i = 0; i < row.cells; i++) {
            again |= row.key[i] == hash;
        }
        if (again || row.cells == Row.MOST) {
            table.add(row);
            row.cells = 0;
        }
        if (row.cells == 0) {
            row.begin(start, true);
        }
        row.add(hash, from, key, value, stop);
        row.end = end;
    }

    /** No further row of the same table follows. */
    void end() {
        if (row.cells > 0) {
            table.add(row);
            row.cells = 0;
        }
        table.end();
        others = 0;
    }

    /** Where the colon behind a name stands; -1 where the line begins otherwise. */
    private int colon(int from, int end) {
        for (int i = from; i < Math.min(end, from + LONGEST_KEY); i++) {
            if (b[i] == ':') {
                return i;
            }
            boolean ofKey = b[i] < 0 || isLetter(b[i]) || " _-*().;=,".indexOf(b[i]) >= 0;
            if (!ofKey) {
                return -1;
            }
        }
        return -1;
    }

    // What follows a semicolon says of which kind it is, in a vCard.
    private int keyEnd(int from, int colon) {
        int end = from;
        while (end < colon && b[end] != ';') {
            end++;
        }
        while (end > from && isMark(b[end - 1])) {
            end--;
        }
        return end;
    }

    /** What stands before and behind names and values in lists, and where they are emphasised. */
    private static boolean isMark(byte c) {
        return c == ' ' || c == '\t' || c == '*' || c == '-' || c == '_' || c == '#' || c == '>' || c == '`';
    }

    private static boolean isLetter(byte c) {
        return (c | 32) >= 'a' && (c | 32) <= 'z';
    }
}
