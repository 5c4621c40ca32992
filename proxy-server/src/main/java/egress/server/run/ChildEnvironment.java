package egress.server.run;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The environment of a program that runs through the gate: without what is the gate's own, and without other ways out. */
public final class ChildEnvironment {
    private static final String OURS = "EGRESS_";
    private static final String JAVA_OPTIONS = "JAVA_TOOL_OPTIONS";

    /** By which some programs go another way, or past the gate, whatever the usual variables say. In lower case. */
    private static final Set<String> OTHER_WAYS = Set.of(
            "all_proxy",
            "ftp_proxy",
            "rsync_proxy",
            "grpc_proxy",
            "no_grpc_proxy",
            "pip_proxy",
            "cargo_http_proxy",
            "npm_config_proxy",
            "npm_config_http_proxy",
            "npm_config_https_proxy",
            "npm_config_noproxy");

    private ChildEnvironment() {}

    /**
     * @param own the gate's
     * @param trust what sends programs through the gate and makes them trust it
     * @param hidden names that hold secrets of the gate
     * @param secrets values that are not handed on under any name
     */
    public static Map<String, String> of(
            Map<String, String> own, Map<String, String> trust, Collection<String> hidden, Collection<String> secrets) {
        Map<String, String> child = new LinkedHashMap<>();
        own.forEach((name, value) -> {
            boolean isSecret = hidden.contains(name) || !value.isBlank() && secrets.contains(value.strip());
            if (!name.startsWith(OURS) && !isSecret && !OTHER_WAYS.contains(name.toLowerCase(Locale.ROOT))) {
                child.put(name, value);
            }
        });
        String options = child.getOrDefault(JAVA_OPTIONS, "");
        child.putAll(trust);
        if (!options.isBlank() && trust.containsKey(JAVA_OPTIONS)) {
            child.put(JAVA_OPTIONS, options + " " + trust.get(JAVA_OPTIONS)); // of two the later one counts
        }
        return child;
    }
}
