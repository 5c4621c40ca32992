package egress.dlp.builtin.kind;

import egress.dlp.builtin.match.CheckDigits;
import java.nio.charset.StandardCharsets;

/** The check digits of {@link NationalId}, over letters and digits alone, letters as capitals. */
final class IdChecks {
    private static final String SPANISH = "TRWAGMYFPDXBNJZSQVHLCKE";
    private static final String FINNISH = "0123456789ABCDEFHJKLMNPRSTUVWXY";
    private static final String MONTHS = "ABCDEHLMPRST";
    private static final int[] ODD = {
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23
    };
    private static final int[][] DIHEDRAL = dihedral();
    private static final int[] PERMUTATION = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};

    private IdChecks() {}

    private static int at(String text, int i) {
        return text.charAt(i) - '0';
    }

    private static int number(String text, int from, int to) {
        return Integer.parseInt(text.substring(from, to));
    }

    private static int weighted(String text, int... weights) {
        int sum = 0;
        for (int i = 0; i < weights.length; i++) {
            sum += weights[i] * at(text, i);
        }
        return sum;
    }

    private static boolean isDate(int month, int day) {
        return month >= 1 && month <= 12 && day >= 1 && day <= 31;
    }

    private static boolean luhn(String text) {
        byte[] digits = text.getBytes(StandardCharsets.US_ASCII);
        return CheckDigits.luhn(digits, 0, digits.length);
    }

    // ISO/IEC 7064 MOD 11,10; of the first ten digits one stands twice or three times and the others once.
    static boolean german(String text) {
        int rest = 10;
        int[] counts = new int[10];
        for (int i = 0; i < 10; i++) {
            counts[at(text, i)]++;
            int sum = (at(text, i) + rest) % 10;
            rest = (sum == 0 ? 10 : sum) * 2 % 11;
        }
        int repeated = 0;
        for (int count : counts) {
            repeated += count > 3 ? 2 : count > 1 ? 1 : 0;
        }
        return at(text, 0) != 0 && repeated == 1 && (11 - rest) % 10 == at(text, 10);
    }

    static boolean french(String text) {
        int month = number(text, 3, 5);
        long all = Long.parseLong(text.substring(0, 13));
        boolean sex = "123478".indexOf(text.charAt(0)) >= 0;
        return sex
                && (month >= 1 && month <= 12 || month >= 20 && month <= 42)
                && 97 - all % 97 == number(text, 13, 15);
    }

    static boolean italian(String text) {
        int sum = 0;
        for (int i = 0; i < 15; i++) {
            char c = text.charAt(i);
            int value = c <= '9' ? c - '0' : c - 'A';
            sum += i % 2 == 0 ? ODD[value] : value;
        }
        int day = number(text, 9, 11) % 40;
        return MONTHS.indexOf(text.charAt(8)) >= 0 && day >= 1 && day <= 31 && 'A' + sum % 26 == text.charAt(15);
    }

    static boolean spanish(String text) {
        return SPANISH.charAt(number(text, 0, 8) % 23) == text.charAt(8);
    }

    static boolean spanishForeigner(String text) {
        int kind = "XYZ".indexOf(text.charAt(0));
        return kind >= 0 && spanish(kind + text.substring(1));
    }

    static boolean dutch(String text) {
        return number(text, 0, 9) > 0 && weighted(text, 9, 8, 7, 6, 5, 4, 3, 2, -1) % 11 == 0;
    }

    static boolean belgian(String text) {
        long all = Long.parseLong(text.substring(0, 9));
        int check = number(text, 9, 11);
        boolean right = 97 - all % 97 == check || 97 - (all + 2_000_000_000L) % 97 == check;
        return right && isDate(number(text, 2, 4), number(text, 4, 6));
    }

    static boolean polish(String text) {
        int month = number(text, 2, 4) % 20;
        return isDate(month, number(text, 4, 6)) && weighted(text, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1) % 10 == 0;
    }

    static boolean swedish(String text) {
        String ten = text.substring(text.length() - 10);
        return isDate(number(ten, 2, 4), number(ten, 4, 6)) && luhn(ten);
    }

    static boolean norwegian(String text) {
        boolean first = weighted(text, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1) % 11 == 0;
        boolean second = weighted(text, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1) % 11 == 0;
        return first && second && isDate(number(text, 2, 4) % 40, number(text, 0, 2) % 40);
    }

    static boolean finnish(String text) {
        int sign = text.length() - 11;
        String digits = text.substring(0, 6) + text.substring(text.length() - 4, text.length() - 1);
        boolean date = isDate(number(text, 2, 4), number(text, 0, 2));
        return sign <= 0 && date && FINNISH.charAt(number(digits, 0, 9) % 31) == text.charAt(text.length() - 1);
    }

    static boolean danish(String text) {
        return isDate(number(text, 2, 4), number(text, 0, 2));
    }

    static boolean british(String text) {
        return number(text, 0, 9) > 0 && weighted(text, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1) % 11 == 0;
    }

    static boolean insurance(String text) {
        boolean first = "DFIQUV".indexOf(text.charAt(0)) < 0 && "DFIOQUV".indexOf(text.charAt(1)) < 0;
        return first
                && text.charAt(8) >= 'A'
                && text.charAt(8) <= 'D'
                && !text.startsWith("GB")
                && !text.startsWith("ZZ");
    }

    static boolean american(String text) {
        int area = number(text, 0, 3);
        boolean advertised = text.equals("078051120") || text.equals("219099999") || text.equals("123456789");
        return area > 0 && area != 666 && area < 900 && number(text, 3, 5) > 0 && number(text, 5, 9) > 0 && !advertised;
    }

    static boolean brazilian(String text) {
        int first = weighted(text, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10;
        int second = weighted(text, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10;
        boolean same = text.chars().distinct().count() == 1;
        return !same && first == at(text, 9) && second == at(text, 10);
    }

    // Verhoeff's check digit.
    static boolean indian(String text) {
        int check = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = at(text, text.length() - 1 - i);
            for (int k = 0; k < i % 8; k++) {
                digit = PERMUTATION[digit];
            }
            check = DIHEDRAL[check][digit];
        }
        return at(text, 0) >= 2 && check == 0;
    }

    private static int[][] dihedral() {
        int[][] out = new int[10][10];
        for (int i = 0; i < 10; i++) {
            for (int k = 0; k < 10; k++) {
                int turn = i < 5 ? i + k % 5 : i - k % 5 + 5;
                out[i][k] = turn % 5 + (i < 5 == k < 5 ? 0 : 5);
            }
        }
        return out;
    }

    // GB 11643: ISO/IEC 7064 MOD 11-2.
    static boolean chinese(String text) {
        int year = number(text, 6, 10);
        int sum = weighted(text, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2) % 11;
        boolean date = year >= 1900 && year < 2100 && isDate(number(text, 10, 12), number(text, 12, 14));
        return date && at(text, 0) > 0 && "10X98765432".charAt(sum) == text.charAt(17);
    }

    static boolean southAfrican(String text) {
        return isDate(number(text, 2, 4), number(text, 4, 6)) && at(text, 10) <= 2 && luhn(text);
    }

    static boolean canadian(String text) {
        return at(text, 0) > 0 && at(text, 0) != 8 && luhn(text);
    }

    static boolean australian(String text) {
        return number(text, 0, 9) > 0 && weighted(text, 1, 4, 3, 7, 5, 8, 6, 9, 10) % 11 == 0;
    }
}
