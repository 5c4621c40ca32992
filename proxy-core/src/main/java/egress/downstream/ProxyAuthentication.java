package egress.downstream;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** The listener's own users (RFC 9110 §11.7, Basic of RFC 7617); none at all lets everybody in. */
public final class ProxyAuthentication {
    private final List<byte[]> accepted;

    /** @param users name to password */
    public ProxyAuthentication(Map<String, String> users) {
        List<byte[]> pairs = new ArrayList<>();
        users.forEach((user, password) -> pairs.add((user + ":" + password).getBytes(StandardCharsets.UTF_8)));
        this.accepted = List.copyOf(pairs);
    }

    /** Whether the request may go on. Takes as long for a wrong password as for a right one. */
    boolean accepts(HttpHeaders fields) {
        if (accepted.isEmpty()) {
            return true;
        }
        List<String> values = fields.getAll(HttpHeaderNames.PROXY_AUTHORIZATION);
        if (values.size() != 1 || !values.getFirst().regionMatches(true, 0, "Basic ", 0, 6)) {
            return false;
        }
        byte[] given;
        try {
            given = Base64.getDecoder().decode(values.getFirst().substring(6).trim());
        } catch (IllegalArgumentException e) {
            return false;
        }
        boolean known = false;
        for (byte[] pair : accepted) {
            known |= MessageDigest.isEqual(pair, given);
        }
        return known;
    }
}
