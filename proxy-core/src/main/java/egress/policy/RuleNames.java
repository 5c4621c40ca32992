package egress.policy;

import egress.http.Printable;
import java.util.ArrayList;
import java.util.List;

/**
 * What the rules of a route are called in records and metrics: their place in the file, and for a path its value too. Made when routes
 * are loaded, so that naming one costs a decision nothing.
 */
public final class RuleNames {
    /** What lets everything of a route without rules through, and what refuses a host without a route. */
    public static final String DEFAULT = "default";

    public static final String GIT_FETCH = "git.fetch";
    public static final String GIT_PUSH = "git.push";

    /** Longer values are cut: the place identifies the rule. */
    private static final int LONGEST = 100;

    private RuleNames() {}

    /** The rule behind a reason that no rule of a route is nearer to. */
    public static String of(DenyReason why) {
        return switch (why) {
            case HOST_NOT_ALLOWED, PORT_NOT_ALLOWED, POLICY_UNAVAILABLE -> DEFAULT;
            case SCHEME_NOT_ALLOWED -> "scheme";
            case PATH_NOT_ALLOWED -> "paths";
            case METHOD_NOT_ALLOWED -> "methods";
            case HEADER_NOT_ALLOWED -> "headers";
            case GIT_PUSH -> GIT_PUSH;
            case GIT_FETCH -> GIT_FETCH;
            case CREDENTIAL_UNAVAILABLE, CREDENTIAL_NEEDS_TLS -> "auth";
            case UPGRADE_NOT_ALLOWED -> "upgrade";
            case RECORD_UNAVAILABLE -> "record";
            case ASK_PENDING -> "ask";
            case DLP_MATCH, DLP_UNSCANNABLE, DLP_UNAVAILABLE, DLP_LOCKED, DLP_NAMES -> "dlp";
        };
    }

    /** What an operator's word is called by. */
    static String of(Grant grant) {
        return "ask " + grant.name();
    }

    static String path(int entry, int path, Matcher matcher) {
        return entry(entry) + ".paths[" + path + "] " + words(matcher);
    }

    static String methods(int entry) {
        return entry(entry) + ".methods";
    }

    static String method(int entry, String method) {
        return methods(entry) + " " + method;
    }

    static String header(int entry, int header, Match.HeaderRule rule) {
        return entry(entry) + ".headers[" + header + "] " + rule.name();
    }

    static String allowlist(int path, Matcher matcher) {
        return "path_allowlist[" + path + "] " + words(matcher);
    }

    /** What an entry without paths is called by: the first of its parts. */
    static String entry(int entry, Match match) {
        return match.methods().isEmpty() && !match.headers().isEmpty()
                ? header(entry, 0, match.headers().getFirst())
                : methods(entry);
    }

    /**
     * All the rules of a route that may let a request through, each as a {@link Verdict.Allow} names it, in the order of the file.
     */
    public static List<String> of(Route route) {
        if (route.passthrough()) {
            return List.of(); // no request of it is read
        }
        List<String> names = new ArrayList<>();
        List<Match> matches = route.matches();
        for (int i = 0; i < matches.size(); i++) {
            Match match = matches.get(i);
            for (int j = 0; j < match.paths().size(); j++) {
                names.add(path(i, j, match.paths().get(j)));
            }
            if (match.paths().isEmpty()) {
                names.add(entry(i, match));
            }
        }
        if (matches.isEmpty()) {
            for (int i = 0; i < route.pathAllowlist().size(); i++) {
                names.add(allowlist(i, route.pathAllowlist().get(i)));
            }
        }
        if (names.isEmpty()) {
            names.add(DEFAULT);
            if (route.gitFetch()) {
                names.add(GIT_FETCH);
            }
        }
        return List.copyOf(names);
    }

    /** Every rule of a route, also those that must hold beside the one that is named with a verdict, in the order of the file. */
    public static List<String> all(Route route) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < route.pathAllowlist().size(); i++) {
            names.add(allowlist(i, route.pathAllowlist().get(i)));
        }
        for (int i = 0; i < route.matches().size(); i++) {
            Match match = route.matches().get(i);
            for (int j = 0; j < match.paths().size(); j++) {
                names.add(path(i, j, match.paths().get(j)));
            }
            for (String method : match.methods()) {
                names.add(method(i, method));
            }
            for (int j = 0; j < match.headers().size(); j++) {
                names.add(header(i, j, match.headers().get(j)));
            }
        }
        if (names.isEmpty()) {
            names.add(DEFAULT);
        }
        if (route.gitFetch()) {
            names.add(GIT_FETCH);
        }
        return names;
    }

    private static String entry(int entry) {
        return "matches[" + entry + "]";
    }

    private static String words(Matcher matcher) {
        return switch (matcher) {
            case Matcher.Exact exact -> "exact " + shown(exact.value());
            case Matcher.Prefix prefix -> "prefix " + shown(prefix.value());
            case Matcher.Regex regex -> "regex " + shown(regex.source());
        };
    }

    private static String shown(String value) {
        String line = Printable.line(value);
        return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "\u2026";
    }
}
