package egress.server.evidence;

import egress.http.Authority;
import egress.policy.HostPattern;
import egress.policy.Policy;
import egress.policy.Route;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The authorities at which two policies must be compared so that nothing else can differ: each host that an entry of either names, and for
 * each pattern of either names that stand for all others it holds for, each at every port of every entry that holds for it.
 */
final class SamplePlaces {
    private static final String SAMPLE = "any-name";

    /** A name is at most this long, so that a sample below a long suffix may be none. */
    private static final int LONGEST_NAME = 253;

    private final List<Route> routes;

    private SamplePlaces(List<Route> routes) {
        this.routes = routes;
    }

    /** In the order of the files, the first one's before the other's. */
    static Set<Route.Served> of(Policy first, Policy other) {
        List<Route> routes =
                Stream.concat(first.routes().stream(), other.routes().stream()).toList();
        return new SamplePlaces(routes).all();
    }

    private Set<Route.Served> all() {
        Set<Route.Served> all = new LinkedHashSet<>();
        for (Route route : routes) {
            route.serves().forEach(served -> all.addAll(at(served.authority().host())));
            route.patterns().forEach(served -> samples(served.names()).forEach(host -> all.addAll(at(host))));
        }
        return all;
    }

    /**
     * One name with one label before the suffix and, where it may have more, one with two: both with labels that no entry and no longer
     * pattern has, so that no other pattern distinguishes them from others of their kind.
     */
    private List<String> samples(HostPattern pattern) {
        List<String> samples = new ArrayList<>(2);
        String one = unnamed(pattern.suffix());
        samples.add(one);
        if (pattern.anyDepth()) {
            samples.add(unnamed(one));
        }
        samples.removeIf(host -> host.length() > LONGEST_NAME);
        return samples;
    }

    private String unnamed(String suffix) {
        String host = SAMPLE + "." + suffix;
        for (int i = 2; isNamed(host); i++) {
            host = SAMPLE + i + "." + suffix;
        }
        return host;
    }

    private boolean isNamed(String host) {
        return routes.stream()
                .anyMatch(route -> route.serves().stream()
                                .anyMatch(
                                        served -> isAtOrBelow(served.authority().host(), host))
                        || route.patterns().stream()
                                .anyMatch(served -> isAtOrBelow(served.names().suffix(), host)));
    }

    private static boolean isAtOrBelow(String name, String host) {
        return name.equals(host) || name.endsWith("." + host);
    }

    private List<Route.Served> at(String host) {
        List<Route.Served> places = new ArrayList<>();
        for (Route route : routes) {
            for (Route.Served served : route.serves()) {
                if (served.authority().host().equals(host)) {
                    places.add(served);
                }
            }
            for (Route.ServedNames served : route.patterns()) {
                if (isName(host) && served.names().matches(host)) {
                    places.add(new Route.Served(served.tls(), new Authority(host, served.port())));
                }
            }
        }
        return places;
    }

    private static boolean isName(String host) {
        return !new Authority(host, 443).isIpLiteral();
    }
}
