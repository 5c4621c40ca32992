package egress.dlp.builtin.kind;

import egress.dlp.builtin.match.CharTables;

/** Numbers of cards and bank accounts. */
final class PaymentData {
    private final byte[] b;
    private final int to;
    private final CardNumbers cards;
    private final Ibans ibans;

    PaymentData(Hits hits) {
        this.b = hits.s().b();
        this.to = hits.s().to();
        this.cards = new CardNumbers(hits);
        this.ibans = new Ibans(hits);
    }

    /** A word begins here. */
    void at(int i) {
        if (b[i] <= '9') {
            cards.at(i);
        } else if (i + 3 < to && b[i + 2] <= '9' && b[i + 3] <= '9' && CharTables.isWord(b[i + 2])) {
            ibans.at(i);
        } else if (b[i] == 'B' && i > 0 && b[i - 1] == '%') {
            cards.at(i + 1); // the first track of a magnetic stripe, ISO/IEC 7813
        }
    }
}
