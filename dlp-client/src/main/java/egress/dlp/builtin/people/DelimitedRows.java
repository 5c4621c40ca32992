package egress.dlp.builtin.people;

/**
 * Rows of lines whose cells a comma, a semicolon, a tab, a bar or some blanks part: CSV, TSV, tables of Markdown, and as databases and
 * command lines print them. A line may also end with an escape, as lines in a JSON string do, or with two in a string of a string.
 */
final class DelimitedRows {
    private static final int SHORTEST = 8;
    private static final int LONGEST = 4096;
    /** Two blanks or more, as columns that are aligned have between them. */
    private static final byte GAP = ' ';

    private static final byte[] MARKS = {'\t', '|', ';', ',', GAP};

    private final byte[] b;
    private final int to;
    private final PeopleTable table;
    private final KeyedRows keyed;
    private final Row row = new Row();
    private int mark = -1;
    private int count;
    /** Behind the last quote without an escape, and behind the last with at most one. */
    private int bare;

    private int escaped;

    /**
     * @param table which receives the rows
     * @param keyed which receives the lines too
     */
    DelimitedRows(byte[] b, int to, PeopleTable table, KeyedRows keyed) {
        this.b = b;
        this.to = to;
        this.table = table;
        this.keyed = keyed;
    }

    void read(int from) {
        int line = from;
        int escapes = 0;
        int i = from;
        while (i < to) {
            byte c = b[i];
            if (c > '\\' || c > '"' && c < '\\') {
                i++;
            } else if (c == '\n') {
                line(line, i);
                escapes = 0;
                line = ++i;
                bare = line;
                escaped = line;
            } else if (c == '\\') {
                int end = i;
                while (end < to && b[end] == '\\') {
                    end++;
                }
                if (end < to && (b[end] == 'n' || b[end] == 'r')) {
                    int begin = escapes > 0 ? line : Math.max(line, end - i == 1 ? bare : escaped);
                    line(begin, i);
                    escapes = end - i;
                    line = end + 1;
                } else if (end < to && b[end] == '"') {
                    line = quote(line, i, end, escapes);
                    escapes = line == end + 1 ? 0 : escapes;
                }
                i = end + 1;
            } else {
                line = c == '"' ? quote(line, i, i, escapes) : line;
                escapes = line == i + 1 ? 0 : escapes;
                i++;
            }
        }
        line(line, to);
        table.end();
        keyed.end();
    }

    /** A quote with as many escapes before it as {@code [start, at)}: with fewer than the lines' ends have, it ends their string. */
    private int quote(int line, int start, int at, int escapes) {
        int depth = at - start;
        bare = depth == 0 ? at + 1 : bare;
        escaped = depth <= 1 ? at + 1 : escaped;
        if (depth >= escapes) {
            return line;
        }
        line(line, start);
        other();
        keyed.end();
        return at + 1;
    }

    private void line(int start, int end) {
        int stop = end > start && b[end - 1] == '\r' ? end - 1 : end;
        keyed.line(start, stop);
        if (isRule(start, stop)) {
            return;
        }
        if (stop - start < SHORTEST) {
            if (stop > start) {
                other();
            }
            return;
        }
        if (stop - start > LONGEST || mark >= 0 && count(start, stop, MARKS[mark]) != count) {
            other();
        }
        if (stop - start > LONGEST) {
            return;
        }
        for (int k = 0; mark < 0 && k < MARKS.length; k++) {
            int n = count(start, stop, MARKS[k]);
            if (n > 0 && n < Row.MOST) {
                mark = k;
                count = n;
            }
        }
        if (mark >= 0) {
            cells(start, stop);
        }
    }

    private void other() {
        if (mark >= 0) {
            table.end();
            mark = -1;
        }
    }

    /** The line under a table's names, or around all of it. */
    private boolean isRule(int start, int end) {
        boolean drawn = false;
        for (int i = start; i < end; i++) {
            if ("|-:+= ".indexOf(b[i]) < 0) {
                return false;
            }
            drawn |= b[i] == '-' || b[i] == '=';
        }
        return drawn;
    }

    private int count(int start, int end, byte which) {
        int n = 0;
        boolean quoted = false;
        if (which == GAP) {
            for (int i = gap(afterBlanks(start, end), end); i < end; i = gap(afterBlanks(i, end), end)) {
                n++;
            }
            return n;
        }
        for (int i = start; i < end; i++) {
            if (b[i] == which && !quoted || which == '\t' && isTab(i, end)) {
                n++;
            } else if (b[i] == '"') {
                quoted = !quoted;
            }
        }
        return n;
    }

    private boolean isTab(int i, int end) {
        return b[i] == '\\' && i + 1 < end && b[i + 1] == 't';
    }

    /** Where the next two blanks or more begin that something follows; {@code end} where none do. */
    private int gap(int from, int end) {
        int i = from;
        while (i + 1 < end && !(b[i] == ' ' && b[i + 1] == ' ')) {
            i++;
        }
        return i + 1 < end && afterBlanks(i, end) < end ? i : end;
    }

    private int afterBlanks(int from, int end) {
        int i = from;
        while (i < end && b[i] == ' ') {
            i++;
        }
        return i;
    }

    private void aligned(int start, int end) {
        int from = afterBlanks(start, end);
        while (from < end) {
            int to = gap(from, end);
            cell(from, to);
            from = afterBlanks(to, end);
        }
    }

    private void cells(int start, int end) {
        byte which = MARKS[mark];
        row.begin(start, false);
        row.bare = false;
        if (which == GAP) {
            aligned(start, end);
            row.end = end;
            table.add(row);
            return;
        }
        int from = start;
        boolean quoted = false;
        for (int i = start; i < end; i++) {
            boolean tab = which == '\t' && isTab(i, end);
            if (b[i] == which && !quoted || tab) {
                cell(from, i);
                i += tab ? 1 : 0;
                from = i + 1;
            } else if (b[i] == '"') {
                quoted = !quoted;
            }
        }
        cell(from, end);
        row.end = end;
        table.add(row);
    }

    private void cell(int start, int end) {
        int from = start;
        int stop = end;
        while (from < stop && isAround(b[from])) {
            from++;
        }
        while (from < stop && isAround(b[stop - 1])) {
            stop--;
        }
        row.add(from, stop);
    }

    private static boolean isAround(byte c) {
        return c == ' ' || c == '"' || c == '\'' || c == '\\';
    }
}
