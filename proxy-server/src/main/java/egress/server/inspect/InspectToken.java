package egress.server.inspect;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/** What a person, or a program of the same user, shows to see the page. */
final class InspectToken {
    private static final int BYTES = 32;

    private final String token;
    private final String cookie;

    /** @param random a secure one */
    InspectToken(RandomGenerator random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        this.token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        byte[] name = new byte[4];
        random.nextBytes(name);
        this.cookie = "egress-inspect-" + HexFormat.of().formatHex(name);
    }

    String value() {
        return token;
    }

    /** Of this gate alone: a cookie belongs to a host, whatever its port. */
    String cookie() {
        return cookie;
    }

    /** Compared in the same time whatever it holds. */
    boolean is(String shown) {
        return MessageDigest.isEqual(token.getBytes(StandardCharsets.UTF_8), shown.getBytes(StandardCharsets.UTF_8));
    }
}
