package egress.dlp.builtin.kind;

import egress.dlp.Profile.Likeness;
import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.match.CheckDigits;
import egress.dlp.builtin.match.Randomness;
import egress.dlp.builtin.scan.Segment;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Card numbers: the range of a brand, its lengths, and Luhn's check digit; bare or in the groups that cards show them in. */
final class CardNumbers {
    private static final int LONGEST = 19;
    private static final int SHORTEST = 12;
    private static final int GROUP = 4;
    private static final int MIDDLE = 6;
    private static final int SAME = 8;
    private static final int FEW = 3;

    private static final List<String> CONTEXT = List.of(
            "card", "cardnum", "cardno", "card_n", "card-n", "creditcard", "debitcard", "cardholder", "cc", "ccn", "ccnum", "pan",
            "visa", "mastercard", "amex", "american express", "maestro", "diners", "unionpay", "jcb", "cvv", "cvv2", "cvc",
            "credit", "debit", "kreditkarte", "kartennummer", "carte", "tarjeta", "cartao", "carta", "kaart", "karta");

    /** Names of numbers that are no card's. */
    private static final List<String> OTHERS = List.of(
            "id", "ids", "uuid", "guid", "order", "tracking", "timestamp", "time", "ts", "phone", "tel", "telephone", "mobile", "fax",
            "isbn", "ean", "upc", "gtin", "sku", "invoice", "nonce", "hash", "seed", "offset", "size", "bytes", "length", "version",
            "build", "serial", "imei", "imsi", "iccid", "sequence", "seq", "ref", "reference", "barcode", "ticket", "receipt",
            "session", "trace", "span", "request", "parcel", "shipment", "count", "total", "ns", "nanos", "micros");

    /** What payment services give out for tests. */
    private static final Set<String> DOCUMENTED = Set.of(
            "4111111111111111", "4012888888881881", "4222222222222", "4242424242424242", "4000056655665556", "5555555555554444",
            "5105105105105100", "2223003122003222", "5200828282828210", "378282246310005", "371449635398431", "378734493671000",
            "6011111111111117", "6011000990139424", "6011981111111113", "30569309025904", "38520000023237", "3056930009020004",
            "36227206271667", "3566002020360505", "3530111333300000", "6200000000000005", "6759649826438453", "4917610000000000",
            "4012000033330026", "4012000077777777", "4009348888881881", "4005519200000004", "4217651111111119", "4500600000000061",
            "2222400070000005", "5019717010103742", "6331101999990016", "4532015112830366", "4539148803436467", "5425233430109903",
            "374245455400126", "4701322211111234", "5123456789012346", "4508750015741019", "4462030000000000", "4917484589897107");

    private final Hits hits;
    private final Segment s;
    private final byte[] b;
    private final byte[] digits = new byte[LONGEST];
    private final int[] groups = new int[GROUP + 1];

    CardNumbers(Hits hits) {
        this.hits = hits;
        this.s = hits.s();
        this.b = s.b();
    }

    /** A number begins here. */
    void at(int i) {
        int end = digitsFrom(i);
        int n = end - i;
        if (n == GROUP) {
            grouped(i, end);
        } else if (n >= SHORTEST && n <= LONGEST) {
            bare(i, end);
        }
    }

    private void bare(int start, int end) {
        boolean word = end < s.to() && CharTables.isWord(b[end]);
        if (word || isFraction(start, end)) {
            return;
        }
        System.arraycopy(b, start, digits, 0, end - start);
        check(start, end, end - start, false);
    }

    // The same separator between all groups, and no further group on either side.
    private void grouped(int start, int firstEnd) {
        int width = separator(firstEnd);
        if (width == 0) {
            return;
        }
        byte mark = b[firstEnd];
        int n = 0;
        int count = 0;
        int at = start;
        int end = firstEnd;
        while (end > at && n + end - at <= LONGEST && count < groups.length) {
            System.arraycopy(b, at, digits, n, end - at);
            groups[count++] = end - at;
            n += end - at;
            boolean goesOn = end < s.to() && b[end] == mark && separator(end) == width;
            at = goesOn ? end + width : end;
            end = digitsFrom(at);
        }
        boolean over = end > at;
        end = over || count == 0 ? end : lastDigit(at) + 1;
        boolean word = end < s.to() && CharTables.isWord(b[end]);
        if (!over && isShape(count) && !word && !isFraction(start, end) && !goesOnBefore(start, mark, width)) {
            check(start, end, n, true);
        }
    }

    // Behind the last group a separator may stand that nothing of the number follows.
    private int lastDigit(int at) {
        int i = at - 1;
        while (!isDigit(b[i])) {
            i--;
        }
        return i;
    }

    // 4-4-4-4, 4-4-4-4-3, 4-6-5, 4-6-4, 4-4-5 and the like.
    private boolean isShape(int count) {
        if (count == FEW && groups[2] >= GROUP && groups[2] <= GROUP + 1) {
            return groups[0] == GROUP && (groups[1] == MIDDLE || groups[1] == GROUP && groups[2] > GROUP);
        }
        boolean fours = count > FEW && groups[count - 1] <= GROUP;
        for (int i = 0; i < count - 1; i++) {
            fours &= groups[i] == GROUP;
        }
        return fours;
    }

    private void check(int start, int end, int n, boolean grouped) {
        if (digits[0] == '0' || digits[0] == '7' || !Brands.any(digits, n, true) || !CheckDigits.luhn(digits, 0, n)) {
            return;
        }
        boolean certain = grouped || Brands.any(digits, n, false);
        boolean named = isNamedOther(start);
        if ((!certain || named || isGlued(start, end)) && (named || !Texts.isNear(s, start, end, CONTEXT))) {
            return;
        }
        byte[] number = Arrays.copyOf(digits, n);
        hits.add("card_number", likeness(number), start, end, number);
    }

    private boolean isNamedOther(int start) {
        String name = Texts.nameBefore(s, start);
        return OTHERS.stream().anyMatch(name::endsWith) && !name.endsWith("paid");
    }

    // A part of an identifier, as in req-4…, or of a number with a mark in front.
    private boolean isGlued(int start, int end) {
        int last = start > s.low() ? b[start - 1] : ' ';
        boolean word = start - 2 >= s.low() && CharTables.isWord(b[start - 2]);
        boolean before = last == '#' || word && (last == '-' || last == '_' || last == '+');
        boolean behind = end + 1 < s.to() && (b[end] == '-' || b[end] == '_') && CharTables.isWord(b[end + 1]);
        return before || behind;
    }

    private boolean isFraction(int start, int end) {
        boolean before = start - 2 >= s.low() && b[start - 1] == '.' && isDigit(b[start - 2]);
        return before || end + 1 < s.to() && b[end] == '.' && isDigit(b[end + 1]);
    }

    private boolean goesOnBefore(int start, byte mark, int width) {
        int i = start - width;
        return i - 1 >= s.low() && b[i] == mark && isDigit(b[i - 1]);
    }

    private static Likeness likeness(byte[] number) {
        String text = Texts.latin(number, 0, number.length);
        if (DOCUMENTED.contains(text) || text.startsWith("400000")) {
            return Likeness.EXAMPLE;
        }
        int run = 1;
        int longest = 1;
        for (int i = 1; i < number.length; i++) {
            run = number[i] == number[i - 1] ? run + 1 : 1;
            longest = Math.max(longest, run);
        }
        boolean few = Randomness.distinct(number, 0, number.length) <= FEW;
        return few || longest >= SAME ? Likeness.MADE_UP : Likeness.REAL;
    }

    private int digitsFrom(int start) {
        int i = start;
        while (i < s.to() && i - start <= LONGEST && isDigit(b[i])) {
            i++;
        }
        return i;
    }

    /** The width of a blank, a hyphen or a blank that keeps its line (U+00A0); 0 for anything else. */
    private int separator(int i) {
        if (i >= s.to()) {
            return 0;
        }
        if (b[i] == ' ' || b[i] == '-') {
            return 1;
        }
        return b[i] == (byte) 0xc2 && i + 1 < s.to() && b[i + 1] == (byte) 0xa0 ? 2 : 0;
    }

    private static boolean isDigit(byte c) {
        return c >= '0' && c <= '9';
    }
}
