package egress.server.evidence;

import egress.http.Authority;
import egress.policy.Policy;
import egress.policy.Route;
import egress.server.routes.RoutesFile;
import egress.server.routes.RoutesOutline;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** What operators granted, as a patch to the routes file: it opens exactly that. */
public final class GrantPatch {
    private final String name;
    private final Policy policy;
    private final RoutesOutline outline;
    private final NavigableMap<Integer, List<String>> added = new TreeMap<>();
    private final List<String> remarks = new ArrayList<>();

    /** @throws IllegalArgumentException with the mistakes of the file, a line each */
    private GrantPatch(String name, String text) {
        this.name = name;
        this.policy = policy(name, text);
        this.outline = RoutesOutline.of(text);
    }

    /**
     * @param name of the file, as the patch has it
     * @throws IllegalArgumentException with the mistakes of the file, a line each
     */
    public static RoutesPatch.Result of(String name, String text, List<GrantedRule> granted) {
        GrantPatch patch = new GrantPatch(name, text);
        Map<String, List<GrantedRule>> unlisted = new LinkedHashMap<>();
        Map<Route, Set<String>> fingerprints = new LinkedHashMap<>();
        for (GrantedRule each : new LinkedHashSet<>(granted)) {
            Optional<Route> route = patch.policy.routeAt(Authority.parse(each.host(), 443));
            if (route.isEmpty() && each.fingerprint().isEmpty()) {
                unlisted.computeIfAbsent(each.host(), any -> new ArrayList<>()).add(each);
            } else if (route.isEmpty()) {
                patch.remarks.add(each.host() + ": no route names it any more");
            } else if (route.get().isPattern()) {
                patch.remarks.add(each.host() + ": only the pattern " + route.get().name()
                        + " holds for it, whose rules hold for its other names too (expected: an entry of its own): "
                        + each.entry().strip());
            } else if (each.fingerprint().isEmpty()) {
                patch.extend(route.get(), each);
            } else {
                fingerprints
                        .computeIfAbsent(route.get(), any -> new LinkedHashSet<>())
                        .add(each.fingerprint());
            }
        }
        fingerprints.forEach(patch::allow);
        unlisted.forEach(patch::append);
        List<String> lines = patch.outline.lines();
        String patched = String.join("\n", UnifiedDiff.applied(lines, patch.added)) + "\n";
        policy(name, patched); // a patch that would break the file is worse than none
        return new RoutesPatch.Result(UnifiedDiff.of(name, lines, patch.added), patched, patch.remarks);
    }

    private static Policy policy(String name, String text) {
        return switch (Placeholders.parse(name, text.getBytes(StandardCharsets.UTF_8))) {
            case RoutesFile.Result.Valid valid -> valid.loaded().policy();
            case RoutesFile.Result.Invalid invalid ->
                throw new IllegalArgumentException(String.join("\n", invalid.errors()));
        };
    }

    private Optional<RoutesOutline.Entry> place(Route route) {
        return outline.routes().stream()
                .filter(entry -> policy.routeAt(Authority.parse(entry.host(), 443))
                        .or(() -> policy.routeAt(Authority.parse(entry.host(), 80)))
                        .filter(route::equals)
                        .isPresent())
                .findFirst();
    }

    private void extend(Route route, GrantedRule granted) {
        Optional<RoutesOutline.Entry> place = place(route);
        Optional<RoutesOutline.Items> items = place.flatMap(RoutesOutline.Entry::matches);
        if (!route.pathAllowlist().isEmpty()) {
            remarks.add(route.name() + " has a path_allowlist, which must hold too (expected: matches, to which"
                    + " entries can be added)");
        } else if (items.isEmpty() || !items.get().block()) {
            remarks.add(route.name() + " has no matches in block style, to which this could be added: "
                    + granted.entry().strip());
        } else {
            String indent = " ".repeat(items.get().indent());
            put(
                    items.get().last(),
                    granted.entry().lines().map(line -> indent + line).toList());
        }
    }

    private void allow(Route route, Set<String> fingerprints) {
        Optional<RoutesOutline.Entry> place = place(route);
        String list = String.join(
                ", ", fingerprints.stream().map(RoutesWriter::quoted).toList());
        // A route that supervises has a dlp of its own, and which of its lines could be added to is not known.
        remarks.add((place.isPresent() ? name + ":" + place.get().first() + ": " : "") + route.name()
                + ": put into allow_fingerprints of its dlp: [" + list + "]");
    }

    private void append(String host, List<GrantedRule> granted) {
        List<RoutesOutline.Entry> routes = outline.routes();
        if (routes.isEmpty() || !routes.getLast().block()) {
            remarks.add(host + ": " + name + " has no route in block style to put it after (expected: one key a line)");
            return;
        }
        List<Suggestion.Entry> entries = granted.stream()
                .flatMap(each -> each.suggested().entries().stream())
                .toList();
        RoutesOutline.Entry last = routes.getLast();
        put(
                last.last(),
                RoutesWriter.route(
                        new Suggestion.Route(host, "", null, false, List.of(), entries),
                        Math.max(0, last.indent() - 2)));
    }

    private void put(int line, List<String> lines) {
        added.computeIfAbsent(line, any -> new ArrayList<>()).addAll(lines);
    }
}
