package egress.policy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Matchers of which one must hold, sorted by what they cost: a hash, some comparisons, some expressions. */
final class AnyOf {
    private final Set<String> exact;
    private final Matcher.Prefix[] prefixes;
    private final Matcher.Regex[] regexes;

    AnyOf(List<Matcher> matchers) {
        Set<String> values = new HashSet<>();
        List<Matcher.Prefix> starts = new ArrayList<>();
        List<Matcher.Regex> expressions = new ArrayList<>();
        for (Matcher matcher : matchers) {
            switch (matcher) {
                case Matcher.Exact e -> values.add(e.value());
                case Matcher.Prefix p -> starts.add(p);
                case Matcher.Regex r -> expressions.add(r);
            }
        }
        exact = Set.copyOf(values);
        prefixes = starts.toArray(Matcher.Prefix[]::new);
        regexes = expressions.toArray(Matcher.Regex[]::new);
    }

    boolean isEmpty() {
        return exact.isEmpty() && prefixes.length == 0 && regexes.length == 0;
    }

    boolean matches(String text) {
        if (!exact.isEmpty() && exact.contains(text)) {
            return true;
        }
        for (Matcher.Prefix prefix : prefixes) {
            if (prefix.matches(text)) {
                return true;
            }
        }
        for (Matcher.Regex regex : regexes) {
            if (regex.matches(text)) {
                return true;
            }
        }
        return false;
    }
}
