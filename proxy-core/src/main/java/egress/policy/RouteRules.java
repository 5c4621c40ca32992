package egress.policy;

import egress.http.FieldNames;
import egress.http.Printable;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The {@code matches} and {@code path_allowlist} of one route, compiled. */
final class RouteRules {
    private final Route route;
    private final AnyOf allowlist;
    private final Entry[] entries;
    private final boolean methodsMatter;

    /** Of a route without {@code matches}: what a path of the allowlist allows, or everything. */
    private final Verdict.Allow[] byAllowlist;

    private final Verdict.Allow byDefault;
    private final Verdict.Allow byGitFetch;

    RouteRules(Route route) {
        this.route = route;
        this.allowlist = new AnyOf(route.pathAllowlist());
        List<Match> matches = route.matches();
        this.entries = new Entry[matches.size()];
        for (int i = 0; i < entries.length; i++) {
            entries[i] = Entry.of(route, i, matches.get(i));
        }
        this.methodsMatter = matches.stream().anyMatch(m -> !m.methods().isEmpty());
        this.byAllowlist = new Verdict.Allow[route.pathAllowlist().size()];
        for (int i = 0; i < byAllowlist.length; i++) {
            byAllowlist[i] = new Verdict.Allow(
                    route, RuleNames.allowlist(i, route.pathAllowlist().get(i)));
        }
        this.byDefault = new Verdict.Allow(route, RuleNames.DEFAULT);
        this.byGitFetch = new Verdict.Allow(route, RuleNames.GIT_FETCH);
    }

    /**
     * An {@link Verdict.Allow} when every reading of every path is allowed, by whatever method the origin may use; it names the rule of the
     * path as it was sent.
     *
     * @param methods the request's own first, then those that it asks its origin to use
     * @param paths the readings of each
     * @param gitFetch whether it is one, which the route allows
     */
    Verdict judge(List<String> methods, List<List<String>> paths, HttpHeaders fields, boolean gitFetch) {
        Verdict first = judge(methods.getFirst(), paths.getFirst(), fields);
        int asked = methodsMatter ? methods.size() : 1;
        for (int m = 0; m < asked; m++) {
            for (int p = m == 0 ? 1 : 0; p < paths.size() && !(first instanceof Verdict.Deny); p++) {
                Verdict verdict = judge(methods.get(m), paths.get(p), fields);
                first = verdict instanceof Verdict.Deny ? verdict : first;
            }
        }
        boolean byRoute = entries.length == 0 && allowlist.isEmpty(); // and then nothing is denied
        return gitFetch && byRoute ? byGitFetch : first;
    }

    /** Whether the older list of prefixes holds for the path. */
    boolean isInAllowlist(String reading) {
        return allowlist.isEmpty() || allowlist.matches(reading);
    }

    /** The first entry that holds in full, or -1; 0 where the route has none. */
    int entryFor(String method, String reading, HttpHeaders fields) {
        for (int i = 0; i < entries.length; i++) {
            if (entries[i].allow(method, reading, fields) != null) {
                return i;
            }
        }
        return entries.length == 0 ? 0 : -1;
    }

    /** Which rules hold for a path by any of these methods, as {@link RuleNames#all} names them. */
    List<String> rulesFor(List<String> methods, String reading, HttpHeaders fields) {
        List<String> names = new ArrayList<>();
        int listed = allowlist.indexOf(reading);
        if (listed != AnyOf.NONE) {
            names.add(byAllowlist[listed].rule());
        }
        for (String method : methods) {
            int entry = entryFor(method, reading, fields);
            if (entry >= 0 && entries.length > 0) {
                Verdict.Allow allow = entries[entry].allow(method, reading, fields);
                if (allow != null && !entries[entry].paths().isEmpty()) {
                    names.add(allow.rule());
                }
                names.addAll(entries[entry].others(method));
            }
        }
        if (names.isEmpty() && entries.length == 0 && allowlist.isEmpty()) {
            names.add(RuleNames.DEFAULT);
        }
        return names;
    }

    private Verdict judge(String method, List<String> readings, HttpHeaders fields) {
        Verdict first = judge(method, readings, readings.getFirst(), fields);
        for (int i = 1; i < readings.size() && !(first instanceof Verdict.Deny); i++) {
            Verdict verdict = judge(method, readings, readings.get(i), fields);
            first = verdict instanceof Verdict.Deny ? verdict : first;
        }
        return first;
    }

    private Verdict judge(String method, List<String> readings, String reading, HttpHeaders fields) {
        int listed = allowlist.indexOf(reading);
        if (listed == AnyOf.NONE && !allowlist.isEmpty()) {
            return pathDenied(readings, reading, "path_allowlist");
        }
        for (int i = 0; i < entries.length; i++) {
            Verdict.Allow allow = entries[i].allow(method, reading, fields);
            if (allow != null) {
                return allow;
            }
        }
        if (entries.length > 0) {
            return denied(method, readings, reading, fields);
        }
        return listed == AnyOf.NONE ? byDefault : byAllowlist[listed];
    }

    /** Names the first part that fails in the entry that comes closest. */
    private Verdict.Deny denied(String method, List<String> readings, String reading, HttpHeaders fields) {
        int byPath = -1;
        int byMethod = -1;
        for (int i = 0; i < entries.length && byMethod < 0; i++) {
            if (entries[i].hasPath(reading)) {
                byPath = byPath < 0 ? i : byPath;
                byMethod = entries[i].allows(method) ? i : -1;
            }
        }
        if (byPath < 0) {
            return pathDenied(readings, reading, "matches");
        }
        if (byMethod < 0) {
            return new Verdict.Deny(
                    DenyReason.METHOD_NOT_ALLOWED,
                    "method " + Printable.quote(method) + " is not allowed on this path of " + route.name(),
                    RuleNames.methods(byPath));
        }
        return new Verdict.Deny(
                DenyReason.HEADER_NOT_ALLOWED,
                "the request does not carry the header fields that " + route.name() + " needs on this path",
                entries[byMethod].failedHeader(fields));
    }

    private Verdict.Deny pathDenied(List<String> readings, String reading, String rule) {
        String sent = readings.getFirst();
        if (readings.stream().anyMatch(this::isSecret)) {
            return new Verdict.Deny(
                    DenyReason.PATH_NOT_ALLOWED,
                    "the path, which holds the credential of " + route.name() + ", is not in the " + rule + " of it",
                    rule);
        }
        String asRead = sent.equals(reading) ? "" : ", which an origin can read as " + Printable.quote(reading) + ",";
        return new Verdict.Deny(
                DenyReason.PATH_NOT_ALLOWED,
                "path " + Printable.quote(sent) + asRead + " is not in the " + rule + " of " + route.name(),
                rule);
    }

    /** Whether the text holds what the route's credential is made of, and must not be repeated. */
    private boolean isSecret(String text) {
        return route.credential()
                .filter(Credential::isAvailable)
                .map(Credential::value)
                .map(value -> value.substring(value.lastIndexOf(' ') + 1))
                .filter(token -> !token.isEmpty() && text.contains(token))
                .isPresent();
    }

    /**
     * One entry of {@code matches}.
     *
     * @param allows the verdict by each of the paths, or the one without any
     */
    private record Entry(
            int index, AnyOf paths, List<String> methods, List<Match.HeaderRule> headers, List<Verdict.Allow> allows) {
        static Entry of(Route route, int index, Match match) {
            List<Verdict.Allow> allows = new ArrayList<>();
            for (int i = 0; i < match.paths().size(); i++) {
                allows.add(new Verdict.Allow(
                        route, RuleNames.path(index, i, match.paths().get(i))));
            }
            if (allows.isEmpty()) {
                allows.add(new Verdict.Allow(route, RuleNames.entry(index, match)));
            }
            return new Entry(index, new AnyOf(match.paths()), match.methods(), match.headers(), List.copyOf(allows));
        }

        /** Null unless all parts hold. */
        Verdict.@Nullable Allow allow(String method, String reading, HttpHeaders fields) {
            if (!allows(method)) {
                return null;
            }
            int path = paths.isEmpty() ? 0 : paths.indexOf(reading);
            return path != AnyOf.NONE && hasFields(fields) ? allows.get(path) : null;
        }

        boolean hasPath(String reading) {
            return paths.isEmpty() || paths.matches(reading);
        }

        boolean allows(String method) {
            for (int i = 0; i < methods.size(); i++) {
                if (methods.get(i).equalsIgnoreCase(method)) {
                    return true;
                }
            }
            return methods.isEmpty();
        }

        boolean hasFields(HttpHeaders fields) {
            for (int i = 0; i < headers.size(); i++) {
                if (!holds(headers.get(i), fields)) {
                    return false;
                }
            }
            return true;
        }

        /** The names of the rules that hold beside the path's, where this method is allowed. */
        List<String> others(String method) {
            List<String> names = new ArrayList<>();
            for (String allowed : methods) {
                if (allowed.equalsIgnoreCase(method)) {
                    names.add(RuleNames.method(index, allowed));
                }
            }
            for (int i = 0; i < headers.size(); i++) {
                names.add(RuleNames.header(index, i, headers.get(i)));
            }
            return names;
        }

        /** The name of the first rule of a field that does not hold. */
        String failedHeader(HttpHeaders fields) {
            for (int i = 0; i < headers.size(); i++) {
                if (!holds(headers.get(i), fields)) {
                    return RuleNames.header(index, i, headers.get(i));
                }
            }
            return RuleNames.of(DenyReason.HEADER_NOT_ALLOWED);
        }

        /** Every value must hold, also those under a spelling that the origin may take for the name. */
        private static boolean holds(Match.HeaderRule rule, HttpHeaders fields) {
            boolean present = false;
            for (Iterator<Map.Entry<CharSequence, CharSequence>> i = fields.iteratorCharSequence(); i.hasNext(); ) {
                Map.Entry<CharSequence, CharSequence> field = i.next();
                if (FieldNames.same(field.getKey(), rule.name())) {
                    if (!rule.value().matches(field.getValue().toString())) {
                        return false;
                    }
                    present |= field.getKey().toString().equalsIgnoreCase(rule.name());
                }
            }
            return present;
        }
    }
}
