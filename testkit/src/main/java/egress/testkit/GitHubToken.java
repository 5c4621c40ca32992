package egress.testkit;

import java.util.Random;

/** Tokens of GitHub's shape that are nobody's. */
public final class GitHubToken {
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private GitHubToken() {}

    /** The same for the same seed. */
    public static String of(long seed) {
        Random random = new Random(seed);
        StringBuilder token = new StringBuilder("gh").append("p_");
        for (int i = 0; i < 36; i++) {
            token.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return token.toString();
    }
}
