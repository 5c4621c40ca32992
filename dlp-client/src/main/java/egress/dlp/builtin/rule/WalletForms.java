package egress.dlp.builtin.rule;

import egress.dlp.Profile.Likeness;
import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.match.Randomness;
import egress.dlp.builtin.rule.ValueChecks.Value;
import egress.dlp.builtin.scan.Segment;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Keys of Ethereum wallets: bare in hex, or encrypted in a keystore. */
final class WalletForms {
    private static final int DIGITS = 64;
    private static final int BEFORE = 2000;
    private static final int BEHIND = 2000;
    /** The least hex digits of an encrypted key. */
    private static final int CIPHERTEXT = 64;

    /** SEC 2, section 2.4.1: keys are from 1 up to this. */
    private static final BigInteger ORDER =
            new BigInteger("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16);

    /** The first eight digits of keys that test networks give everybody. */
    private static final Set<String> DOCUMENTED = Set.of(
            "ac0974be", "59c6995e", "5de4111a", "7c852118", "47e179ec", "8b3a350c", "92db14e4", "4bbbf85c", "dbda1821",
            "2a871d07", "f214f2b2", "701b615b", "a267530f", "47c99abe", "c526ee95", "8166f546", "ea6c44ac", "689af8ef",
            "de9be858", "df57089f", "4f3edf98", "c87509a1", "ae6ae8e5", "0dbbe8e4");

    private WalletForms() {}

    static @Nullable Value secp256k1(byte[] b, int start, int end) {
        String hex = new String(b, end - DIGITS, DIGITS, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
        BigInteger key = new BigInteger(hex, 16);
        if (key.signum() == 0 || key.compareTo(ORDER) >= 0) {
            return null;
        }
        boolean drawn = Randomness.plausible(b, end - DIGITS, end);
        Likeness likeness =
                DOCUMENTED.contains(hex.substring(0, 8)) ? Likeness.EXAMPLE : drawn ? Likeness.REAL : Likeness.MADE_UP;
        return new Value(start, end, hex.getBytes(StandardCharsets.ISO_8859_1), likeness);
    }

    /** The ciphertext of the object, where it has one and a check value beside it: the Web3 Secret Storage Definition. */
    static @Nullable Value keystore(Segment s, int at) {
        int from = Math.max(s.low(), at - BEFORE);
        int to = Math.min(s.to(), at + BEHIND);
        int text = member(s.b(), from, to, "ciphertext");
        int mac = member(s.b(), from, to, "mac");
        if (text < 0 || mac < 0 || hexEnd(s.b(), mac, to) - mac != DIGITS) {
            return null;
        }
        int end = hexEnd(s.b(), text, to);
        if (end - text < CIPHERTEXT) {
            return null;
        }
        boolean drawn = Randomness.plausible(s.b(), text, end);
        return new Value(text, end, Arrays.copyOfRange(s.b(), text, end), drawn ? Likeness.REAL : Likeness.MADE_UP);
    }

    // Where the value of a member begins; -1 where there is none.
    private static int member(byte[] b, int from, int to, String name) {
        byte[] quoted = ("\"" + name).getBytes(StandardCharsets.ISO_8859_1);
        for (int i = from; i + quoted.length < to; i++) {
            if (Arrays.equals(b, i, i + quoted.length, quoted, 0, quoted.length)) {
                int value = i + quoted.length;
                while (value < to && "\\\" :\n\r\t".indexOf(b[value]) >= 0) {
                    value++;
                }
                return value < to && b[value - 1] == '"' ? value : -1;
            }
        }
        return -1;
    }

    private static int hexEnd(byte[] b, int from, int to) {
        int i = from;
        while (i < to && CharTables.isHex(b[i])) {
            i++;
        }
        return i;
    }
}
