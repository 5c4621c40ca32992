package egress.server.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where spans go and which exchanges have one, as OpenTelemetry's variables say.
 *
 * @param endpoint whole, with its path
 * @param headers sent with each export: secrets
 * @param timeout of one export with its repetitions
 * @param certificate PEM, by which the receiver is verified instead of what the machine trusts
 * @param resource attributes of this process
 */
public record TraceConfig(
        URI endpoint,
        Map<String, String> headers,
        Duration timeout,
        boolean gzip,
        Optional<Path> certificate,
        Map<String, String> resource,
        Sampling sampling,
        Batches batches) {
    public TraceConfig {
        headers = Map.copyOf(headers);
        resource = Map.copyOf(resource);
    }

    /**
     * Which exchanges have a span.
     *
     * @param byParent whether the flag of the caller's {@code traceparent} decides where there is one
     * @param ratio of the traces, 0 to 1, where it does not
     */
    public record Sampling(boolean byParent, double ratio) {
        /** For a sentence: {@code 1% of the exchanges, and as their callers say,}. */
        @Override
        public String toString() {
            String part = ratio == 1 ? "all exchanges" : ratio * 100 + "% of the exchanges";
            return byParent ? part + ", or as their callers say," : part;
        }
    }

    /**
     * How they are sent.
     *
     * @param queue exchanges that may wait
     * @param most spans of one export, about
     * @param delay between exports
     */
    public record Batches(int queue, int most, Duration delay) {}

    /** The endpoint without its query, in which some receivers take a key. */
    public String receiver() {
        String uri = endpoint.toString();
        int query = uri.indexOf('?');
        return query < 0 ? uri : uri.substring(0, query);
    }

    /** The values of the headers, whole and without their scheme, so that no record shows them. */
    public Set<String> secrets() {
        Set<String> secrets = new LinkedHashSet<>();
        for (String value : headers.values()) {
            secrets.add(value);
            secrets.add(value.substring(value.indexOf(' ') + 1));
        }
        return secrets;
    }

    /** Never shows a header. */
    @Override
    public String toString() {
        return "TraceConfig[" + receiver() + "]";
    }
}
