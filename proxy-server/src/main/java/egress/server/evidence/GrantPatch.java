package egress.server.evidence;

import egress.http.Authority;
import egress.policy.Matcher;
import egress.policy.Policy;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.policy.Verdict;
import egress.server.routes.RoutesFile;
import egress.server.routes.RoutesOutline;
import io.netty.handler.codec.http.DefaultHttpHeaders;
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
        Map<Route, Set<GrantedRule>> fingerprints = new LinkedHashMap<>();
        List<GrantedRule> put = new ArrayList<>();
        for (GrantedRule each : new LinkedHashSet<>(granted)) {
            Optional<String> unsayable = patch.unsayable(each);
            if (unsayable.isPresent()) {
                patch.remarks.add(unsayable.get());
                continue;
            }
            Optional<Route> route = patch.route(each);
            if (!each.fingerprint().isEmpty()) {
                route.ifPresent(named -> fingerprints
                        .computeIfAbsent(named, any -> new LinkedHashSet<>())
                        .add(each));
            } else if (route.isPresent()) {
                patch.extend(route.get(), each);
                put.add(each);
            } else {
                unlisted.computeIfAbsent(each.host(), any -> new ArrayList<>()).add(each);
                put.add(each);
            }
        }
        fingerprints.forEach(patch::allow);
        unlisted.forEach(patch::append);
        List<String> lines = patch.outline.lines();
        String patched = String.join("\n", UnifiedDiff.applied(lines, patch.added)) + "\n";
        Policy after = policy(name, patched); // a patch that would break the file is worse than none
        if (patch.remarks.isEmpty()) {
            put.forEach(each -> patch.prove(each, after));
        }
        return new RoutesPatch.Result(UnifiedDiff.of(name, lines, patch.added), patched, patch.remarks);
    }

    private Optional<Route> route(GrantedRule granted) {
        return policy.routeAt(Authority.parse(granted.host(), 443));
    }

    /** Why no lines of a routes file would let exactly that pass; empty where some may. */
    private Optional<String> unsayable(GrantedRule granted) {
        Optional<Route> route = route(granted);
        String what = granted.words() + ": ";
        if (granted.once()) {
            return Optional.of(what + "for one request, which no rule says");
        }
        if (granted.withheld()) {
            return Optional.of(what + "a path has a secret in it, and is not told (expected: a rule by hand)");
        }
        if (granted.tls() == (Authority.parse(granted.host(), 443).port() == 80)) {
            return Optional.of(what + "a route serves plain http on port 80 alone, and there nothing else");
        }
        if (route.isEmpty()) {
            return granted.fingerprint().isEmpty()
                    ? Optional.empty()
                    : Optional.of(what + "the value " + granted.fingerprint()
                            + " may leave, but no route names the host any" + " more");
        }
        if (route.get().isPattern()) {
            String wider = what + "only the pattern " + route.get().name() + " holds for the host, whose ";
            return Optional.of(
                    granted.fingerprint().isEmpty()
                            ? wider + "rules hold for its other names too (expected: an entry of its own): "
                                    + granted.entry().strip()
                            : wider + "allow_fingerprints would let the value " + granted.fingerprint()
                                    + " leave to its other names too (expected: an entry of its own)");
        }
        return Optional.empty();
    }

    /** That lines were put in does not say that they do: the new rules are asked. */
    private void prove(GrantedRule granted, Policy after) {
        Authority authority = Authority.parse(granted.host(), 443);
        for (Matcher path : granted.rule().paths()) {
            String sample = switch (path) {
                case Matcher.Exact exact -> exact.value();
                case Matcher.Prefix prefix -> prefix.value();
                case Matcher.Regex regex -> regex.source();
            };
            for (String method : granted.rule().methods()) {
                RequestHead head = new RequestHead(granted.tls(), authority, method, sample, new DefaultHttpHeaders());
                if (after.judge(head) instanceof Verdict.Deny deny) {
                    remarks.add(granted.words() + ": the patch does not let it pass: " + deny.words());
                    return;
                }
            }
        }
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
            remarks.add(granted.words() + ": " + route.name() + " has a path_allowlist, which must hold too (expected:"
                    + " matches, to which entries can be added)");
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

    /** A grant of a value is narrower than the key of a route is. */
    private void allow(Route route, Set<GrantedRule> granted) {
        Optional<RoutesOutline.Entry> place = place(route);
        Set<String> fingerprints = new LinkedHashSet<>();
        granted.forEach(each -> fingerprints.add(RoutesWriter.quoted(each.fingerprint())));
        String asked =
                String.join("; ", granted.stream().map(GrantedRule::words).toList());
        // A route that supervises has a dlp of its own, and which of its lines could be added to is not known.
        remarks.add((place.isPresent() ? name + ":" + place.get().first() + ": " : "") + route.name()
                + ": put into allow_fingerprints of its dlp: [" + String.join(", ", fingerprints)
                + "], which lets these values leave in every request that the route allows, and not only in what was"
                + " granted: " + asked);
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
