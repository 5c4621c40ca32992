package egress.dlp.builtin.people;

/** What the cells of one column look like, counted. */
final class Column {
    /** From so many rows on a table is one. */
    static final int LEAST = 5;

    private static final int FEW = 3;
    private static final int HASHES = 8;
    private static final int BORN_BEFORE = 2016;
    private static final int SOMEBODY_BORN_BEFORE = 1986;
    private static final int GENERATION = 20;

    private final ColumnRole role;
    private final int[] hashes = new int[HASHES];
    private int distinct;
    private int cells;
    private int words;
    private int fullNames;
    private int letters;
    private int mails;
    private int phones;
    private int digits;
    private int dates;
    private int examples;
    private int firstYear = Integer.MAX_VALUE;
    private int lastYear;

    Column(ColumnRole role) {
        this.role = role;
    }

    void add(int bits, int hash) {
        if ((bits & Cell.EMPTY) != 0) {
            return;
        }
        cells++;
        words += count(bits, Cell.WORD);
        fullNames += count(bits, Cell.FULL_NAME);
        letters += count(bits, Cell.LETTERS);
        mails += count(bits, Cell.MAIL);
        phones += count(bits, Cell.PHONE);
        digits += count(bits, Cell.DIGITS);
        examples += count(bits, Cell.EXAMPLE);
        if ((bits & Cell.DATE) != 0) {
            dates++;
            firstYear = Math.min(firstYear, Cell.year(bits));
            lastYear = Math.max(lastYear, Cell.year(bits));
        }
        for (int i = 0; i < distinct; i++) {
            if (hashes[i] == hash) {
                return;
            }
        }
        if (distinct < HASHES) {
            hashes[distinct++] = hash;
        }
    }

    private static int count(int bits, int which) {
        return (bits & which) == 0 ? 0 : 1;
    }

    // In four of five cells, and in as many as make a table.
    private boolean mostly(int count) {
        return count >= LEAST && count * LEAST >= cells * (LEAST - 1);
    }

    /** Names of persons, whole or in part. */
    boolean isNames() {
        if (distinct < LEAST) {
            return false;
        }
        return switch (role) {
            case NAME -> mostly(Math.max(fullNames, words)) || mostly(fullNames + words);
            case NAME_PART -> mostly(letters);
            case UNNAMED -> mostly(fullNames);
            case BIRTH, MAIL, PHONE, OTHER -> false;
        };
    }

    /** Capitalised words without a name above them, which two columns beside each other make names of. */
    boolean isNameParts() {
        return role == ColumnRole.UNNAMED && distinct >= FEW && mostly(words);
    }

    boolean isPhones() {
        boolean named = role == ColumnRole.PHONE && mostly(digits);
        return distinct >= FEW && (named || mostly(phones));
    }

    boolean isMails() {
        return mostly(mails);
    }

    /** Dates that their column says are of birth. */
    boolean isBirths() {
        return role == ColumnRole.BIRTH && distinct >= FEW && mostly(dates);
    }

    /** Dates of a column without a name that spread as those of birth do. */
    boolean isLikeBirths() {
        return role == ColumnRole.UNNAMED
                && distinct >= LEAST
                && mostly(dates)
                && firstYear < SOMEBODY_BORN_BEFORE
                && lastYear < BORN_BEFORE
                && lastYear - firstYear >= GENERATION;
    }

    /** Whether none of its addresses or numbers can be anybody's. */
    boolean isOfExamples() {
        return examples == cells;
    }
}
