package egress.downstream;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The listener's own users (RFC 9110 §11.7, Basic of RFC 7617); none at all lets everybody in. Where several scans share the
 * listener, the user name also selects the scan, and other names are refused.
 */
public final class ProxyAuthentication {
    /** Who asks. */
    sealed interface Identity {
        /** No user and password are asked for. */
        record Unasked() implements Identity {}

        /**
         * A user whose password is right.
         *
         * @param scan that the name selects; empty where scans are not distinguished
         */
        record Known(String user, String scan) implements Identity {}

        /** One of the scans, which anybody may name: no password was checked. */
        record OfScan(String scan) implements Identity {}

        /** No user and password, or wrong ones. */
        record Unknown() implements Identity {}
    }

    private static final Identity UNASKED = new Identity.Unasked();
    private static final Identity UNKNOWN = new Identity.Unknown();

    /** User name to what is sent by that user, {@code NAME:PASSWORD}. */
    private final Map<String, byte[]> accepted = new LinkedHashMap<>();

    private final Set<String> scans;

    /**
     * @param users name to password
     * @param scans one of which the user name must be; empty where it need not
     */
    public ProxyAuthentication(Map<String, String> users, Set<String> scans) {
        this.scans = Set.copyOf(scans);
        users.forEach((user, password) -> accepted.put(user, (user + ":" + password).getBytes(StandardCharsets.UTF_8)));
    }

    /** The refusal of a caller that is not admitted. */
    String asks() {
        return accepted.isEmpty()
                ? "the user name in the proxy's URL must be the id of a scan"
                : "the proxy asks for a user and a password";
    }

    /** Who sends these fields. Takes as long for a wrong password as for a right one. */
    Identity of(HttpHeaders fields) {
        if (accepted.isEmpty() && scans.isEmpty()) {
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
        return accepted.isEmpty() ? ofScan(given) : ofUser(given);
    }

    private Identity ofUser(byte[] given) {
        Identity found = UNKNOWN;
        for (Map.Entry<String, byte[]> user : accepted.entrySet()) {
            if (MessageDigest.isEqual(user.getValue(), given)) {
                String name = user.getKey();
                found = scans.isEmpty()
                        ? new Identity.Known(name, "")
                        : scans.contains(name) ? new Identity.Known(name, name) : UNKNOWN;
            }
        }
        return found;
    }

    private Identity ofScan(byte[] given) {
        String pair = new String(given, StandardCharsets.UTF_8);
        int colon = pair.indexOf(':');
        String name = colon < 0 ? pair : pair.substring(0, colon);
        return scans.contains(name) ? new Identity.OfScan(name) : UNKNOWN;
    }
}
