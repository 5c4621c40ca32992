package egress.dlp.builtin.match;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Check values of wallet addresses. */
public final class WalletAddress {
    private static final String BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private static final int[] GENERATOR = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    /** BIP-350: bech32m. */
    private static final int MODIFIED = 0x2bc830a3;

    private WalletAddress() {}

    /** BIP-173 and BIP-350: whether the check value of all of it is right; {@code text} is in one case. */
    public static boolean bech32(String text, int separator) {
        int check = 1;
        for (int i = 0; i < separator; i++) {
            check = step(check, text.charAt(i) >> 5);
        }
        check = step(check, 0);
        for (int i = 0; i < separator; i++) {
            check = step(check, text.charAt(i) & 31);
        }
        for (int i = separator + 1; i < text.length(); i++) {
            int digit = BECH32.indexOf(text.charAt(i));
            if (digit < 0) {
                return false;
            }
            check = step(check, digit);
        }
        return check == 1 || check == MODIFIED;
    }

    private static int step(int check, int value) {
        int top = check >>> 25;
        int out = (check & 0x1ffffff) << 5 ^ value;
        for (int i = 0; i < GENERATOR.length; i++) {
            out ^= (top >> i & 1) != 0 ? GENERATOR[i] : 0;
        }
        return out;
    }

    /** EIP-55: whether the case of 40 hex digits is that of their hash. */
    public static boolean eip55(String hex) {
        String lower = hex.toLowerCase(Locale.ROOT);
        byte[] hash = Keccak256.of(lower.getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < hex.length(); i++) {
            boolean capital = (hash[i >> 1] >> (i % 2 == 0 ? 4 : 0) & 8) != 0;
            char c = lower.charAt(i);
            if (hex.charAt(i) != (capital ? Character.toUpperCase(c) : c)) {
                return false;
            }
        }
        return true;
    }
}
