package egress.dlp.builtin.kind;

/** Ranges of card numbers (ISO/IEC 7812 issuer identification) and the lengths that each brand gives out. */
enum Brands {
    VISA(16, 13, 19, 4, 4),
    MASTERCARD(16, 16, 16, 51, 55),
    MASTERCARD_TWO(16, 16, 16, 2221, 2720),
    AMERICAN_EXPRESS(15, 15, 15, 34, 34),
    AMERICAN_EXPRESS_TOO(15, 15, 15, 37, 37),
    DINERS(16, 14, 16, 300, 305),
    DINERS_TWO(16, 14, 16, 3095, 3095),
    DINERS_THREE(16, 14, 16, 36, 36),
    DINERS_FOUR(16, 14, 16, 38, 39),
    DISCOVER(16, 16, 19, 6011, 6011),
    DISCOVER_TWO(16, 16, 19, 644, 659),
    JCB(16, 16, 19, 3528, 3589),
    UNIONPAY(16, 16, 19, 62, 62),
    UNIONPAY_TWO(16, 16, 19, 81, 82),
    MIR(16, 16, 19, 2200, 2204),
    RUPAY(16, 16, 16, 60, 60),
    RUPAY_TWO(16, 16, 19, 506, 509),
    TROY(16, 16, 16, 9792, 9792),
    MAESTRO(16, 12, 19, 5018, 5038),
    MAESTRO_TWO(16, 12, 19, 5893, 5893),
    MAESTRO_THREE(16, 12, 19, 6304, 6304),
    MAESTRO_FOUR(16, 12, 19, 6759, 6763),
    ELO(16, 16, 16, 636297, 636368);

    private final int usual;
    private final int shortest;
    private final int longest;
    private final int low;
    private final int high;

    /**
     * @param usual the length that needs nothing beside it that speaks of cards
     * @param low the first beginning
     * @param high the last beginning, of as many digits
     */
    Brands(int usual, int shortest, int longest, int low, int high) {
        this.usual = usual;
        this.shortest = shortest;
        this.longest = longest;
        this.low = low;
        this.high = high;
    }

    /** Whether the first {@code n} of these digits are of a brand's range and have one of its lengths. */
    static boolean any(byte[] digits, int n, boolean anyLength) {
        for (Brands brand : BRANDS) {
            boolean length = n == brand.usual || anyLength && brand.has(n);
            if (length && brand.begins(digits)) {
                return true;
            }
        }
        return false;
    }

    private static final Brands[] BRANDS = values();
    private static final int PREFIXES = 10_000;
    /** The first four digits that any brand has, a bit each. */
    private static final long[] BEGINNINGS = beginnings();

    private static long[] beginnings() {
        long[] out = new long[(PREFIXES >> 6) + 1];
        for (Brands brand : BRANDS) {
            int low = brand.low;
            int high = brand.high;
            while (low >= PREFIXES) {
                low /= 10;
                high /= 10;
            }
            while (low < PREFIXES / 10) {
                low *= 10;
                high = high * 10 + 9;
            }
            for (int i = low; i <= high; i++) {
                out[i >> 6] |= 1L << i;
            }
        }
        return out;
    }

    /** Whether the four digits at {@code i} begin a number of any brand. */
    static boolean mayBegin(byte[] b, int i) {
        int first = ((b[i] - '0') * 10 + b[i + 1] - '0') * 100 + (b[i + 2] - '0') * 10 + b[i + 3] - '0';
        return first >= 0 && first < PREFIXES && (BEGINNINGS[first >> 6] >>> first & 1) != 0;
    }

    // Visa gave out 13, 16 and 19 digits, and nothing between.
    private boolean has(int n) {
        return this == VISA ? n == shortest || n == longest : n >= shortest && n <= longest;
    }

    private boolean begins(byte[] digits) {
        int beginning = 0;
        for (int k = 1, i = 0; k <= low; k *= 10, i++) {
            beginning = beginning * 10 + digits[i] - '0';
        }
        return beginning >= low && beginning <= high;
    }
}
