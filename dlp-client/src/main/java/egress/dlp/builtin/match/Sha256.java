package egress.dlp.builtin.match;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 of a few bytes. */
public final class Sha256 {
    private Sha256() {}

    /** Of the first {@code length} bytes. */
    public static byte[] of(byte[] b, int length) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(b, 0, length);
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }
}
