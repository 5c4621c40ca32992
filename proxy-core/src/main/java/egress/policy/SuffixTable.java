package egress.policy;

import egress.http.Authority;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The entries of patterns, found by a name's suffixes, so that many patterns make a decision no slower than few. */
final class SuffixTable<T> {
    private final Map<String, List<Entry<T>>> bySuffix = new HashMap<>();

    /** A pattern at one port, and its entry there. */
    record Entry<T>(Route.ServedNames served, T value) {}

    /** @throws IllegalArgumentException when a pattern is there twice at one port */
    SuffixTable(List<Entry<T>> entries) {
        for (Entry<T> entry : entries) {
            Route.ServedNames served = entry.served();
            List<Entry<T>> others = bySuffix.computeIfAbsent(served.names().suffix(), added -> new ArrayList<>(2));
            if (others.stream()
                    .map(Entry::served)
                    .anyMatch(other -> other.names().equals(served.names()) && other.port() == served.port())) {
                throw new IllegalArgumentException("routes: two of them serve " + served.names() + " at port "
                        + served.port() + " (expected: one per pattern and port)");
            }
            others.add(entry);
        }
        // The one that holds for fewer names first.
        bySuffix.values()
                .forEach(same -> same.sort(
                        Comparator.comparing(entry -> entry.served().names().anyDepth())));
    }

    boolean isEmpty() {
        return bySuffix.isEmpty();
    }

    /** The patterns that hold for a name, whatever their port: the longest suffix first. */
    List<Entry<T>> holding(Authority authority) {
        if (bySuffix.isEmpty() || authority.isIpLiteral()) {
            return List.of();
        }
        List<Entry<T>> holding = new ArrayList<>(1);
        String host = authority.host();
        for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
            for (Entry<T> entry : bySuffix.getOrDefault(host.substring(dot + 1), List.of())) {
                if (entry.served().names().matches(host)) {
                    holding.add(entry);
                }
            }
        }
        return holding;
    }
}
