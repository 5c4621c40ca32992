package egress.server.evidence;

import egress.http.Authority;
import egress.policy.HostPattern;
import egress.policy.Policy;
import egress.policy.Route;
import egress.server.flows.Flow;
import egress.server.routes.RoutesFile;
import egress.server.routes.RoutesOutline;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a record suggests of a routes file that is there, as lines to put into it: hosts that it lacks, entries for what it does not allow, and
 * {@code matches} for a route that allows its whole host. Nothing is taken out: see {@code routes unused} for that.
 */
public final class RoutesPatch {
    private final String name;
    private final Policy policy;
    private final RoutesOutline outline;
    private final Suggestions suggestions;

    /** The patch, the text that it makes, and what it could not say. */
    public record Result(List<String> diff, String text, List<String> remarks) {
        public Result {
            diff = List.copyOf(diff);
            remarks = List.copyOf(remarks);
        }
    }

    /**
     * @param name of the file, as the patch has it
     * @param text of it
     * @throws IllegalArgumentException with its mistakes, a line each
     */
    public RoutesPatch(String name, String text, Suggestions.Options options) {
        this.name = name;
        this.policy = switch (Placeholders.parse(name, text.getBytes(StandardCharsets.UTF_8))) {
            case RoutesFile.Result.Valid valid -> valid.loaded().policy();
            case RoutesFile.Result.Invalid invalid ->
                throw new IllegalArgumentException(String.join("\n", invalid.errors()));
        };
        this.outline = RoutesOutline.of(text);
        this.suggestions = new Suggestions(options, policy);
    }

    /** Takes one recorded flow into account. */
    public void add(Flow flow) {
        suggestions.add(flow);
    }

    /** Exchanges that were taken into account. */
    public long exchanges() {
        return suggestions.exchanges();
    }

    /** What there is to put in. */
    public Result result() {
        NavigableMap<Integer, List<String>> added = new TreeMap<>();
        List<String> remarks = new ArrayList<>();
        List<Suggestion.Route> suggested = suggestions.suggestion().routes();
        for (Suggestion.Route route : suggested) { // before new routes: the last one's lines come first
            Optional<Route> known = known(route.host());
            if (known.isPresent() && !known.get().passthrough() && !route.passthrough()) {
                extend(known.get(), route, added, remarks);
            }
        }
        for (Suggestion.Route route : suggested) {
            if (pattern(route.host()).isPresent()) {
                remark(route, pattern(route.host()).get(), remarks);
            } else if (known(route.host()).isEmpty()) {
                append(route, added, remarks);
            }
        }
        List<String> lines = outline.lines();
        String text = String.join("\n", UnifiedDiff.applied(lines, added)) + "\n";
        check(text);
        return new Result(UnifiedDiff.of(name, lines, added), text, remarks);
    }

    /** A patch that would break the file is worse than none. */
    private void check(String text) {
        if (Placeholders.parse(name, text.getBytes(StandardCharsets.UTF_8))
                instanceof RoutesFile.Result.Invalid invalid) {
            throw new IllegalArgumentException("the patch would not hold (expected: one key a line in " + name + "): "
                    + String.join("; ", invalid.errors()));
        }
    }

    /** The route that names the host. */
    private Optional<Route> known(String host) {
        return HostPattern.isAskedFor(host) ? Optional.empty() : at(host).filter(route -> !route.isPattern());
    }

    /** The pattern that holds for the host. */
    private Optional<Route> pattern(String host) {
        return HostPattern.isAskedFor(host) ? Optional.empty() : at(host).filter(Route::isPattern);
    }

    private Optional<Route> at(String host) {
        Authority authority = Authority.parse(host, 443);
        return policy.routeAt(authority).or(() -> policy.routeAt(Authority.parse(host, 80)));
    }

    /** An entry of the host's own would take it out of the pattern, and a rule of the pattern holds for all its names: neither is for a program. */
    private static void remark(Suggestion.Route suggested, Route pattern, List<String> remarks) {
        if (Suggestions.hasRules(pattern) && !suggested.entries().isEmpty()) {
            remarks.add(suggested.host() + " is under the pattern " + pattern.name()
                    + ", whose rules do not allow all that was asked of it (expected: a rule of the pattern, or an entry for"
                    + " the host with all that it needs)");
        }
    }

    private void append(Suggestion.Route route, NavigableMap<Integer, List<String>> added, List<String> remarks) {
        List<RoutesOutline.Entry> routes = outline.routes();
        if (routes.isEmpty() || !routes.getLast().block()) {
            remarks.add(route.host() + ": " + name
                    + " has no route in block style to put it after (expected: one key a line)");
            return;
        }
        RoutesOutline.Entry last = routes.getLast();
        added.computeIfAbsent(last.last(), any -> new ArrayList<>())
                .addAll(RoutesWriter.route(route, Math.max(0, last.indent() - 2)));
    }

    private void extend(
            Route known, Suggestion.Route suggested, NavigableMap<Integer, List<String>> added, List<String> remarks) {
        Optional<RoutesOutline.Entry> place = outline.routes().stream()
                .filter(entry -> known(entry.host()).filter(known::equals).isPresent())
                .findFirst();
        if (place.isEmpty() || suggested.entries().isEmpty()) {
            return;
        }
        RoutesOutline.Entry entry = place.get();
        String where = name + ":" + entry.first() + ": " + known.name();
        if (!known.pathAllowlist().isEmpty()) {
            remarks.add(where
                    + " has a path_allowlist, which must hold too (expected: matches, to which entries can be added)");
            return;
        }
        List<String> lines = new ArrayList<>();
        if (suggested.gitFetch() != null && !entry.git()) {
            lines.add(" ".repeat(entry.indent()) + "git: {fetch: true} # " + suggested.gitFetch());
        }
        boolean narrows = known.matches().isEmpty();
        if (narrows && suggested.entries().stream().noneMatch(Suggestion.Entry::stands)) {
            return; // matches without an entry would be none
        }
        if (!entry.block() || entry.matches().filter(items -> !items.block()).isPresent()) {
            remarks.add(where + " is in flow style, to which nothing can be added (expected: one key a line)");
            return;
        }
        List<String> entries = new ArrayList<>();
        for (String note : suggested.notes()) {
            if (known.credential().isEmpty() || !note.startsWith(Drafting.AUTHORIZATION)) {
                entries.add("# " + note);
            }
        }
        entries.addAll(RoutesWriter.entries(suggested.entries(), true));
        if (entry.matches().isPresent()) {
            RoutesOutline.Items items = entry.matches().get();
            put(added, items.last(), indented(entries, items.indent()));
            put(added, entry.last(), lines);
            return;
        }
        lines.add(" ".repeat(entry.indent()) + "matches: # " + suggested.words());
        lines.addAll(indented(entries, entry.indent() + 2));
        put(added, entry.last(), lines);
    }

    private static List<String> indented(List<String> lines, int indent) {
        return lines.stream().map(line -> " ".repeat(indent) + line).toList();
    }

    private static void put(NavigableMap<Integer, List<String>> added, int line, List<String> lines) {
        if (!lines.isEmpty()) {
            added.computeIfAbsent(line, any -> new ArrayList<>()).addAll(lines);
        }
    }
}
