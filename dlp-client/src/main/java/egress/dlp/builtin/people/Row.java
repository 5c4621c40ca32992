package egress.dlp.builtin.people;

/** The cells of one row: where each stands, and what identifies its column, a name or its place. */
final class Row {
    static final int MOST = 40;

    final int[] key = new int[MOST];
    final int[] keyFrom = new int[MOST];
    final int[] keyTo = new int[MOST];
    final int[] from = new int[MOST];
    final int[] to = new int[MOST];
    int cells;
    /** Whether columns are identified by their names, or by their places. */
    boolean named;
    /** Whether all cells are identifiers without quotes, as the names of columns in SQL are. */
    boolean bare;

    int start;
    int end;

    void begin(int at, boolean byName) {
        cells = 0;
        named = byName;
        bare = true;
        start = at;
        end = at;
    }

    /** A cell under a name that stands in {@code [nameFrom, nameTo)} and hashes to that. */
    void add(int name, int nameFrom, int nameTo, int cellFrom, int cellTo) {
        if (cells < MOST) {
            key[cells] = name;
            keyFrom[cells] = nameFrom;
            keyTo[cells] = nameTo;
            from[cells] = cellFrom;
            to[cells++] = cellTo;
        }
    }

    void add(int cellFrom, int cellTo) {
        add(cells, 0, 0, cellFrom, cellTo);
    }
}
