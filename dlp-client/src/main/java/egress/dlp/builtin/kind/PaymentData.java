package egress.dlp.builtin.kind;

import egress.dlp.builtin.scan.Segment;

/** Numbers of cards and bank accounts. */
final class PaymentData {
    /** Starts of which the block may not show all that they need. */
    private static final long LAST = 7L << 61;

    private static final int SHORTEST = 12;
    /** Starts of which the block shows the shortest number. */
    private static final long SHOWN = -1L >>> SHORTEST;

    private final Segment s;
    private final CardNumbers cards;
    private final Ibans ibans;

    PaymentData(Hits hits) {
        this.s = hits.s();
        this.cards = new CardNumbers(hits);
        this.ibans = new Ibans(hits);
    }

    /** Looks where the digits of a card, or two capitals and two digits, begin. */
    void block(int at, long digits, long capitals) {
        long begins = digits & ~(digits << 1);
        long four = digits & digits >>> 1 & digits >>> 2 & digits >>> 3;
        // Twelve of them, or four more behind a separator of a byte or two.
        long shape = four >>> 4 & four >>> 8 | ~digits >>> 4 & (four >>> 5 | four >>> 6);
        for (long here = begins & (four & (shape | ~SHOWN) | LAST); here != 0; here &= here - 1) {
            int i = at + Long.numberOfTrailingZeros(here);
            if (i + SHORTEST <= s.to() && Brands.mayBegin(s.b(), i) && !Texts.isWordBefore(s, i) && i < s.limit()) {
                cards.at(i);
            }
        }
        long pairs = capitals & capitals >>> 1 & digits >>> 2 & digits >>> 3;
        for (long here = pairs | capitals & LAST; here != 0; here &= here - 1) {
            int i = at + Long.numberOfTrailingZeros(here);
            if (i < s.limit() && !Texts.isWordBefore(s, i)) {
                ibans.at(i);
            }
        }
    }
}
