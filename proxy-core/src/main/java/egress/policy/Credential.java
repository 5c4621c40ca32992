package egress.policy;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The credential of a route: a field and the value the proxy writes into it, or why there is none. Never printed:
 * {@link #toString} names the field alone.
 */
public final class Credential {
    private final String field;
    private final String scheme;
    private final @Nullable String value;
    private final String words;

    private Credential(String field, String scheme, @Nullable String value, String words) {
        this.field = field;
        this.scheme = scheme;
        this.value = value;
        this.words = words;
    }

    /** A whole field value, written as it is. */
    public static Credential of(String field, String value) {
        return new Credential(field, "", value, "");
    }

    /** {@code Authorization: <scheme> <token>} (RFC 9110 §11.6.2). */
    public static Credential authorization(String scheme, String token) {
        return new Credential("Authorization", scheme, scheme + " " + token, "");
    }

    /**
     * {@code Authorization: Basic …} (RFC 7617).
     *
     * @param userAndPassword {@code user:password}, encoded here, as UTF-8
     */
    public static Credential basic(String userAndPassword) {
        byte[] bytes = userAndPassword.getBytes(StandardCharsets.UTF_8);
        return authorization("Basic", Base64.getEncoder().encodeToString(bytes));
    }

    /**
     * No value is there: each request of the route is a 403.
     *
     * @param words which variable or file is unset or empty
     */
    public static Credential unavailable(String field, String words) {
        return new Credential(field, "", null, words);
    }

    /** The name of the field it is written into. */
    public String field() {
        return field;
    }

    public boolean isAvailable() {
        return value != null;
    }

    /** The field as people may see it: {@code Authorization: Bearer ********}. */
    public String shown() {
        return field + ": " + (scheme.isEmpty() ? "" : scheme + " ") + "********";
    }

    /** Which variable or file is unset or empty; empty for an available one. */
    public String words() {
        return words;
    }

    /**
     * The value to write on verified TLS to the route's own host, and nowhere else.
     *
     * @throws NullPointerException when it is unavailable
     */
    public String value() {
        return Objects.requireNonNull(value, words);
    }

    /**
     * What of the value must not be seen anywhere else: the token without its scheme, or the whole value where the field is another
     * than {@code Authorization}; where it is {@code Basic} (RFC 7617), the decoded pair and its password too. Empty where it is
     * unavailable.
     */
    public List<String> secrets() {
        if (value == null) {
            return List.of();
        }
        boolean scheme = field.equalsIgnoreCase("Authorization");
        String token = scheme ? value.substring(value.indexOf(' ') + 1) : value;
        if (!value.regionMatches(true, 0, "Basic ", 0, 6)) {
            return List.of(token);
        }
        try {
            byte[] decoded = Base64.getDecoder().decode(value.substring(6));
            String pair = new String(decoded, StandardCharsets.UTF_8);
            return List.of(token, pair, pair.substring(pair.indexOf(':') + 1));
        } catch (IllegalArgumentException e) {
            return List.of(token); // no base64: then it is the token as it stands
        }
    }

    @Override
    public String toString() {
        return "Credential[" + field + ": " + (isAvailable() ? "********" : words) + "]";
    }
}
