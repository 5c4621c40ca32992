package egress.dlp.builtin.people;

import egress.dlp.Detector;
import egress.dlp.Profile.Likeness;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;
import java.util.Arrays;

/** Looks for tables of people in one segment, in each way that tables are written. They cannot be masked: what in them may stay is unknown. */
public final class PeopleTables {
    /** The least that five rows with a name and a number take. */
    private static final int SHORTEST = 60;

    private PeopleTables() {}

    /** What begins behind the segment's limit is seen whole in the next. */
    public static void scan(ScanContext run, Segment s) {
        if (s.to() - s.from() < SHORTEST) {
            return;
        }
        PeopleTable.Found found = (start, end, examples) -> {
            if (start < s.limit()) {
                byte[] table = Arrays.copyOfRange(s.b(), start, end);
                Likeness likeness = examples ? Likeness.EXAMPLE : Likeness.REAL;
                run.report("people_table", Detector.PERSONAL_DATA, likeness, s.view(), start, end, table, false);
            }
        };
        KeyedRows keyed = new KeyedRows(s.b(), new PeopleTable(s.b(), found));
        new DelimitedRows(s.b(), s.to(), new PeopleTable(s.b(), found), keyed).read(s.from());
        new LiteralRows(s.b(), s.to(), 0, found).read(s.from());
    }
}
