package egress.testkit;

/** Bytes that show where they stood: the byte at position i is i modulo 251, a prime, so that a lost or moved block is seen. */
public final class Pattern251 {
    private Pattern251() {}

    /** The first {@code count} bytes. */
    public static byte[] of(int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) (i % 251);
        }
        return bytes;
    }

    /** Fails when bytes that were received at a position of the body are not the pattern's. */
    public static void check(byte[] bytes, int length, long position) {
        for (int i = 0; i < length; i++) {
            if (bytes[i] != (byte) ((position + i) % 251)) {
                throw new AssertionError("byte " + (position + i) + ": " + bytes[i] + " (expected: "
                        + (byte) ((position + i) % 251) + ")");
            }
        }
    }
}
