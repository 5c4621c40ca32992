package egress.policy;

import egress.http.Authority;
import egress.http.Printable;

/**
 * Names that a routes file allows without writing them down: {@code *.x} for those with one label before {@code .x}, {@code **.x} for those
 * with any number of them. Neither holds for {@code x}, nor for an address.
 *
 * @param suffix what all of them end in, in the one spelling of a host
 */
public record HostPattern(String suffix, boolean anyDepth) {
    private static final String ONE = "*.";
    private static final String ANY = "**.";

    /** @throws IllegalArgumentException where the suffix is an address */
    HostPattern(Authority suffix, boolean anyDepth) {
        this(suffix.host(), anyDepth);
        if (suffix.isIpLiteral()) {
            throw new IllegalArgumentException("host: " + Printable.quote(toString())
                    + " (expected: a name behind the star; an address has no labels)");
        }
    }

    /** Whether a pattern is meant, valid or not. */
    public static boolean isAskedFor(String host) {
        return host.indexOf('*') >= 0;
    }

    /**
     * The length of the stars and their dot.
     *
     * @throws IllegalArgumentException where the host is no pattern
     */
    static int stars(String host) {
        int stars = host.startsWith(ANY) ? ANY.length() : host.startsWith(ONE) ? ONE.length() : 0;
        if (stars == 0 || host.indexOf('*', stars) >= 0) {
            throw new IllegalArgumentException("host: " + Printable.quote(host)
                    + " (expected: *.NAME for one label, **.NAME for any number of them, or one entry for each host)");
        }
        return stars;
    }

    /** Whether it holds for a name, which is no address. */
    public boolean matches(String host) {
        int open = host.length() - suffix.length() - 1;
        return open > 0
                && host.endsWith(suffix)
                && host.charAt(open) == '.'
                && (anyDepth || host.lastIndexOf('.', open - 1) < 0);
    }

    /** How many labels stand before the suffix. */
    int openLabels(String host) {
        int open = host.length() - suffix.length() - 1;
        return open <= 0
                ? 0
                : (int) host.substring(0, open).chars().filter(c -> c == '.').count() + 1;
    }

    /** As it is written in a routes file. */
    @Override
    public String toString() {
        return (anyDepth ? ANY : ONE) + suffix;
    }
}
