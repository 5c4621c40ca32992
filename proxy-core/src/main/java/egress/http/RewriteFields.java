package egress.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields by which servers and frameworks take another method, path or host for the request's own. None of them is
 * in a standard but {@code Forwarded} (RFC 7239) and {@code Destination} (RFC 4918 §10.3); each is read by something
 * that is in use.
 */
public final class RewriteFields {
    /** What a field replaces. */
    public enum Kind {
        METHOD,
        /** A path, or a whole URL. */
        PATH,
        /** What stands before the path. */
        PREFIX,
        /** The same, or what is taken off the path's beginning. */
        SCRIPT,
        /** Hosts, each perhaps with a port. */
        HOST,
        /** Ports of the host. */
        PORT,
        /** {@code Forwarded}: pairs, of which {@code host} names one. */
        FORWARDED
    }

    private static final Set<String> METHODS = Set.of(
            "x-http-method-override",
            "x-http-method",
            "x-method-override",
            "http-method-override",
            "x-original-method",
            "x-forwarded-method",
            "x-envoy-original-method");

    private static final Set<String> PATHS = Set.of(
            "destination",
            "http-url",
            "path-info",
            "request-uri",
            "x-accel-redirect",
            "x-envoy-original-path",
            "x-forwarded-original-uri",
            "x-forwarded-path",
            "x-forwarded-request-uri",
            "x-forwarded-uri",
            "x-forwarded-url",
            "x-http-destinationurl",
            "x-http-path-override",
            "x-http-url-override",
            "x-invoke-path",
            "x-matched-path",
            "x-middleware-rewrite",
            "x-ms-original-url",
            "x-original-path",
            "x-original-request-uri",
            "x-original-uri",
            "x-original-url",
            "x-override-uri",
            "x-override-url",
            "x-path",
            "x-path-info",
            "x-real-uri",
            "x-real-url",
            "x-replaced-path",
            "x-request-path",
            "x-request-uri",
            "x-request-url",
            "x-rewrite-path",
            "x-rewrite-uri",
            "x-rewrite-url",
            "x-uri",
            "x-waws-unencoded-url");

    private static final Set<String> PREFIXES = Set.of(
            "x-base-path",
            "x-context-path",
            "x-forwarded-base",
            "x-forwarded-base-path",
            "x-forwarded-context",
            "x-forwarded-context-path",
            "x-forwarded-path-base",
            "x-forwarded-pathbase",
            "x-forwarded-prefix",
            "x-ingress-path",
            "x-original-prefix",
            "x-path-base",
            "x-path-prefix",
            "x-proxy-context-path",
            "x-proxycontextpath");

    private static final Set<String> SCRIPTS = Set.of("script-name", "x-script-name");

    private static final Set<String> HOSTS = Set.of(
            "disguised-host",
            "proxy-host",
            "x-backend-host",
            "x-envoy-original-dst-host",
            "x-envoy-original-host",
            "x-forwarded-authority",
            "x-forwarded-host",
            "x-forwarded-hostname",
            "x-forwarded-http-host",
            "x-forwarded-original-host",
            "x-forwarded-server",
            "x-host",
            "x-host-override",
            "x-http-host",
            "x-http-host-override",
            "x-original-authority",
            "x-original-forwarded-host",
            "x-original-host",
            "x-override-host",
            "x-proxy-host",
            "x-proxyhost",
            "x-real-host",
            "x-rewrite-host",
            "x-server-name",
            "x-target-host",
            "x-upstream-host",
            "x-vhost",
            "x-virtual-host");

    private static final Set<String> PORTS =
            Set.of("x-forwarded-port", "x-original-port", "x-proxy-port", "x-proxyport", "x-server-port");

    private record Entry(String name, Kind kind) {}

    /** By length: most names of honest requests share theirs with few of these. */
    private static final Entry[][] BY_LENGTH = byLength();

    private RewriteFields() {}

    /** What a field of this name replaces, under every spelling that an origin may take for it; null for all others. */
    public static @Nullable Kind kindOf(CharSequence name) {
        int length = name.length();
        if (length < BY_LENGTH.length) {
            for (Entry entry : BY_LENGTH[length]) {
                if (FieldNames.same(name, entry.name)) {
                    return entry.kind;
                }
            }
        }
        return null;
    }

    private static Entry[][] byLength() {
        List<Entry> all = new ArrayList<>();
        METHODS.forEach(name -> all.add(new Entry(name, Kind.METHOD)));
        PATHS.forEach(name -> all.add(new Entry(name, Kind.PATH)));
        PREFIXES.forEach(name -> all.add(new Entry(name, Kind.PREFIX)));
        SCRIPTS.forEach(name -> all.add(new Entry(name, Kind.SCRIPT)));
        HOSTS.forEach(name -> all.add(new Entry(name, Kind.HOST)));
        PORTS.forEach(name -> all.add(new Entry(name, Kind.PORT)));
        all.add(new Entry("forwarded", Kind.FORWARDED));
        int longest = all.stream().mapToInt(entry -> entry.name.length()).max().orElseThrow();
        Entry[][] table = new Entry[longest + 1][];
        for (int length = 0; length <= longest; length++) {
            int wanted = length;
            table[length] =
                    all.stream().filter(entry -> entry.name.length() == wanted).toArray(Entry[]::new);
        }
        return table;
    }
}
