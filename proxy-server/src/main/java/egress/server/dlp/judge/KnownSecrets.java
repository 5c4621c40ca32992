package egress.server.dlp.judge;

import egress.policy.Route;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

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
        routes.forEach(route -> route.credential().ifPresent(credential -> values.addAll(credential.secrets())));
        variables(environment).forEach(name -> {
            String value = environment.getOrDefault(name, "");
            values.add(value);
            values.add(value.strip());
        });
        return values.stream()
                .map(value -> value.getBytes(StandardCharsets.UTF_8))
                .toList();
    }

    /** The variables whose values are secret, by their names. */
    public static Set<String> variables(Map<String, String> environment) {
        List<String> prefixes = SEPARATORS
                .splitAsStream(environment.getOrDefault(PREFIXES, ""))
                .filter(prefix -> !prefix.isEmpty())
                .toList();
        return environment.keySet().stream()
                .filter(name -> prefixes.stream().anyMatch(name::startsWith) && !name.equals(PREFIXES)
                        || TOKEN.matcher(name).matches())
                .collect(Collectors.toSet());
    }
}
