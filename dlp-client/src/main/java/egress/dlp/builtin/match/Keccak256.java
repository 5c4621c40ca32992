package egress.dlp.builtin.match;

/** Keccak-256 with the padding it had before it became SHA-3 (FIPS 202), which Ethereum kept; of less than 136 bytes. */
final class Keccak256 {
    private static final int RATE = 136;
    private static final int ROUNDS = 24;
    private static final int[] ROTATIONS = {
        1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44
    };
    private static final int[] LANES = {
        10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1
    };

    private Keccak256() {}

    static byte[] of(byte[] text) {
        if (text.length >= RATE) {
            throw new IllegalArgumentException("text: " + text.length + " bytes (expected: less than 136)");
        }
        long[] state = new long[25];
        for (int i = 0; i < text.length; i++) {
            state[i >> 3] ^= (text[i] & 0xffL) << 8 * (i & 7);
        }
        state[text.length >> 3] ^= 1L << 8 * (text.length & 7);
        state[(RATE - 1) >> 3] ^= 0x80L << 56;
        permute(state);
        byte[] out = new byte[32];
        for (int i = 0; i < out.length; i++) {
            out[i] = (byte) (state[i >> 3] >>> 8 * (i & 7));
        }
        return out;
    }

    private static void permute(long[] a) {
        long[] c = new long[5];
        int register = 1;
        for (int round = 0; round < ROUNDS; round++) {
            for (int x = 0; x < 5; x++) {
                c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
            }
            for (int i = 0; i < 25; i++) {
                a[i] ^= c[(i + 4) % 5] ^ Long.rotateLeft(c[(i + 1) % 5], 1);
            }
            long lane = a[1];
            for (int i = 0; i < LANES.length; i++) {
                long next = a[LANES[i]];
                a[LANES[i]] = Long.rotateLeft(lane, ROTATIONS[i]);
                lane = next;
            }
            for (int y = 0; y < 25; y += 5) {
                System.arraycopy(a, y, c, 0, 5);
                for (int x = 0; x < 5; x++) {
                    a[y + x] = c[x] ^ ~c[(x + 1) % 5] & c[(x + 2) % 5];
                }
            }
            // The round's constant, bit by bit of a linear feedback register.
            for (int j = 0; j < 7; j++) {
                if ((register & 1) != 0) {
                    a[0] ^= 1L << (1 << j) - 1;
                }
                register = register << 1 ^ (register >> 7) * 0x171;
            }
        }
    }
}
