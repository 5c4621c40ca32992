package egress.server.evidence;

import egress.http.Authority;
import egress.http.FieldNames;
import egress.policy.ConnectionRoute;
import egress.policy.Match;
import egress.policy.Matcher;
import egress.policy.Policy;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.policy.Verdict;
import egress.server.evidence.Language.Unsupported;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What one policy lets through at an authority and another does not. Each rule is compared with all that the other has there, as languages; what
 * that finds is a request, of which both policies are asked by the gate's own matcher, and only what flips is told.
 */
final class RouteDiff {
    /** Beside those that the files name. */
    private static final List<String> METHODS = List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    /** Stands for those that nobody names. */
    static final String ANY = "PROPFIND";

    /** Paths that can be read in one way alone. */
    private static final String PLAIN = "/(?:[!$&'()*+,0-9:=@A-Za-z_~-][!$&'()*+,.0-9:=@A-Za-z_~-]*/?)*";

    /** And all others: what is no control character can be written in a target. */
    private static final String ANY_PATH = "/[^\\x00-\\x1f\\x7f]*";

    private static final String EVERYTHING = "(?s:.*)";
    private static final String GIT = "/(?s:.*)/info/refs";
    private static final String GIT_QUERY = "?service=git-upload-pack";
    private static final String VALUE = "[!-~](?:[ -~]*[!-~])?";

    private final Policy before;
    private final Policy after;

    /**
     * What is let through and was not.
     *
     * @param rule by which; null where the gate cannot tell
     * @param methods by which of them
     * @param example a request; empty where there is none to show
     */
    record Opening(String rule, Set<String> methods, String example) {}

    /** A rule of the later policy: an entry, and one of its paths. */
    private record Rule(@Nullable Match match, @Nullable Matcher path, String name) {}

    RouteDiff(Policy before, Policy after) {
        this.before = before;
        this.after = after;
    }

    /** All that the later policy opens there. */
    List<Opening> openings(Authority authority, boolean tls) {
        Route route = after.routeAt(authority).orElse(null);
        if (route == null) {
            return List.of();
        }
        List<Opening> openings = new ArrayList<>();
        for (Rule rule : rules(route)) {
            opening(authority, tls, route, rule).ifPresent(openings::add);
        }
        if (route.gitFetch()) {
            gitOpening(authority, tls, route).ifPresent(openings::add);
        }
        return openings;
    }

    private static List<Rule> rules(Route route) {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < route.matches().size(); i++) {
            Match match = route.matches().get(i);
            for (Matcher path : match.paths()) {
                rules.add(new Rule(match, path, ""));
            }
            if (match.paths().isEmpty()) {
                rules.add(new Rule(match, null, ""));
            }
        }
        if (rules.isEmpty()) {
            for (Matcher path : route.pathAllowlist()) {
                rules.add(new Rule(null, path, ""));
            }
        }
        if (rules.isEmpty()) {
            rules.add(new Rule(null, null, ""));
        }
        return rules;
    }

    private Optional<Opening> opening(Authority authority, boolean tls, Route route, Rule rule) {
        Set<String> flipped = new LinkedHashSet<>();
        Set<String> unsure = new LinkedHashSet<>();
        String example = "";
        String name = "";
        for (String method : methods(rule, authority)) {
            if (sameBeside(authority) && holdsBefore(rule, authority, method)) {
                continue;
            }
            try {
                for (HttpHeaders fields : profiles(rule, authority)) {
                    Found found = find(authority, tls, route, rule, method, fields);
                    if (found != null) {
                        flipped.add(method);
                        example = example.isEmpty() ? found.example() : example;
                        name = name.isEmpty() ? found.rule() : name;
                    }
                }
            } catch (Unsupported e) { // fails closed: what cannot be compared is told, unless it was there before
                if (!holdsBefore(rule, authority, method)) {
                    unsure.add(method);
                    name = name.isEmpty() ? words(rule) + ", which cannot be compared (" + e.getMessage() + ")" : name;
                }
            }
        }
        if (!flipped.isEmpty()) {
            return Optional.of(new Opening(name, flipped, example));
        }
        return unsure.isEmpty() ? Optional.empty() : Optional.of(new Opening(name, unsure, ""));
    }

    private static String words(Rule rule) {
        return rule.path() == null
                ? "an entry"
                : switch (rule.path()) {
                    case Matcher.Exact exact -> "exact " + exact.value();
                    case Matcher.Prefix prefix -> "prefix " + prefix.value();
                    case Matcher.Regex regex -> "regex " + regex.source();
                };
    }

    /** Whether what decides beside the rules is as it was: then a rule that was there opens nothing. */
    private boolean sameBeside(Authority authority) {
        Route old = before.routeAt(authority).orElse(null);
        Route now = after.routeAt(authority).orElse(null);
        return old != null
                && now != null
                && old.credential().isPresent() == now.credential().isPresent()
                && (old.gitFetch() || !now.gitFetch())
                && !old.passthrough()
                && old.serves().containsAll(now.serves())
                && old.patterns().containsAll(now.patterns());
    }

    /** Whether the same rule, word for word, was there for this method, without more conditions. */
    private boolean holdsBefore(Rule rule, Authority authority, String method) {
        Route old = before.routeAt(authority).orElse(null);
        if (old == null || !old.pathAllowlist().isEmpty()) {
            return false;
        }
        return rules(old).stream()
                .anyMatch(known -> words(known).equals(words(rule))
                        && (known.match() == null
                                || isActive(known.match(), method) && sameHeaders(known.match(), rule.match())));
    }

    private static boolean sameHeaders(Match known, @Nullable Match match) {
        return known.headers().isEmpty()
                || match != null
                        && known.headers().toString().equals(match.headers().toString());
    }

    /** A request that flips, and the rule that lets it through. */
    private record Found(String example, String rule) {}

    private @Nullable Found find(
            Authority authority, boolean tls, Route route, Rule rule, String method, HttpHeaders fields)
            throws Unsupported {
        if (rule.path() instanceof Matcher.Exact exact) {
            return flip(authority, tls, method, encoded(exact.value()), fields); // the only path that it holds for
        }
        Language asked = rule.path() == null ? Language.of(EVERYTHING) : Language.of(rule.path());
        Language allowlist = allowlist(route);
        Route old = before.routeAt(authority).orElse(null);
        Language oldRules = oldRules(old, method, fields);
        Language oldAllowlist = old == null ? Language.anyOf(List.of()) : allowlist(old);
        List<Found> found = new ArrayList<>(1);
        for (String paths : List.of(PLAIN, ANY_PATH)) {
            Witnesses witnesses =
                    new Witnesses(List.of(Language.of(paths), asked, allowlist), List.of(oldRules, oldAllowlist));
            witnesses.find(held -> !(held[0] && held[1]), path -> {
                Found flip = flip(authority, tls, method, encoded(path), fields);
                if (flip != null) {
                    found.add(flip);
                }
                return flip != null;
            });
            if (!found.isEmpty()) {
                return found.getFirst();
            }
        }
        return null;
    }

    private Optional<Opening> gitOpening(Authority authority, boolean tls, Route route) {
        for (String paths : gitPaths(route)) {
            Found found = flip(authority, tls, "GET", paths + GIT_QUERY, new DefaultHttpHeaders());
            if (found != null) {
                return Optional.of(new Opening("git.fetch", Set.of("git fetch"), found.example()));
            }
        }
        return Optional.empty();
    }

    /** Where the route lets a fetch begin. */
    private List<String> gitPaths(Route route) {
        List<String> paths = new ArrayList<>();
        for (Rule rule : rules(route)) {
            try {
                Language asked = rule.path() == null ? Language.of(EVERYTHING) : Language.of(rule.path());
                String path = new Witnesses(
                                List.of(Language.of(PLAIN), Language.of(GIT), asked, allowlist(route)), List.of())
                        .find(held -> true, text -> true);
                if (path != null) {
                    paths.add(path);
                }
            } catch (Unsupported e) {
                paths.add("/x/info/refs");
            }
        }
        return paths;
    }

    /** Null unless the one policy lets it through and the other does not. */
    private @Nullable Found flip(Authority authority, boolean tls, String method, String target, HttpHeaders fields) {
        HttpHeaders sent = fields.copy().set("host", authority.toHostField(tls));
        RequestHead head = new RequestHead(tls, authority, method, target, sent);
        String rule = rule(after, head);
        if (rule == null || rule(before, head) != null) {
            return null;
        }
        StringBuilder example =
                new StringBuilder(method + " " + (tls ? "https://" : "http://") + authority.toHostField(tls) + target);
        fields.forEach(field ->
                example.append(" with ").append(field.getKey()).append(": ").append(field.getValue()));
        return new Found(example.toString(), rule);
    }

    /** The rule that lets it through, or null. */
    private static @Nullable String rule(Policy policy, RequestHead head) {
        switch (policy.route(head.authority())) {
            case ConnectionRoute.Passthrough _ -> {
                if (head.tls()) {
                    return Judge.PASSTHROUGH;
                }
            }
            case ConnectionRoute.Refuse _ -> {
                return null;
            }
            case ConnectionRoute.Bump _ -> {}
        }
        return switch (policy.judge(head)) {
            case Verdict.Allow allow -> allow.rule();
            case Verdict.Inspect inspect -> inspect.rule();
            case Verdict.Deny _, Verdict.Malformed _, Verdict.Misdirected _ -> null;
        };
    }

    private static Language allowlist(Route route) throws Unsupported {
        if (route.pathAllowlist().isEmpty()) {
            return Language.of(EVERYTHING);
        }
        List<Language> all = new ArrayList<>();
        for (Matcher path : route.pathAllowlist()) {
            all.add(Language.of(path));
        }
        return Language.anyOf(all);
    }

    /** All that the entries of the earlier route hold for, by this method and with these fields. */
    private static Language oldRules(@Nullable Route route, String method, HttpHeaders fields) throws Unsupported {
        List<Language> all = new ArrayList<>();
        if (route != null && route.matches().isEmpty()) {
            all.add(Language.of(EVERYTHING));
        }
        for (Match match : route == null ? List.<Match>of() : route.matches()) {
            if (!isActive(match, method) || !holds(match, fields)) {
                continue;
            }
            if (match.paths().isEmpty()) {
                all.add(Language.of(EVERYTHING));
            }
            for (Matcher path : match.paths()) {
                all.add(Language.of(path));
            }
        }
        return Language.anyOf(all);
    }

    private static boolean isActive(Match match, String method) {
        return match.methods().isEmpty() || match.methods().stream().anyMatch(method::equalsIgnoreCase);
    }

    private static boolean holds(Match match, HttpHeaders fields) {
        for (Match.HeaderRule rule : match.headers()) {
            String value = fields.get(rule.name());
            if (value == null || !rule.value().matches(value)) {
                return false;
            }
        }
        return true;
    }

    private Set<String> methods(Rule rule, Authority authority) {
        if (rule.match() != null && !rule.match().methods().isEmpty()) {
            return new LinkedHashSet<>(rule.match().methods());
        }
        Set<String> methods = new LinkedHashSet<>(METHODS);
        before.routeAt(authority).ifPresent(route -> route.matches().forEach(match -> methods.addAll(match.methods())));
        methods.add(ANY);
        return methods;
    }

    /** The fields that the rule's entry asks for, with values that the earlier rules of the field may or may not hold for. */
    private List<HttpHeaders> profiles(Rule rule, Authority authority) throws Unsupported {
        List<Match.HeaderRule> asked =
                rule.match() == null ? List.of() : rule.match().headers();
        HttpHeaders first = new DefaultHttpHeaders();
        List<HttpHeaders> profiles = new ArrayList<>(List.of(first));
        for (Match.HeaderRule header : asked) {
            Set<String> values = values(header, authority);
            if (values.isEmpty()) {
                continue;
            }
            String plain = values.iterator().next();
            List<HttpHeaders> more = new ArrayList<>();
            for (String value : values) {
                if (!value.equals(plain)) {
                    more.add(first.copy().set(header.name(), value));
                }
            }
            profiles.forEach(profile -> profile.set(header.name(), plain));
            profiles.addAll(more);
        }
        return profiles;
    }

    private Set<String> values(Match.HeaderRule header, Authority authority) throws Unsupported {
        Language asked = Language.of(header.value());
        List<Language> known = new ArrayList<>();
        Route old = before.routeAt(authority).orElse(null);
        for (Match match : old == null ? List.<Match>of() : old.matches()) {
            for (Match.HeaderRule rule : match.headers()) {
                if (FieldNames.same(rule.name(), header.name())) {
                    known.add(Language.of(rule.value()));
                }
            }
        }
        List<Language> must = List.of(Language.of(VALUE), asked);
        Set<String> values = new TreeSet<>();
        String any = new Witnesses(must, List.of()).find(held -> true, header.value()::matches);
        String news =
                new Witnesses(must, List.of(Language.anyOf(known))).find(held -> !held[0], header.value()::matches);
        if (any != null) {
            values.add(any);
        }
        if (news != null) {
            values.add(news);
        }
        return values;
    }

    /** As it may stand in a request target: what is no plain character of a path, percent-encoded. */
    private static String encoded(String path) {
        StringBuilder encoded = new StringBuilder(path.length());
        for (byte octet : path.getBytes(StandardCharsets.UTF_8)) {
            if (octet > ' ' && octet < 0x7f && octet != '?' && octet != '#') {
                encoded.append((char) octet);
            } else {
                encoded.append("%%%02X".formatted(octet & 0xff));
            }
        }
        return encoded.toString();
    }
}
