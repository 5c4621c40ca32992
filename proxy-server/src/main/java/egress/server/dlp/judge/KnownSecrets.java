package egress.server.dlp.judge;

import egress.policy.Credential;
import egress.policy.Route;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The values that this process was given to guard. */
public final class KnownSecrets {
    /** Names the beginnings of names of environment variables that hold secrets. */
    static final String PREFIXES = "BOT_BOTTLE_SENSITIVE_PREFIXES";

    private static final Pattern TOKEN = Pattern.compile("EGRESS_TOKEN_[0-9]+");
    private static final Pattern SEPARATORS = Pattern.compile("[,;:\\s]+");

    private KnownSecrets() {}

    /** These secrets, the credentials of these routes, and what the environment holds. */
    public static Collection<byte[]> of(
            Collection<Route> routes, Collection<String> secrets, Map<String, String> environment) {
        Set<String> values = new LinkedHashSet<>(secrets);
        routes.forEach(route -> route.credential().ifPresent(credential -> add(values, credential)));
        List<String> prefixes = SEPARATORS
                .splitAsStream(environment.getOrDefault(PREFIXES, ""))
                .filter(prefix -> !prefix.isEmpty())
                .toList();
        environment.forEach((name, value) -> {
            boolean named = prefixes.stream().anyMatch(name::startsWith) && !name.equals(PREFIXES);
            if (named || TOKEN.matcher(name).matches()) {
                values.add(value);
                values.add(value.strip());
            }
        });
        return values.stream()
                .map(value -> value.getBytes(StandardCharsets.UTF_8))
                .toList();
    }

    /** The token itself, without the scheme before it; the password too where it is a pair. */
    private static void add(Set<String> values, Credential credential) {
        if (!credential.isAvailable()) {
            return;
        }
        String value = credential.value();
        boolean scheme = credential.field().equalsIgnoreCase("authorization");
        String token = scheme ? value.substring(value.indexOf(' ') + 1) : value;
        values.add(token);
        if (scheme && value.regionMatches(true, 0, "Basic ", 0, 6)) {
            addPair(values, token);
        }
    }

    private static void addPair(Set<String> values, String token) {
        try {
            String pair = new String(Base64.getDecoder().decode(token), StandardCharsets.UTF_8);
            values.add(pair);
            values.add(pair.substring(pair.indexOf(':') + 1));
        } catch (IllegalArgumentException e) {
            return; // no base64: then it is the token as it stands
        }
    }
}
