package egress.dlp.builtin.people;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows of one table, column by column, until another begins; then whether they are of people. */
final class PeopleTable {
    private static final int MOST_COLUMNS = 64;

    private final byte[] b;
    private final Found found;
    private final List<Column> columns = new ArrayList<>();
    private final List<Integer> keys = new ArrayList<>();
    private List<ColumnRole> header = List.of();
    private boolean named;
    private int width;
    private int rows;
    private int both;
    private int start;
    private int end;

    /** Hears of a table of people. */
    interface Found {
        /** @param examples whether its addresses and numbers are reserved for examples */
        void at(int start, int end, boolean examples);
    }

    PeopleTable(byte[] b, Found found) {
        this.b = b;
        this.found = found;
    }

    void add(Row row) {
        if (row.cells < 2) {
            return;
        }
        if (!row.named && row.bare) {
            if (isHeader(row)) {
                header(row);
            }
            return;
        }
        boolean goesOn = row.named == named && (named || row.cells == width);
        if (rows > 0 && !goesOn) {
            end();
        }
        if (rows == 0) {
            begin(row);
            if (!row.named && header.isEmpty() && isHeader(row)) {
                header(row);
                return;
            }
        }
        rows++;
        end = row.end;
        int seen = 0;
        for (int i = 0; i < row.cells; i++) {
            int bits = Cell.of(b, row.from[i], row.to[i]);
            Column column = column(row, i);
            if (column != null) {
                column.add(bits, hash(row.from[i], row.to[i]));
                seen |= bits;
            }
        }
        boolean name = (seen & (Cell.FULL_NAME | Cell.WORD | Cell.LETTERS)) != 0;
        both += name && (seen & (Cell.DIGITS | Cell.DATE)) != 0 ? 1 : 0;
    }

    private void begin(Row row) {
        named = row.named;
        width = row.cells;
        start = row.start;
        if (header.size() != width) {
            header = List.of();
        }
    }

    // Column names: at least one that says something, and nothing that is a value.
    private boolean isHeader(Row row) {
        boolean says = false;
        for (int i = 0; i < row.cells; i++) {
            int bits = Cell.of(b, row.from[i], row.to[i]);
            if ((bits & (Cell.MAIL | Cell.DIGITS | Cell.DATE)) != 0) {
                return false;
            }
            says |= ColumnRole.of(b, row.from[i], row.to[i]) != ColumnRole.OTHER;
        }
        return says;
    }

    // The same names again, as each INSERT has them, do not end the table.
    private void header(Row row) {
        List<ColumnRole> roles = new ArrayList<>();
        for (int i = 0; i < row.cells; i++) {
            roles.add(ColumnRole.of(b, row.from[i], row.to[i]));
        }
        if (rows > 0 && !roles.equals(header)) {
            end();
        }
        header = roles;
        width = row.cells;
    }

    private @Nullable Column column(Row row, int i) {
        int at = named ? keys.indexOf(row.key[i]) : i;
        if (at >= 0 && at < columns.size()) {
            return columns.get(at);
        }
        if (columns.size() >= MOST_COLUMNS) {
            return null;
        }
        Column column = new Column(named ? ColumnRole.of(b, row.keyFrom[i], row.keyTo[i]) : unnamed(i));
        columns.add(column);
        keys.add(row.key[i]);
        return column;
    }

    private ColumnRole unnamed(int place) {
        return place < header.size() ? header.get(place) : ColumnRole.UNNAMED;
    }

    private int hash(int from, int to) {
        int hash = 1;
        for (int i = from; i < to; i++) {
            hash = 31 * hash + b[i];
        }
        return hash;
    }

    /** No further row of it follows. */
    void end() {
        if (both >= Column.LEAST) {
            judge();
        }
        columns.clear();
        keys.clear();
        header = List.of();
        rows = 0;
        both = 0;
    }

    private void judge() {
        boolean names = false;
        boolean mails = false;
        boolean numbers = false;
        boolean births = false;
        boolean likeBirths = false;
        boolean examples = true;
        int parts = 0;
        for (Column each : columns) {
            names |= each.isNames();
            parts += each.isNameParts() ? 1 : 0;
            if (each.isMails() || each.isPhones()) {
                examples &= each.isOfExamples();
            }
            mails |= each.isMails();
            numbers |= each.isPhones();
            births |= each.isBirths();
            likeBirths |= each.isLikeBirths();
        }
        births |= likeBirths && mails;
        names |= parts >= 2 && mails;
        if (names && (numbers || births)) {
            found.at(start, end, examples && (mails || numbers));
        }
    }
}
