package egress.server.routes;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Guesses the name that was meant by a mistyped one. */
public final class DidYouMean {
    private static final int MOST_MISTAKES = 3;

    private DidYouMean() {}

    /** The name that is nearest, where it is near enough: a mistake in every third character, at most three. */
    public static Optional<String> nearest(String typed, Collection<String> names) {
        String lower = typed.toLowerCase(Locale.ROOT);
        int most = Math.min(MOST_MISTAKES, Math.max(1, lower.length() / 3));
        return names.stream()
                .filter(name -> mistakes(lower, name.toLowerCase(Locale.ROOT)) <= most)
                .min(Comparator.comparingInt((String name) -> mistakes(lower, name.toLowerCase(Locale.ROOT)))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** Characters left out, added, changed, or swapped with their neighbour (optimal string alignment). */
    static int mistakes(String a, String b) {
        int[][] least = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                least[i][j] = i == 0 ? j : j == 0 ? i : step(least, a, b, i, j);
            }
        }
        return least[a.length()][b.length()];
    }

    private static int step(int[][] least, String a, String b, int i, int j) {
        int changed = least[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        int best = Math.min(changed, Math.min(least[i - 1][j], least[i][j - 1]) + 1);
        boolean swapped = i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
        return swapped ? Math.min(best, least[i - 2][j - 2] + 1) : best;
    }
}
