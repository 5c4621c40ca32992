package egress.policy;

import java.util.List;

/**
 * One entry of {@code matches}: all three parts must hold.
 *
 * @param paths any of them; none means every path
 * @param methods any of them, compared without case; none means every method
 * @param headers all of them
 */
public record Match(List<Matcher> paths, List<String> methods, List<HeaderRule> headers) {
    public Match {
        paths = List.copyOf(paths);
        methods = List.copyOf(methods);
        headers = List.copyOf(headers);
    }

    /** The field must be there, and each of its values must hold. */
    public record HeaderRule(String name, Matcher value) {}
}
