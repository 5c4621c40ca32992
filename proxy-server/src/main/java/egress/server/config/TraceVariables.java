package egress.server.config;

import egress.http.Printable;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads OpenTelemetry's variables (OpenTelemetry specification, "Environment Variable Specification" and "OpenTelemetry Protocol
 * Exporter"). An empty one is an unset one; a wrong one is an error in words that never hold a header's value.
 */
public final class TraceVariables {
    /** Their values are for the receiver alone: no program that this one starts may see them. */
    public static final Set<String> SECRETS = Set.of("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS");

    private static final String EXPORTER = "OTEL_EXPORTER_OTLP_";
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+"); // RFC 9110 §5.6.2
    private static final String SERVICE = "service.name";

    private final Map<String, String> environment;

    private TraceVariables(Map<String, String> environment) {
        this.environment = environment;
    }

    /**
     * What the variables ask for; empty where nothing is to be traced.
     *
     * @throws IllegalArgumentException naming the variable and what was expected
     */
    public static Optional<TraceConfig> read(Map<String, String> environment) {
        return new TraceVariables(environment).read();
    }

    private Optional<TraceConfig> read() {
        Optional<String> whole = value(EXPORTER + "TRACES_ENDPOINT");
        Optional<String> base = value(EXPORTER + "ENDPOINT");
        boolean disabled = value("OTEL_SDK_DISABLED")
                .map(text -> text.equalsIgnoreCase("true"))
                .orElse(false);
        if (disabled || whole.isEmpty() && base.isEmpty() || !exports()) {
            return Optional.empty();
        }
        refuseWhatIsNotThere();
        URI endpoint = whole.isPresent()
                ? endpoint(EXPORTER + "TRACES_ENDPOINT", whole.get(), "")
                : endpoint(EXPORTER + "ENDPOINT", base.orElseThrow(), "v1/traces");
        return Optional.of(new TraceConfig(
                endpoint,
                headers(),
                milliseconds(ofSignal("TIMEOUT"), Duration.ofSeconds(10)),
                choice(ofSignal("COMPRESSION"), "none", List.of("gzip", "none")).equals("gzip"),
                value(ofSignal("CERTIFICATE")).map(Path::of),
                resource(),
                sampling(),
                new TraceConfig.Batches(
                        number("OTEL_BSP_MAX_QUEUE_SIZE", 2_048),
                        number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512),
                        milliseconds("OTEL_BSP_SCHEDULE_DELAY", Duration.ofSeconds(5)))));
    }

    private Optional<String> value(String name) {
        return Optional.ofNullable(environment.get(name)).map(String::strip).filter(text -> !text.isEmpty());
    }

    /** The variable for traces alone where it is set, else the one for all signals. */
    private String ofSignal(String suffix) {
        String own = EXPORTER + "TRACES_" + suffix;
        return value(own).isPresent() ? own : EXPORTER + suffix;
    }

    private boolean exports() {
        return choice("OTEL_TRACES_EXPORTER", "otlp", List.of("otlp", "none")).equals("otlp");
    }

    private void refuseWhatIsNotThere() {
        String protocol = ofSignal("PROTOCOL");
        String asked = value(protocol).orElse("http/protobuf");
        if (!asked.equals("http/protobuf")) {
            throw wrong(protocol, asked, "http/protobuf, which collectors take on port 4318; there is no other here");
        }
        for (String suffix : List.of("CLIENT_KEY", "CLIENT_CERTIFICATE")) {
            if (value(ofSignal(suffix)).isPresent()) {
                throw new IllegalArgumentException(ofSignal(suffix)
                        + ": the gate shows receivers no certificate (expected: a credential in " + EXPORTER
                        + "HEADERS)");
            }
        }
    }

    private static URI endpoint(String name, String text, String path) {
        try {
            URI uri = new URI(text);
            boolean http = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
            if (http && uri.getHost() != null && uri.getRawUserInfo() == null && uri.getRawFragment() == null) {
                String before = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
                String all = path.isEmpty() || before.endsWith("/") ? before + path : before + "/" + path;
                String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
                return new URI(uri.getScheme().toLowerCase(Locale.ROOT) + "://" + uri.getRawAuthority() + all + query);
            }
        } catch (URISyntaxException e) {
            // said below, without its text: a password may be in it
        }
        throw new IllegalArgumentException(
                name + ": not such a URL (expected: http://HOST:PORT or https://HOST:PORT, credentials in " + EXPORTER
                        + "HEADERS)");
    }

    private Map<String, String> headers() {
        String name = ofSignal("HEADERS");
        Map<String, String> headers = new LinkedHashMap<>();
        int index = 0;
        for (Map.Entry<String, String> pair : pairs(name)) {
            index++;
            String value = pair.getValue();
            if (!TOKEN.matcher(pair.getKey()).matches() || value.chars().anyMatch(c -> c < 0x20 || c > 0x7e)) {
                throw new IllegalArgumentException(
                        name + ": pair " + index + " is no header field (expected: name=value)");
            }
            headers.put(pair.getKey(), value);
        }
        return headers;
    }

    private Map<String, String> resource() {
        Map<String, String> attributes = new LinkedHashMap<>();
        attributes.put(SERVICE, "egress-proxy");
        pairs("OTEL_RESOURCE_ATTRIBUTES").forEach(pair -> attributes.put(pair.getKey(), pair.getValue()));
        value("OTEL_SERVICE_NAME").ifPresent(name -> attributes.put(SERVICE, name));
        return attributes;
    }

    /** {@code name=value,name=value}, percent-encoded. */
    private List<Map.Entry<String, String>> pairs(String name) {
        return List.of(value(name).orElse("").split(",")).stream()
                .map(String::strip)
                .filter(pair -> !pair.isEmpty())
                .map(pair -> pair(name, pair))
                .toList();
    }

    private static Map.Entry<String, String> pair(String name, String text) {
        int equals = text.indexOf('=');
        if (equals > 0) {
            try {
                String value = text.substring(equals + 1).strip().replace("+", "%2B");
                return Map.entry(text.substring(0, equals).strip(), URLDecoder.decode(value, StandardCharsets.UTF_8));
            } catch (IllegalArgumentException e) {
                // said below, without the value
            }
        }
        throw new IllegalArgumentException(
                name + ": not such a list (expected: name=value, percent-encoded, joined by commas)");
    }

    private TraceConfig.Sampling sampling() {
        String sampler = choice(
                "OTEL_TRACES_SAMPLER",
                "parentbased_always_on",
                List.of(
                        "always_on",
                        "always_off",
                        "traceidratio",
                        "parentbased_always_on",
                        "parentbased_always_off",
                        "parentbased_traceidratio"));
        boolean byParent = sampler.startsWith("parentbased_");
        return new TraceConfig.Sampling(
                byParent,
                switch (byParent ? sampler.substring("parentbased_".length()) : sampler) {
                    case "always_on" -> 1;
                    case "always_off" -> 0;
                    default -> ratio();
                });
    }

    private double ratio() {
        String name = "OTEL_TRACES_SAMPLER_ARG";
        String text = value(name).orElse("1");
        try {
            double ratio = Double.parseDouble(text);
            if (ratio >= 0 && ratio <= 1) {
                return ratio;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw wrong(name, text, "0 to 1, such as 0.01");
    }

    private String choice(String name, String otherwise, List<String> known) {
        String chosen = value(name).map(text -> text.toLowerCase(Locale.ROOT)).orElse(otherwise);
        if (!known.contains(chosen)) {
            throw wrong(name, chosen, String.join(", ", known));
        }
        return chosen;
    }

    private Duration milliseconds(String name, Duration otherwise) {
        return Duration.ofMillis(number(name, (int) otherwise.toMillis()));
    }

    private int number(String name, int otherwise) {
        String text = value(name).orElse(Integer.toString(otherwise));
        if (!text.matches("[1-9][0-9]{0,7}")) {
            throw wrong(name, text, "1 to 99999999");
        }
        return Integer.parseInt(text);
    }

    private static IllegalArgumentException wrong(String name, String value, String expected) {
        return new IllegalArgumentException(name + ": " + Printable.quote(value) + " (expected: " + expected + ")");
    }
}
