package egress.upstream.tls;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;

/**
 * Origins that BoringSSL shares no signature algorithm or group with (Ed25519, P-521 and RSA-PSS keys, finite-field groups), and
 * that the JDK's TLS is tried with instead. Keeps a bounded number for a bounded time; then BoringSSL is tried again. Safe for use
 * by every thread.
 */
final class JdkOrigins {
    private static final int MOST = 256;
    private static final Duration REMEMBERED = Duration.ofHours(1);

    private final InstantSource clock;
    private final LinkedHashMap<String, Instant> until = new LinkedHashMap<>(); // guarded by this

    JdkOrigins(InstantSource clock) {
        this.clock = clock;
    }

    synchronized void add(String host, int port) {
        until.putLast(key(host, port), clock.instant().plus(REMEMBERED));
        if (until.size() > MOST) {
            until.pollFirstEntry();
        }
    }

    synchronized boolean has(String host, int port) {
        if (until.isEmpty()) {
            return false;
        }
        Instant end = until.get(key(host, port));
        return end != null && clock.instant().isBefore(end);
    }

    private static String key(String host, int port) {
        return host + " " + port;
    }
}
