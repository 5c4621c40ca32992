package egress.server.evidence;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Lines put into a text, as a patch that {@code patch} and {@code git apply} take. */
final class UnifiedDiff {
    private static final int CONTEXT = 3;

    private UnifiedDiff() {}

    /**
     * The patch; empty where nothing is put in.
     *
     * @param name of the file
     * @param added after which line (0: before the first) what is put in
     */
    static List<String> of(String name, List<String> text, NavigableMap<Integer, List<String>> added) {
        List<String> diff = new ArrayList<>();
        if (added.isEmpty()) {
            return diff;
        }
        diff.add("--- " + name);
        diff.add("+++ " + name);
        int shift = 0;
        NavigableMap<Integer, List<String>> hunk = new TreeMap<>();
        for (Map.Entry<Integer, List<String>> each : added.entrySet()) {
            if (!hunk.isEmpty() && each.getKey() - hunk.lastKey() > 2 * CONTEXT) {
                shift += hunk(diff, text, hunk, shift);
                hunk = new TreeMap<>();
            }
            hunk.put(each.getKey(), each.getValue());
        }
        hunk(diff, text, hunk, shift);
        return diff;
    }

    private static int hunk(
            List<String> diff, List<String> text, NavigableMap<Integer, List<String>> added, int shift) {
        int from = Math.max(0, added.firstKey() - CONTEXT);
        int to = Math.min(text.size(), added.lastKey() + CONTEXT);
        int more = added.values().stream().mapToInt(List::size).sum();
        // A range without lines is named by the line before it.
        int first = to == from ? from : from + 1;
        int second = to - from + more == 0 ? from : from + 1 + shift;
        diff.add("@@ -" + first + "," + (to - from) + " +" + second + "," + (to - from + more) + " @@");
        for (int i = from; i <= to; i++) {
            if (i > from) {
                diff.add(" " + text.get(i - 1));
            }
            for (String line : added.getOrDefault(i, List.of())) {
                diff.add("+" + line);
            }
        }
        return more;
    }

    /** The text with all of it put in. */
    static List<String> applied(List<String> text, NavigableMap<Integer, List<String>> added) {
        List<String> applied = new ArrayList<>(added.getOrDefault(0, List.of()));
        for (int i = 1; i <= text.size(); i++) {
            applied.add(text.get(i - 1));
            applied.addAll(added.getOrDefault(i, List.of()));
        }
        return applied;
    }
}
