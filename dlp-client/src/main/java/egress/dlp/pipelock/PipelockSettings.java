package egress.dlp.pipelock;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where pipelock is and how it is asked.
 *
 * @param base of the way: its reverse proxy (sink), its scan API (scan) or its forward proxy (forward); http
 * @param sink where our sink listens, the upstream of its reverse proxy; port 0 takes any. Used by the sink way only
 * @param scan its scan API, asked for the URL beside the sink or forward way; null when it is not
 * @param token the scan API's bearer token
 * @param timeout for everything that one request needs to be asked
 * @param connections most at a time to one listener of pipelock; further questions wait
 * @param maxBody in bytes, decoded: a request with more is refused and not asked in part
 */
public record PipelockSettings(
        PipelockMode way,
        URI base,
        InetSocketAddress sink,
        @Nullable URI scan,
        @Nullable String token,
        Duration timeout,
        int connections,
        long maxBody) {

    public PipelockSettings {
        base = checked("pipelock", base);
        if (way != PipelockMode.SCAN
                && !base.getPath().isEmpty()
                && !base.getPath().equals("/")) {
            throw new IllegalArgumentException("pipelock: " + base + " (expected: http://host:port, without a path)");
        }
        scan = scan == null ? null : checked("pipelock scan", scan);
        if (token != null && !token.matches("[\\x21-\\x7e]+")) {
            throw new IllegalArgumentException("pipelock token: expected visible ASCII characters");
        }
        if (token == null && (way == PipelockMode.SCAN || scan != null)) {
            throw new IllegalArgumentException("pipelock token: none (expected: the scan API's bearer token)");
        }
        if (timeout.compareTo(Duration.ofMillis(1)) < 0) {
            throw new IllegalArgumentException("timeout: " + timeout + " (expected: at least 1 ms)");
        }
        if (connections < 1) {
            throw new IllegalArgumentException("connections: " + connections + " (expected: at least 1)");
        }
        if (maxBody < 1) {
            throw new IllegalArgumentException("maxBody: " + maxBody + " (expected: at least 1)");
        }
    }

    /** That way, with what is customary: 5 seconds, 64 connections, 16 MiB, a sink on loopback at any port, no scan API beside it. */
    public static PipelockSettings of(PipelockMode way, URI base, @Nullable String token) {
        return new PipelockSettings(
                way,
                base,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                null,
                token,
                Duration.ofSeconds(5),
                64,
                16L << 20);
    }

    public PipelockSettings withSink(InetSocketAddress listen) {
        return new PipelockSettings(way, base, listen, scan, token, timeout, connections, maxBody);
    }

    public PipelockSettings withScan(@Nullable URI api) {
        return new PipelockSettings(way, base, sink, api, token, timeout, connections, maxBody);
    }

    public PipelockSettings withTimeout(Duration most) {
        return new PipelockSettings(way, base, sink, scan, token, most, connections, maxBody);
    }

    public PipelockSettings withConnections(int most) {
        return new PipelockSettings(way, base, sink, scan, token, timeout, most, maxBody);
    }

    public PipelockSettings withMaxBody(long bytes) {
        return new PipelockSettings(way, base, sink, scan, token, timeout, connections, bytes);
    }

    private static URI checked(String what, URI uri) {
        boolean plain =
                "http".equals(uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT))
                        && HostPort.of(uri) != null
                        && uri.getQuery() == null
                        && uri.getFragment() == null;
        if (!plain) {
            throw new IllegalArgumentException(what + ": " + uri + " (expected: http://host:port)");
        }
        return uri;
    }

    @Override
    public String toString() {
        return "PipelockSettings[" + way.label() + " " + base + (scan == null ? "" : ", scan " + scan) + "]";
    }
}
