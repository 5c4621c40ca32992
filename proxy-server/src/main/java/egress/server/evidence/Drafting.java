package egress.server.evidence;

import egress.http.Authority;
import egress.policy.DenyReason;
import egress.policy.Matcher;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Makes a route of what was asked of a host. */
final class Drafting {
    /** Before the name of what no route can name: plain http on another port than 80, TLS on 80. */
    static final String INEXPRESSIBLE = "\uffff";

    static final String AUTHORIZATION = "carried its own authorization";

    /** Of one host and reason: what else was denied is only counted. */
    private static final int MOST_DENIED = 20;

    private final Suggestions.Options options;

    Drafting(Suggestions.Options options) {
        this.options = options;
    }

    /** One path by one method, and how often. */
    private record Rule(PathRule path, String method, Seen seen) {}

    static Suggestion.Route passthrough(Authority authority, Seen seen) {
        return new Suggestion.Route(
                authority.toString(),
                seen.words(),
                null,
                true,
                List.of("no request in it was read: it was passed through, or its client does not trust the gate"),
                List.of());
    }

    /** @param name as the file has it */
    Suggestion.Route route(String name, HostSeen host) {
        List<String> notes = new ArrayList<>();
        if (host.authorized.count() > 0) {
            notes.add(AUTHORIZATION + " " + host.authorized.times()
                    + ", which the gate takes off: name a token in auth:");
        }
        if (host.gitPush.count() > 0) {
            notes.add("git push, " + host.gitPush.words() + ": it never passes, but through the git gate");
        }
        if (host.refused.count() > 0) {
            notes.add("its CONNECT was refused, " + host.refused.words() + ": what was to be asked there is not known");
        }
        if (host.unusable.count() > 0) {
            notes.add("what no rule can allow, " + host.unusable.words());
        }
        List<Rule> rules = rules(host);
        List<Suggestion.Entry> entries = new ArrayList<>(entries(
                new Suggestion.State.Stands(),
                rules.stream().filter(this::stands).toList()));
        entries.addAll(entries(
                new Suggestion.State.Seldom(options.least()),
                rules.stream().filter(rule -> !stands(rule)).toList()));
        boolean fetched = host.gitFetch.count() >= options.least();
        host.denied.forEach((code, all) -> entries.addAll(denied(code, all, rules, notes)));
        if (name.startsWith(INEXPRESSIBLE)) {
            notes.add("no route can name it: plain http is served on port 80 alone, and https on any other");
            return new Suggestion.Route(
                    name.substring(INEXPRESSIBLE.length()), host.all.words(), null, false, notes, List.of());
        }
        return new Suggestion.Route(
                name, host.all.words(), fetched ? host.gitFetch.words() : null, false, notes, entries);
    }

    private boolean stands(Rule rule) {
        return rule.seen().count() >= options.least();
    }

    private List<Rule> rules(HostSeen host) {
        PathTree tree = new PathTree(options.distinct());
        host.allowed.forEach((asked, seen) -> {
            for (String reading : asked.readings()) {
                for (String method : asked.methods()) {
                    if (reading.startsWith("/")) { // and not the "*" of OPTIONS, which no rule of a path names
                        tree.add(reading, method, seen);
                    }
                }
            }
        });
        Rules rules = new Rules();
        for (PathTree.Shape shape : tree.shapes()) {
            PathRule path = PathRule.of(shape.segments());
            shape.methods().forEach((method, seen) -> rules.add(path, method, seen));
        }
        return withoutCovered(rules.all());
    }

    /** Each path and method once. */
    private static final class Rules {
        private final Map<List<Object>, Rule> all = new LinkedHashMap<>();

        void add(PathRule path, String method, Seen seen) {
            all.computeIfAbsent(List.of(path, method), any -> new Rule(path, method, new Seen()))
                    .seen()
                    .add(seen);
        }

        int size() {
            return all.size();
        }

        List<Rule> all() {
            return List.copyOf(all.values());
        }
    }

    /** Without exact paths that a wider rule of the same method holds for; they count there. */
    private static List<Rule> withoutCovered(List<Rule> rules) {
        Map<Rule, Matcher> wide = new LinkedHashMap<>();
        for (Rule rule : rules) {
            if (rule.path().type() != PathRule.Type.EXACT) {
                wide.put(rule, rule.path().matcher());
            }
        }
        List<Rule> left = new ArrayList<>();
        for (Rule rule : rules) {
            Rule cover = rule.path().type() == PathRule.Type.EXACT ? cover(rule, wide) : null;
            if (cover == null) {
                left.add(rule);
            } else {
                cover.seen().add(rule.seen());
            }
        }
        return left;
    }

    private static @Nullable Rule cover(Rule exact, Map<Rule, Matcher> wide) {
        for (Map.Entry<Rule, Matcher> each : wide.entrySet()) {
            if (each.getKey().method().equals(exact.method())
                    && each.getValue().matches(exact.path().value())) {
                return each.getKey();
            }
        }
        return null;
    }

    /** Rules of the same methods stand together. */
    private static List<Suggestion.Entry> entries(Suggestion.State state, List<Rule> rules) {
        Map<PathRule, Map<String, Seen>> byPath = new LinkedHashMap<>();
        for (Rule rule : rules) {
            byPath.computeIfAbsent(rule.path(), any -> new TreeMap<>()).put(rule.method(), rule.seen());
        }
        Map<List<String>, List<Suggestion.Path>> byMethods = new TreeMap<>(Comparator.comparing(List::toString));
        byPath.forEach((path, methods) -> {
            Seen seen = new Seen();
            methods.values().forEach(seen::add);
            byMethods
                    .computeIfAbsent(List.copyOf(methods.keySet()), any -> new ArrayList<>())
                    .add(new Suggestion.Path(path, seen.words()));
        });
        List<Suggestion.Entry> entries = new ArrayList<>();
        byMethods.forEach((methods, paths) -> entries.add(new Suggestion.Entry(state, methods, paths)));
        return entries;
    }

    /** Each as it was asked for, and not more; without what a rule that was needed allows by now. */
    private static List<Suggestion.Entry> denied(
            String code, Map<HostSeen.Asked, Seen> all, List<Rule> allowed, List<String> notes) {
        Rules rules = new Rules();
        Map<Rule, Matcher> matchers = new LinkedHashMap<>();
        allowed.forEach(rule -> matchers.put(rule, rule.path().matcher()));
        TreeSet<String> left = new TreeSet<>();
        all.forEach((asked, seen) -> {
            for (String reading : asked.readings()) {
                for (String method : asked.methods()) {
                    if (!reading.startsWith("/") || isAllowed(reading, method, matchers)) {
                        continue;
                    }
                    if (rules.size() < MOST_DENIED) {
                        rules.add(PathRule.asked(reading), method, seen);
                    } else {
                        left.add(method + " " + reading);
                    }
                }
            }
        });
        if (code.equals(DenyReason.GIT_FETCH.code())) {
            notes.add("git fetch was denied: git: {fetch: true} would let it, beside its paths");
        }
        if (!left.isEmpty()) {
            notes.add(left.size() + " more that were denied (" + code + ") are not written out");
        }
        return entries(new Suggestion.State.Denied(code), rules.all());
    }

    private static boolean isAllowed(String reading, String method, Map<Rule, Matcher> allowed) {
        return allowed.entrySet().stream()
                .anyMatch(rule ->
                        rule.getKey().method().equals(method) && rule.getValue().matches(reading));
    }
}
