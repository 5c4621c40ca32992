package egress.downstream;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The listener's own users (RFC 9110 §11.7, Basic of RFC 7617); none at all lets everybody in. */
public final class ProxyAuthentication {
    /** Who asks. */
    sealed interface Identity {
        /** No user and password are asked for. */
        record Unasked() implements Identity {}

        /** A user whose password is right. */
        record Known(String user) implements Identity {}

        /** No user and password, or wrong ones. */
        record Unknown() implements Identity {}
    }

    private static final Identity UNASKED = new Identity.Unasked();
    private static final Identity UNKNOWN = new Identity.Unknown();

    /** User name to what is sent by that user, {@code NAME:PASSWORD}. */
    private final Map<String, byte[]> accepted = new LinkedHashMap<>();

    /** @param users name to password */
    public ProxyAuthentication(Map<String, String> users) {
        users.forEach((user, password) -> accepted.put(user, (user + ":" + password).getBytes(StandardCharsets.UTF_8)));
    }

    /** Who sends these fields. Takes as long for a wrong password as for a right one. */
    Identity of(HttpHeaders fields) {
        if (accepted.isEmpty()) {
            return UNASKED;
        }
        List<String> values = fields.getAll(HttpHeaderNames.PROXY_AUTHORIZATION);
        if (values.size() != 1 || !values.getFirst().regionMatches(true, 0, "Basic ", 0, 6)) {
            return UNKNOWN;
        }
        byte[] given;
        try {
            given = Base64.getDecoder().decode(values.getFirst().substring(6).trim());
        } catch (IllegalArgumentException e) {
            return UNKNOWN;
        }
        Identity found = UNKNOWN;
        for (Map.Entry<String, byte[]> user : accepted.entrySet()) {
            if (MessageDigest.isEqual(user.getValue(), given)) {
                found = new Identity.Known(user.getKey());
            }
        }
        return found;
    }
}
