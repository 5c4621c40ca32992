package egress.policy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Matchers of which one must hold, sorted by what they cost: a hash, some comparisons, some expressions. */
final class AnyOf {
    /** No matcher holds. */
    static final int NONE = -1;

    private final Map<String, Integer> exact;
    private final Matcher.Prefix[] prefixes;
    private final int[] prefixIndices;
    private final Matcher.Regex[] regexes;
    private final int[] regexIndices;

    AnyOf(List<Matcher> matchers) {
        Map<String, Integer> values = new HashMap<>();
        List<Matcher.Prefix> starts = new ArrayList<>();
        List<Matcher.Regex> expressions = new ArrayList<>();
        List<Integer> startIndices = new ArrayList<>();
        List<Integer> expressionIndices = new ArrayList<>();
        for (int i = 0; i < matchers.size(); i++) {
            switch (matchers.get(i)) {
                case Matcher.Exact e -> values.putIfAbsent(e.value(), i);
                case Matcher.Prefix p -> {
                    starts.add(p);
                    startIndices.add(i);
                }
                case Matcher.Regex r -> {
                    expressions.add(r);
                    expressionIndices.add(i);
                }
            }
        }
        exact = Map.copyOf(values);
        prefixes = starts.toArray(Matcher.Prefix[]::new);
        prefixIndices = startIndices.stream().mapToInt(Integer::intValue).toArray();
        regexes = expressions.toArray(Matcher.Regex[]::new);
        regexIndices = expressionIndices.stream().mapToInt(Integer::intValue).toArray();
    }

    boolean isEmpty() {
        return exact.isEmpty() && prefixes.length == 0 && regexes.length == 0;
    }

    boolean matches(String text) {
        return indexOf(text) != NONE;
    }

    /** Which one holds, by its place in the list that this was made of, the cheapest kind first; or {@link #NONE}. */
    int indexOf(String text) {
        if (!exact.isEmpty()) {
            Integer index = exact.get(text);
            if (index != null) {
                return index;
            }
        }
        for (int i = 0; i < prefixes.length; i++) {
            if (prefixes[i].matches(text)) {
                return prefixIndices[i];
            }
        }
        for (int i = 0; i < regexes.length; i++) {
            if (regexes[i].matches(text)) {
                return regexIndices[i];
            }
        }
        return NONE;
    }
}
