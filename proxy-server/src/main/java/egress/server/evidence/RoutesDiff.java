package egress.server.evidence;

import egress.http.Authority;
import egress.http.Printable;
import egress.policy.Ask;
import egress.policy.ConnectionRoute;
import egress.policy.Policy;
import egress.policy.Route;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What a change of a routes file opens and what it closes, in words, each with a request that flips. */
public final class RoutesDiff {
    private final Policy before;
    private final Policy after;
    private final Map<Line, Detail> opened = new LinkedHashMap<>();
    private final Map<Line, Detail> closed = new LinkedHashMap<>();

    /** What is printed once, for however many ports it holds. */
    private record Line(String route, String words) {}

    private record Detail(Set<String> methods, Set<String> schemes, String example) {}

    private RoutesDiff(Policy before, Policy after) {
        this.before = before;
        this.after = after;
    }

    /** Compares two policies; both may have been read without their tokens. */
    public static RoutesDiff of(Policy before, Policy after) {
        RoutesDiff diff = new RoutesDiff(before, after);
        for (Route.Served each : SamplePlaces.of(after, before)) {
            diff.compare(each.authority(), each.tls());
        }
        boolean asked = before.asksOfUnlisted();
        if (asked != after.asksOfUnlisted()) {
            said(
                    asked ? diff.closed : diff.opened,
                    Optional.empty(),
                    asked ? "an operator is no longer asked" : "an operator may let pass what is for any other host",
                    true,
                    "");
        }
        return diff;
    }

    private void compare(Authority authority, boolean tls) {
        Optional<Route> old = before.routeAt(authority);
        Optional<Route> now = after.routeAt(authority);
        boolean oldUnread = isUnread(before, authority, tls);
        boolean nowUnread = isUnread(after, authority, tls);
        if (oldUnread || nowUnread) {
            if (!oldUnread) {
                said(opened, now, "relays its TLS unread: any request, which nobody sees", tls, "");
            } else if (!nowUnread) {
                said(closed, old, "no longer relays its TLS unread", tls, "");
            }
        }
        if (!nowUnread) {
            for (RouteDiff.Opening opening : new RouteDiff(before, after).openings(authority, tls)) {
                rule(opened, now, opening, tls);
            }
        }
        if (!oldUnread) {
            for (RouteDiff.Opening opening : new RouteDiff(after, before).openings(authority, tls)) {
                rule(closed, old, opening, tls);
            }
        }
        if (now.isPresent() && !nowUnread) {
            Optional<Route> read = old.filter(route -> !oldUnread);
            if (tls) {
                credentials(read, now.get());
            }
            trace(read, now.get(), tls);
            read.ifPresent(route -> dlp(route, now.get(), tls));
        }
    }

    private void credentials(Optional<Route> old, Route now) {
        String had = old.flatMap(Route::credential).map(Placeholders::words).orElse("");
        String has = now.credential().map(Placeholders::words).orElse("");
        if (!has.equals(had)) {
            if (!has.isEmpty()) {
                said(opened, Optional.of(now), "sends " + has + " with every request", true, "");
            }
            if (!had.isEmpty()) {
                said(closed, Optional.of(now), "no longer sends " + had, true, "");
            }
        }
        boolean asked = old.filter(route -> route.ask() != Ask.NEVER).isPresent();
        if (asked != (now.ask() != Ask.NEVER)) {
            said(
                    asked ? closed : opened,
                    Optional.of(now),
                    asked ? "an operator is no longer asked" : "an operator may let pass what its rules do not",
                    true,
                    "");
        }
    }

    /** The origin gets ids of the gate's own, by which it can link its requests: something leaves that did not. */
    private void trace(Optional<Route> old, Route now, boolean tls) {
        boolean traced = old.filter(Route::trace).isPresent();
        if (traced != now.trace()) {
            onceForBoth(
                    traced ? closed : opened,
                    now,
                    traced
                            ? "its origin is no longer told the gate's traceparent"
                            : "its origin is told the gate's traceparent, where the gate traces",
                    tls);
        }
    }

    /** Said of https alone where both schemes have it: it is one setting. */
    private void dlp(Route old, Route now, boolean tls) {
        DlpDiff.openings(old.dlp(), now.dlp()).forEach(words -> onceForBoth(opened, now, words, tls));
        DlpDiff.openings(now.dlp(), old.dlp())
                .forEach(words -> onceForBoth(closed, now, "not any more: " + words, tls));
    }

    private static void onceForBoth(Map<Line, Detail> to, Route route, String words, boolean tls) {
        if (tls || !to.containsKey(new Line(route.name(), words))) {
            said(to, Optional.of(route), words, tls, "");
        }
    }

    private static boolean isUnread(Policy policy, Authority authority, boolean tls) {
        return tls && policy.route(authority) instanceof ConnectionRoute.Passthrough;
    }

    private static void said(Map<Line, Detail> to, Optional<Route> route, String words, boolean tls, String example) {
        Line line = new Line(route.map(Route::name).orElse("unlisted"), words);
        to.computeIfAbsent(line, any -> new Detail(new LinkedHashSet<>(), new LinkedHashSet<>(), example))
                .schemes()
                .add(tls ? "https" : "http");
    }

    private static void rule(Map<Line, Detail> to, Optional<Route> route, RouteDiff.Opening opening, boolean tls) {
        Line line = new Line(route.map(Route::name).orElse("?"), opening.rule());
        Detail detail = to.computeIfAbsent(
                line, any -> new Detail(new LinkedHashSet<>(), new LinkedHashSet<>(), opening.example()));
        detail.methods().addAll(opening.methods());
        detail.schemes().add(tls ? "https" : "http");
    }

    /** Whether anything is let through that was not. */
    public boolean opens() {
        return !opened.isEmpty();
    }

    public boolean closes() {
        return !closed.isEmpty();
    }

    /** For people. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        if (!opens() && !closes()) {
            lines.add("nothing opens and nothing closes");
            return lines;
        }
        section(lines, "opens", "+", opened);
        section(lines, "closes", "-", closed);
        lines.add(opened.size() + " opened, " + closed.size() + " closed");
        return lines;
    }

    private static String methods(Set<String> methods) {
        return methods.contains(RouteDiff.ANY) ? "any method" : String.join(", ", methods);
    }

    private static void section(List<String> lines, String title, String sign, Map<Line, Detail> all) {
        if (all.isEmpty()) {
            return;
        }
        lines.add(title + ":");
        all.forEach((line, detail) -> {
            String methods = detail.methods().isEmpty() ? "" : methods(detail.methods()) + " by ";
            String plain = detail.schemes().contains("http")
                    ? detail.schemes().size() == 1 ? ", over plain http" : ", over plain http too"
                    : "";
            lines.add(Printable.line("  " + sign + " " + line.route() + ": " + methods + line.words() + plain));
            if (!detail.example().isEmpty()) {
                lines.add(Printable.line("      such as " + detail.example()));
            }
        });
        lines.add("");
    }
}
