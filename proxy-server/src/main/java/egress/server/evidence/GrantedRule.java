package egress.server.evidence;

import egress.policy.Match;
import egress.policy.Matcher;
import java.util.ArrayList;
import java.util.List;

/**
 * What an operator granted, as a routes file would say it.
 *
 * @param host as a route names it: a name, with its port where that is not 443
 * @param rule methods and paths; without any of a value
 * @param tls whether it is for https
 * @param fingerprint of the value that may leave; empty where a rule is meant
 * @param once whether the first request that it lets pass ends it
 * @param withheld whether a path of it is withheld, since there is a secret in it
 */
public record GrantedRule(String host, boolean tls, Match rule, String fingerprint, boolean once, boolean withheld) {
    /** One that holds for more than one request, with nothing withheld. */
    public GrantedRule(String host, boolean tls, Match rule, String fingerprint) {
        this(host, tls, rule, fingerprint, false, false);
    }

    /** The name of an authority in a routes file: a bare name also serves plain http on 80, which was not asked for. */
    public static String hostOf(String host, int port) {
        return host + ":" + port;
    }

    /** For people. */
    String words() {
        List<String> paths = new ArrayList<>();
        for (Matcher path : rule.paths()) {
            paths.add(
                    switch (path) {
                        case Matcher.Exact exact -> exact.value();
                        case Matcher.Prefix prefix -> prefix.value() + " and all below it";
                        case Matcher.Regex regex -> "paths like " + regex.source();
                    });
        }
        return String.join(", ", rule.methods())
                + (rule.methods().isEmpty() ? "" : " ")
                + (tls ? "https://" : "http://")
                + host
                + (paths.isEmpty() ? "" : ", " + String.join(" or ", paths));
    }

    /** As lines of YAML: a whole route. */
    public String route() {
        return String.join("\n", RoutesWriter.route(suggested(), 0)) + "\n";
    }

    /** As lines of YAML: an entry of {@code matches}. */
    public String entry() {
        return String.join("\n", RoutesWriter.entries(suggested().entries(), false)) + "\n";
    }

    /** As a line of YAML: a key of the route. */
    public String allowance() {
        return "dlp: {allow_fingerprints: [" + RoutesWriter.quoted(fingerprint) + "]}\n";
    }

    Suggestion.Route suggested() {
        List<Suggestion.Path> paths = new ArrayList<>();
        for (Matcher path : rule.paths()) {
            PathRule said = switch (path) {
                case Matcher.Exact exact -> PathRule.exact(exact.value());
                case Matcher.Prefix prefix -> prefix(prefix.value());
                case Matcher.Regex regex -> new PathRule(PathRule.Type.REGEX, regex.source());
            };
            paths.add(new Suggestion.Path(said, ""));
        }
        return new Suggestion.Route(
                host,
                "",
                null,
                false,
                List.of(),
                List.of(new Suggestion.Entry(new Suggestion.State.Stands(), rule.methods(), paths)));
    }

    private static PathRule prefix(String value) {
        return value.indexOf('?') < 0 && value.indexOf('#') < 0
                ? new PathRule(PathRule.Type.PREFIX, value)
                : new PathRule(PathRule.Type.REGEX, PathRule.quoted(value) + "(/.*)?");
    }
}
