package egress.policy;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What an operator lets pass beside the rules: a rule of the narrowest kind, judged by the same code.
 *
 * @param name of it, in records
 * @param rule methods, and paths without any condition on fields
 */
public record Grant(String name, Match rule) {
    /** No operator is asked about a path that can be read in more ways than these. */
    private static final int MOST_READINGS = 16;

    /** Whether it is for such a request: for all the methods and all the paths that it can be taken for. Never throws. */
    public boolean covers(RequestHead head) {
        Readings readings;
        try {
            readings = Readings.of(head);
        } catch (IllegalArgumentException e) {
            return false;
        }
        boolean methods = readings.methods().stream()
                .allMatch(method -> rule.methods().stream().anyMatch(method::equalsIgnoreCase));
        return methods
                && readings.paths().stream()
                        .allMatch(paths -> paths.stream()
                                .allMatch(path -> rule.paths().stream().anyMatch(allowed -> allowed.matches(path))));
    }

    /**
     * The narrowest rule that lets a request pass: its methods, also those that it asks its origin to use, and each path that it can be
     * taken for.
     *
     * @return empty where there is none to be shown to a person
     */
    public static Optional<Match> narrowest(RequestHead head) {
        Readings readings;
        try {
            readings = Readings.of(head);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        Set<String> paths = new LinkedHashSet<>();
        readings.paths().forEach(paths::addAll);
        if (readings.isAsterisk() || paths.size() > MOST_READINGS) {
            return Optional.empty();
        }
        Set<String> methods = new LinkedHashSet<>();
        readings.methods().forEach(method -> methods.add(method.toUpperCase(Locale.ROOT)));
        List<Matcher> exact = new ArrayList<>();
        paths.forEach(path -> exact.add(new Matcher.Exact(path)));
        return Optional.of(new Match(exact, List.copyOf(methods), List.of()));
    }

    /**
     * The same rule for everything below a prefix of its paths.
     *
     * @return empty where the prefix does not hold for each of the paths
     */
    public static Optional<Match> below(Match narrowest, String prefix) {
        Matcher.Prefix below = new Matcher.Prefix(prefix);
        boolean holds = prefix.startsWith("/")
                && narrowest.paths().stream().allMatch(path -> switch (path) {
                    case Matcher.Exact exact -> below.matches(exact.value());
                    case Matcher.Prefix narrower -> below.matches(narrower.value());
                    case Matcher.Regex _ -> false;
                });
        return holds ? Optional.of(new Match(List.of(below), narrowest.methods(), List.of())) : Optional.empty();
    }
}
