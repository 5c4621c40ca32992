package egress.dlp.builtin;

import egress.dlp.Finding.Span;
import egress.dlp.builtin.match.LiteralIndex;
import egress.dlp.builtin.rule.TokenRule;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Finds what continues from a keyword of the catalogue as tokens do, whatever its length: a record often holds a token that was cut
 * short, or an example of one, and neither matches the token's pattern.
 */
final class TokenPrefixes {
    /** So many characters must follow a keyword: with fewer, words of a text would be masked. */
    private static final int LEAST = 12;

    private static final boolean[] OF_TOKENS = new boolean[128];

    static {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~+/-"
                .chars()
                .forEach(c -> OF_TOKENS[c] = true);
    }

    private final LiteralIndex index = new LiteralIndex();
    private final int[] lengths;

    TokenPrefixes(List<TokenRule> rules) {
        List<byte[]> keywords = rules.stream()
                .filter(TokenRule::prefix)
                .flatMap(rule -> rule.literals().stream())
                .distinct()
                .map(keyword -> keyword.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
        keywords.forEach(index::add);
        index.freeze();
        lengths = keywords.stream().mapToInt(keyword -> keyword.length).toArray();
    }

    /** Adds the spans of what looks like the beginning of a token. */
    void find(byte[] text, List<Span> spans) {
        index.scan(text, 0, text.length, (b, at, keyword) -> {
            int end = at + lengths[keyword];
            int from = end;
            while (end < b.length && b[end] >= 0 && OF_TOKENS[b[end]]) {
                end++;
            }
            if (end - from >= LEAST) {
                spans.add(new Span(0, at, end));
            }
            return true;
        });
    }
}
