package egress.server.onboarding;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/** The environment variables that send clients through the gate and make them trust its authority. */
public final class ClientTrustVariables {
    /** What the variables cannot do. */
    public static final String OLD_NODE =
            "Node before 22.21 and 24.0 ignores the proxy variables: it goes past the proxy unless its program uses an agent library";

    private static final String NO_PROXY = "localhost,127.0.0.1,::1";
    private static final String JAVA_NO_PROXY = "localhost|127.*|[::1]";

    private ClientTrustVariables() {}

    /**
     * @param certificate PEM with the authority alone, for what adds to a client's own trust
     * @param bundle PEM with what the machine trusts too, for what replaces it
     * @param trustStore {@code bundle} for Java
     * @param wgetrc what {@link #wgetrc} makes, in a file
     * @return names and values, in the order in which people read them
     */
    public static SequencedMap<String, String> variables(
            URI proxy, String certificate, String bundle, String trustStore, String wgetrc) {
        SequencedMap<String, String> variables = new LinkedHashMap<>();
        for (String name : new String[] {
            // Yarn 2 and later take only variables of their own.
            "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "YARN_HTTP_PROXY", "YARN_HTTPS_PROXY"
        }) {
            variables.put(name, proxy.toString());
        }
        variables.put("NO_PROXY", NO_PROXY);
        variables.put("no_proxy", NO_PROXY);
        variables.put("NODE_USE_ENV_PROXY", "1");
        variables.put("NODE_EXTRA_CA_CERTS", certificate);
        variables.put("DENO_CERT", certificate);
        for (String name : new String[] {
            "SSL_CERT_FILE",
            "REQUESTS_CA_BUNDLE",
            "CURL_CA_BUNDLE",
            "GIT_SSL_CAINFO",
            "CARGO_HTTP_CAINFO",
            "PIP_CERT",
            "AWS_CA_BUNDLE",
            "CODEX_CA_CERTIFICATE",
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
            // Node's own variable is enough for these two, but for a cafile in one of their configuration files.
            "npm_config_cafile",
            "YARN_HTTPS_CA_FILE_PATH"
        }) {
            variables.put(name, bundle);
        }
        variables.put("WGETRC", wgetrc);
        variables.put("JAVA_TOOL_OPTIONS", javaOptions(proxy, trustStore));
        return variables;
    }

    /**
     * What wget reads instead of {@code ~/.wgetrc}: it knows no variable for its authorities.
     *
     * @param own what it would read otherwise; of two settings the later one counts
     */
    public static String wgetrc(String own, String bundle) {
        return own + (own.isEmpty() || own.endsWith("\n") ? "" : "\n") + "ca_certificate = " + bundle + "\n";
    }

    /**
     * What wget reads in this environment.
     *
     * @param ours a file that was written here before, and is not its user's
     */
    public static String ownWgetrc(Map<String, String> environment, Path ours) throws IOException {
        String named = environment.getOrDefault("WGETRC", "");
        String home = environment.getOrDefault("HOME", "");
        Path own = named.isEmpty() || Path.of(named).equals(ours) ? Path.of(home, ".wgetrc") : Path.of(named);
        boolean none = named.isEmpty() && home.isEmpty() || !Files.isReadable(own);
        return none ? "" : Files.readString(own, StandardCharsets.ISO_8859_1);
    }

    /** Java knows no proxy variables, so its options carry the proxy too. */
    private static String javaOptions(URI proxy, String trustStore) {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("javax.net.ssl.trustStore", trustStore);
        for (String scheme : new String[] {"http", "https"}) {
            properties.put(scheme + ".proxyHost", proxy.getHost());
            properties.put(scheme + ".proxyPort", String.valueOf(proxy.getPort()));
        }
        properties.put("http.nonProxyHosts", JAVA_NO_PROXY);
        StringBuilder options = new StringBuilder();
        properties.forEach((name, value) -> options.append(options.isEmpty() ? "" : " ")
                .append("-D")
                .append(name)
                .append('=')
                .append(jvmQuoted(value)));
        return options.toString();
    }

    /** The JVM splits the variable at white space outside of quotes, and knows no escapes. */
    private static String jvmQuoted(String value) {
        if (value.chars().noneMatch(c -> Character.isWhitespace(c) || c == '"' || c == '\'')) {
            return value;
        }
        return value.indexOf('"') < 0 ? '"' + value + '"' : '\'' + value + '\'';
    }

    /** One word for a POSIX shell, whatever is in it. */
    public static String shellQuoted(String value) {
        return "'" + value.replace("'", "'\\''") + "'";
    }
}
