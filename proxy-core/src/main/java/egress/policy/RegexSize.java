package egress.policy;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A bound on what an expression grows to when it is compiled: RE2/J bounds each counted repetition, but not their
 * product, and {@code (((a{1000}){1000}){1000})} is a gigabyte.
 */
final class RegexSize {
    private static final long LARGEST = 20_000;

    private RegexSize() {}

    /**
     * Adds atoms and multiplies repetitions, as the compiler copies them.
     *
     * @throws IllegalArgumentException when the sum is too large
     */
    static void check(String source) {
        Deque<Long> outer = new ArrayDeque<>();
        long sum = 0;
        long atom = 0;
        for (int i = 0; i < source.length(); i++) {
            switch (source.charAt(i)) {
                case '(' -> {
                    outer.push(sum + atom);
                    sum = 0;
                    atom = 0;
                }
                case ')' -> {
                    atom += sum;
                    sum = outer.isEmpty() ? 0 : outer.pop();
                }
                case '{' -> atom *= Math.max(1, largestCount(source, i + 1));
                default -> {
                    sum += atom;
                    atom = 1;
                }
            }
            if (sum + atom > LARGEST) {
                throw new IllegalArgumentException("too large: its repetitions multiply to more than " + LARGEST);
            }
        }
    }

    /** The largest number before the closing brace; capped, since a larger one is refused anyway. */
    private static long largestCount(String source, int from) {
        long largest = 0;
        long count = 0;
        for (int i = from; i < source.length() && "0123456789,".indexOf(source.charAt(i)) >= 0; i++) {
            count = source.charAt(i) == ',' ? 0 : Math.min(LARGEST, count * 10 + source.charAt(i) - '0');
            largest = Math.max(largest, count);
        }
        return largest;
    }
}
