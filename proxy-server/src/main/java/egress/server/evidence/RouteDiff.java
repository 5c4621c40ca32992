package egress.server.evidence;

import egress.http.Authority;
import egress.http.FieldNames;
import egress.policy.ConnectionRoute;
import egress.policy.Match;
import egress.policy.Matcher;
import egress.policy.Policy;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.policy.RuleNames;
import egress.policy.Verdict;
import egress.server.evidence.Language.Unsupported;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What one policy lets through at an authority and another does not. Each rule is compared with all that the other has there, as languages; what
 * that finds is a request, on which the gate's own matcher judges by both policies, and only what flips is reported.
 */
final class RouteDiff {
    /** Beside those that the files name. */
    private static final List<String> METHODS = List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    /** Stands for those that no file names: a file would have to guess it. */
    static final String ANY = "ANY-OTHER-METHOD";

    /** Paths that can be read in one way alone. */
    private static final String PLAIN = "/(?:[!$&'()*+,0-9:=@A-Za-z_~-][!$&'()*+,.0-9:=@A-Za-z_~-]*/?)*";

    /** And all others: what is no control character can be written in a target. */
    private static final String ANY_PATH = "/[^\\x00-\\x1f\\x7f]*";

    private static final String EVERYTHING = "(?s:.*)";
    /** How a fetch begins, and how it continues: the path, and the query behind it. */
    private static final List<Map.Entry<String, String>> GIT = List.of(
            Map.entry("/(?s:.*)/info/refs", "?service=git-upload-pack"), Map.entry("/(?s:.*)/git-upload-pack", ""));

    private static final Set<String> FETCHES = Set.of("git fetch");
    /** Of a field: nothing, or what neither begins nor ends with a blank (RFC 9110 §5.5). */
    private static final String VALUE = "(?:[!-~\\x{80}-\\x{ff}](?:[\\t -~\\x{80}-\\x{ff}]*[!-~\\x{80}-\\x{ff}])?)?";
    /** Of combinations of fields that are tried for one entry. */
    private static final int MOST_PROFILES = 1_000;

    private final Policy before;
    private final Policy after;

    /**
     * What is let through and was not.
     *
     * @param rule by which; null where that is unknown
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
        if (route.gitFetch()) {
            gitOpening(authority, tls, route).ifPresent(openings::add);
        }
        for (Rule rule : rules(route)) {
            opening(authority, tls, route, rule).ifPresent(openings::add);
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
            } catch (Unsupported e) { // fails closed: what cannot be compared is reported, unless all was so before
                unsure.add(method);
                name = name.isEmpty() ? words(rule) + ", which cannot be compared (" + e.getMessage() + ")" : name;
            }
        }
        if (!flipped.isEmpty()) {
            return Optional.of(new Opening(name, name.equals(RuleNames.GIT_FETCH) ? FETCHES : flipped, example));
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
            return flipOfReading(authority, tls, method, exact.value(), fields); // the only path that it holds for
        }
        Language asked = rule.path() == null ? Language.of(EVERYTHING) : Language.of(rule.path());
        Language allowlist = allowlist(route);
        Route old = before.routeAt(authority).orElse(null);
        List<Language> known = List.of(
                oldRules(old, method, fields), old == null ? Language.anyOf(List.of()) : allowlist(old), ofGit());
        // Where something beside the rules has changed, what they held for may be let through for the first time.
        boolean same = sameBeside(authority);
        Predicate<boolean[]> isNew = held -> !(held[0] && held[1]);
        List<Found> found = new ArrayList<>(1);
        for (String paths : List.of(PLAIN, ANY_PATH)) {
            new Witnesses(List.of(Language.of(paths), asked, allowlist), known)
                    .find(held -> !same || isNew.test(held), path -> {
                        Found flip = flipOfReading(authority, tls, method, path, fields);
                        if (flip != null) {
                            found.add(flip);
                        }
                        return flip != null;
                    });
            if (!found.isEmpty()) {
                return found.getFirst();
            }
        }
        String unread =
                new Witnesses(List.of(Language.of(ANY_PATH), asked, allowlist), known).find(isNew, path -> true);
        if (unread != null) {
            throw new Unsupported("paths such as " + unread + " can be read in several ways");
        }
        return null;
    }

    /** What a route of git's fetches lets through beyond its rules: for each rule, by its methods and with its fields. */
    private Optional<Opening> gitOpening(Authority authority, boolean tls, Route route) {
        Route old = before.routeAt(authority).orElse(null);
        if (old != null && old.gitFetch()) {
            return Optional.empty();
        }
        Opening unsure = null;
        for (Rule rule : rules(route)) {
            try {
                for (String target : gitTargets(rule, route)) {
                    for (HttpHeaders fields : profiles(rule, authority)) {
                        for (String method : methods(rule, authority)) {
                            Found found = flip(authority, tls, method, target, fields);
                            if (found != null) {
                                return Optional.of(new Opening(RuleNames.GIT_FETCH, FETCHES, found.example()));
                            }
                        }
                    }
                }
            } catch (Unsupported e) {
                unsure = new Opening(RuleNames.GIT_FETCH + ", beside what cannot be compared", FETCHES, "");
            }
        }
        return Optional.ofNullable(unsure);
    }

    /** Where a rule lets a fetch begin, and continue. */
    private static List<String> gitTargets(Rule rule, Route route) throws Unsupported {
        Language asked = rule.path() == null ? Language.of(EVERYTHING) : Language.of(rule.path());
        List<String> targets = new ArrayList<>();
        for (Map.Entry<String, String> git : GIT) {
            String path = new Witnesses(
                            List.of(Language.of(PLAIN), Language.of(git.getKey()), asked, allowlist(route)), List.of())
                    .find(held -> true, text -> true);
            if (path != null) {
                targets.add(path + git.getValue());
            }
        }
        return targets;
    }

    /** The paths of a fetch, to distinguish them from others. */
    private static Language ofGit() throws Unsupported {
        List<Language> all = new ArrayList<>();
        for (Map.Entry<String, String> git : GIT) {
            String path = git.getKey();
            all.add(Language.of(path));
        }
        return Language.anyOf(all);
    }

    /** As {@link #flip}, for a target that is read as this path: as it stands, or out of one more coding. */
    private @Nullable Found flipOfReading(
            Authority authority, boolean tls, String method, String path, HttpHeaders fields) {
        String target = encoded(path);
        Found found = flip(authority, tls, method, target, fields);
        return found == null && path.indexOf('%') >= 0
                ? flip(authority, tls, method, target.replace("%", "%25"), fields)
                : found;
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
            List<String> values = fields.getAll(rule.name());
            if (values.isEmpty() || !values.stream().allMatch(rule.value()::matches)) {
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

    /**
     * The fields that the rule's entry asks for, in all combinations that the earlier rules of the same fields distinguish.
     *
     * @throws Unsupported where there are too many of them
     */
    private List<HttpHeaders> profiles(Rule rule, Authority authority) throws Unsupported {
        List<Match.HeaderRule> asked =
                rule.match() == null ? List.of() : rule.match().headers();
        Set<String> names = new LinkedHashSet<>();
        asked.forEach(header -> names.add(header.name().toLowerCase(Locale.ROOT)));
        List<HttpHeaders> profiles = List.of(new DefaultHttpHeaders());
        for (String name : names) {
            List<Matcher> must = asked.stream()
                    .filter(header -> FieldNames.same(header.name(), name))
                    .map(Match.HeaderRule::value)
                    .toList();
            List<HttpHeaders> more = new ArrayList<>();
            for (List<String> values : values(name, must, authority)) {
                profiles.forEach(profile -> more.add(profile.copy().set(name, values)));
            }
            if (more.size() > MOST_PROFILES) {
                throw new Unsupported("more than " + MOST_PROFILES + " combinations of fields");
            }
            profiles = more;
        }
        return profiles;
    }

    /** One value of each kind that the earlier rules of the field distinguish, and all of them in one request. */
    private List<List<String>> values(String name, List<Matcher> asked, Authority authority) throws Unsupported {
        List<Language> must = new ArrayList<>(List.of(Language.of(VALUE)));
        for (Matcher value : asked) {
            must.add(Language.of(value));
        }
        List<Matcher> known = new ArrayList<>();
        List<Language> languages = new ArrayList<>();
        Route old = before.routeAt(authority).orElse(null);
        for (Match match : old == null ? List.<Match>of() : old.matches()) {
            for (Match.HeaderRule rule : match.headers()) {
                if (FieldNames.same(rule.name(), name) && !known.contains(rule.value())) {
                    known.add(rule.value());
                    languages.add(Language.of(rule.value()));
                }
            }
        }
        Map<List<Boolean>, String> kinds = new LinkedHashMap<>();
        new Witnesses(must, languages).find(held -> true, value -> {
            kinds.putIfAbsent(known.stream().map(rule -> rule.matches(value)).toList(), value);
            return false;
        });
        List<List<String>> values = new ArrayList<>();
        kinds.values().forEach(value -> values.add(List.of(value)));
        if (values.size() > 1) {
            values.add(List.copyOf(kinds.values()));
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
