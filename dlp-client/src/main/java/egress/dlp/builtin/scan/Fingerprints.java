package egress.dlp.builtin.scan;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Names values without revealing them: the first 8 bytes of HMAC-SHA256 (RFC 2104) under one key, as {@code fp:} and 16 hex digits. */
public final class Fingerprints {
    private final SecretKeySpec key;

    public Fingerprints(byte[] key) {
        this.key = new SecretKeySpec(key, "HmacSHA256");
    }

    public String of(byte[] value) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return "fp:" + HexFormat.of().formatHex(mac.doFinal(value), 0, 8);
        } catch (InvalidKeyException e) {
            throw new IllegalStateException("fingerprint key not usable", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no HmacSHA256, which every JDK must have", e);
        }
    }
}
