package egress.server.log;

import egress.policy.Credential;
import egress.policy.Route;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Takes secrets out of what is written down: the values that the gate itself holds wherever they occur, the fields that
 * carry credentials, query values whose name says what they are, and what looks like a well-known kind of token.
 */
public final class SecretMasker {
    static final String MASK = "********";

    /** Shorter ones would turn ordinary text into asterisks. */
    private static final int SHORTEST = 4;

    private static final int FILTER_BITS = 1 << 14;

    private static final Set<String> SENSITIVE_FIELDS = Set.of(
            "authorization",
            "proxy-authorization",
            "cookie",
            "set-cookie",
            "x-api-key",
            "api-key",
            "x-goog-api-key",
            "x-auth-token",
            "x-amz-security-token",
            "x-csrf-token",
            "x-gitlab-token",
            "private-token",
            "job-token",
            "deploy-token",
            "authentication-info");

    private static final List<String> SENSITIVE_NAMES = List.of(
            "token",
            "secret",
            "passw",
            "pwd",
            "key",
            "sig",
            "auth",
            "credential",
            "session",
            "code",
            "jwt",
            "assertion");

    private static final Pattern TOKEN = Pattern.compile(
            "(?:gh[pousr]_|github_pat_|glpat-|sk-|xox[abeoprs]-|AKIA|ASIA|AIza|ya29\\.|npm_|pypi-|eyJ)[A-Za-z0-9_.~+/-]{12,}+");

    private final List<String> secrets;
    private final Set<String> fields;
    /** Hashes of the secrets' first characters: most text is passed over in one look at each place. */
    private final BitSet beginnings = new BitSet(FILTER_BITS);

    private SecretMasker(Collection<String> secrets, Set<String> fields) {
        this.fields = Set.copyOf(fields);
        this.secrets = secrets.stream()
                .filter(secret -> secret.length() >= SHORTEST)
                .distinct()
                // Of two that begin alike the longer one is tried first.
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
        this.secrets.forEach(secret -> beginnings.set(hash(secret, 0)));
    }

    /**
     * Masks the credentials of these routes, and further secrets.
     *
     * @param others such as passwords of the listener's own users
     */
    public static SecretMasker of(Collection<Route> routes, Collection<String> others) {
        Set<String> secrets = new LinkedHashSet<>();
        Set<String> fields = new TreeSet<>();
        others.forEach(secret -> addForms(secrets, secret));
        for (Route route : routes) {
            route.credential().ifPresent(credential -> {
                fields.add(credential.field().toLowerCase(Locale.ROOT));
                addCredential(secrets, credential);
            });
        }
        return new SecretMasker(secrets, fields);
    }

    /** This, and what another masks: for exchanges that began before a reload. */
    SecretMasker and(SecretMasker other) {
        List<String> both = new ArrayList<>(secrets);
        both.addAll(other.secrets);
        Set<String> allFields = new TreeSet<>(fields);
        allFields.addAll(other.fields);
        return new SecretMasker(both, allFields);
    }

    private static void addCredential(Set<String> secrets, Credential credential) {
        if (!credential.isAvailable()) {
            return;
        }
        String value = credential.value();
        int space = value.indexOf(' ');
        String bare = space < 0 ? value : value.substring(space + 1);
        addForms(secrets, bare);
        if (value.regionMatches(true, 0, "Basic ", 0, 6)) {
            try {
                String pair = new String(Base64.getDecoder().decode(bare), StandardCharsets.UTF_8);
                addForms(secrets, pair);
                addForms(secrets, pair.substring(pair.indexOf(':') + 1));
            } catch (IllegalArgumentException e) {
                return; // not made by the gate then, and masked whole above
            }
        }
    }

    private static void addForms(Set<String> secrets, String secret) {
        secrets.add(secret);
        String encoded = URLEncoder.encode(secret, StandardCharsets.UTF_8);
        secrets.add(encoded);
        secrets.add(encoded.replace("+", "%20"));
        secrets.add(lowerCaseEscapes(encoded.replace("+", "%20")));
    }

    private static String lowerCaseEscapes(String encoded) {
        StringBuilder lower = new StringBuilder(encoded);
        for (int i = 0; i < lower.length(); i++) {
            if (lower.charAt(i) == '%') {
                for (int j = i + 1; j < Math.min(i + 3, lower.length()); j++) {
                    lower.setCharAt(j, Character.toLowerCase(lower.charAt(j)));
                }
            }
        }
        return lower.toString();
    }

    /** A field's value as it may be written down. */
    String field(String name, String value) {
        String lower = name.toLowerCase(Locale.ROOT);
        return SENSITIVE_FIELDS.contains(lower) || fields.contains(lower) ? MASK : text(value);
    }

    /** Any other text, such as a request target or a reason. */
    String text(String text) {
        String known = known(text);
        String queries = known.indexOf('=') < 0 ? known : queryValues(known);
        return queries.length() < 16 ? queries : TOKEN.matcher(queries).replaceAll(MASK);
    }

    private String known(String text) {
        if (secrets.isEmpty()) {
            return text;
        }
        StringBuilder masked = null;
        int copied = 0;
        int i = 0;
        while (i + SHORTEST <= text.length()) {
            int length = beginnings.get(hash(text, i)) ? lengthOfSecretAt(text, i) : 0;
            if (length == 0) {
                i++;
                continue;
            }
            masked = masked == null ? new StringBuilder(text.length()) : masked;
            masked.append(text, copied, i).append(MASK);
            i += length;
            copied = i;
        }
        return masked == null
                ? text
                : masked.append(text, copied, text.length()).toString();
    }

    private int lengthOfSecretAt(String text, int at) {
        for (String secret : secrets) {
            if (text.startsWith(secret, at)) {
                return secret.length();
            }
        }
        return 0;
    }

    private static int hash(String text, int at) {
        int hash = 0;
        for (int i = at; i < at + SHORTEST; i++) {
            hash = hash * 131 + text.charAt(i);
        }
        return (hash ^ hash >>> 14) & (FILTER_BITS - 1);
    }

    /** Masks the values of {@code ?name=value&name=value} whose names say that they are secret. */
    private static String queryValues(String text) {
        int query = text.indexOf('?');
        if (query < 0) {
            return text;
        }
        StringBuilder masked = new StringBuilder(text.length()).append(text, 0, query);
        int start = query;
        while (start < text.length()) {
            int end = endOfPair(text, start + 1);
            int equals = text.indexOf('=', start + 1);
            if (equals >= 0 && equals + 1 < end && isSensitive(text.substring(start + 1, equals))) {
                masked.append(text, start, equals + 1).append(MASK);
            } else {
                masked.append(text, start, end);
            }
            start = end;
        }
        return masked.toString();
    }

    private static int endOfPair(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            switch (text.charAt(i)) {
                case '&', ';', '#', ' ', '"', '?' -> {
                    return i;
                }
                default -> {}
            }
        }
        return text.length();
    }

    private static boolean isSensitive(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return SENSITIVE_NAMES.stream().anyMatch(lower::contains);
    }

    /** How many values are known, never the values. */
    @Override
    public String toString() {
        return "Masker[" + secrets.size() + " secret(s)]";
    }
}
