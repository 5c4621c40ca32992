package egress.dlp.builtin.match;

import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Base58Check, which keys and addresses of Bitcoin and its kin are written in: base 58, the last four bytes a check value. */
public final class Base58 {
    private static final byte[] VALUES = values();
    private static final int CHECK = 4;
    /** The longest text that is decoded: the time grows with its square. */
    private static final int LONGEST = 128;

    private Base58() {}

    /** The bytes of {@code [from, to)} without their check value; null where it is not right. */
    public static byte @Nullable [] checked(byte[] b, int from, int to) {
        byte[] all = to - from > LONGEST ? null : decoded(b, from, to);
        if (all == null || all.length <= CHECK) {
            return null;
        }
        int n = all.length - CHECK;
        byte[] once = Sha256.of(all, n);
        byte[] twice = Sha256.of(once, once.length);
        return MessageDigest.isEqual(Arrays.copyOf(twice, CHECK), Arrays.copyOfRange(all, n, all.length))
                ? Arrays.copyOf(all, n)
                : null;
    }

    // Each leading 1 is a zero byte.
    private static byte @Nullable [] decoded(byte[] b, int from, int to) {
        byte[] out = new byte[to - from];
        int used = 0;
        for (int i = from; i < to; i++) {
            int carry = VALUES[b[i] & 0xff];
            if (carry < 0) {
                return null;
            }
            for (int k = 0; k < used || carry > 0; k++) {
                carry += 58 * (out[out.length - 1 - k] & 0xff);
                out[out.length - 1 - k] = (byte) carry;
                carry >>>= 8;
                used = Math.max(used, k + 1);
            }
        }
        int zeros = from;
        while (zeros < to && b[zeros] == '1') {
            zeros++;
        }
        return Arrays.copyOfRange(out, Math.max(0, out.length - used - (zeros - from)), out.length);
    }

    private static byte[] values() {
        byte[] out = new byte[256];
        Arrays.fill(out, (byte) -1);
        String digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
        for (int i = 0; i < digits.length(); i++) {
            out[digits.charAt(i)] = (byte) i;
        }
        return out;
    }
}
