package egress.dlp.builtin.match;

/** Check digits of numbers that people type. */
public final class CheckDigits {
    private CheckDigits() {}

    /** ISO/IEC 7812-1, annex B (Luhn), over ASCII digits. */
    public static boolean luhn(byte[] digits, int from, int to) {
        int sum = 0;
        for (int i = to - 1; i >= from; i--) {
            int d = digits[i] - '0';
            if ((to - i) % 2 == 0) {
                d = d < 5 ? 2 * d : 2 * d - 9;
            }
            sum += d;
        }
        return sum % 10 == 0;
    }

    /** ISO/IEC 7064 MOD 97-10 as IBANs have it: the first four characters counted last, letters as 10 to 35. */
    public static boolean iban(byte[] text) {
        int rest = 0;
        for (int i = 0; i < text.length; i++) {
            byte c = text[(i + 4) % text.length];
            rest = c <= '9' ? (rest * 10 + c - '0') % 97 : (rest * 100 + c - 'A' + 10) % 97;
        }
        return rest == 1;
    }
}
