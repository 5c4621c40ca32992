package egress.policy;

import egress.http.FieldNames;
import egress.http.Printable;
import io.netty.handler.codec.http.HttpHeaders;
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

    RouteRules(Route route) {
        this.route = route;
        this.allowlist = new AnyOf(route.pathAllowlist());
        this.entries = route.matches().stream().map(Entry::of).toArray(Entry[]::new);
        this.methodsMatter = route.matches().stream().anyMatch(m -> !m.methods().isEmpty());
    }

    /**
     * Null when every reading of every path is allowed, by whatever method the origin may use.
     *
     * @param methods the request's own first, then those that it asks its origin to use
     * @param paths the readings of each
     */
    Verdict.@Nullable Deny judge(List<String> methods, List<List<String>> paths, HttpHeaders fields) {
        int asked = methodsMatter ? methods.size() : 1;
        for (int m = 0; m < asked; m++) {
            for (int p = 0; p < paths.size(); p++) {
                Verdict.Deny deny = judge(methods.get(m), paths.get(p), fields);
                if (deny != null) {
                    return deny;
                }
            }
        }
        return null;
    }

    /** Whether the older list of prefixes holds for the path. */
    boolean isInAllowlist(String reading) {
        return allowlist.isEmpty() || allowlist.matches(reading);
    }

    /** The first entry that holds in full, or -1; 0 where the route has none. */
    int entryFor(String method, String reading, HttpHeaders fields) {
        for (int i = 0; i < entries.length; i++) {
            Entry entry = entries[i];
            if (entry.allows(method) && entry.hasPath(reading) && entry.hasFields(fields)) {
                return i;
            }
        }
        return entries.length == 0 ? 0 : -1;
    }

    private Verdict.@Nullable Deny judge(String method, List<String> readings, HttpHeaders fields) {
        for (int i = 0; i < readings.size(); i++) {
            String reading = readings.get(i);
            if (!isInAllowlist(reading)) {
                return pathDenied(readings, reading, "path_allowlist");
            }
            if (entryFor(method, reading, fields) < 0) {
                return denied(method, readings, reading);
            }
        }
        return null;
    }

    /** Names the first part that fails in the entry that comes closest. */
    private Verdict.Deny denied(String method, List<String> readings, String reading) {
        boolean methodAllowed = false;
        boolean pathAllowed = false;
        for (Entry entry : entries) {
            if (entry.hasPath(reading)) {
                pathAllowed = true;
                methodAllowed |= entry.allows(method);
            }
        }
        if (!pathAllowed) {
            return pathDenied(readings, reading, "matches");
        }
        if (!methodAllowed) {
            return new Verdict.Deny(
                    DenyReason.METHOD_NOT_ALLOWED,
                    "method " + Printable.quote(method) + " is not allowed on this path of " + route.name());
        }
        return new Verdict.Deny(
                DenyReason.HEADER_NOT_ALLOWED,
                "the request does not carry the header fields that " + route.name() + " needs on this path");
    }

    private Verdict.Deny pathDenied(List<String> readings, String reading, String rule) {
        String sent = readings.getFirst();
        if (readings.stream().anyMatch(this::isSecret)) {
            return new Verdict.Deny(
                    DenyReason.PATH_NOT_ALLOWED,
                    "the path, which holds the credential of " + route.name() + ", is not in the " + rule + " of it");
        }
        String asRead = sent.equals(reading) ? "" : ", which an origin can read as " + Printable.quote(reading) + ",";
        return new Verdict.Deny(
                DenyReason.PATH_NOT_ALLOWED,
                "path " + Printable.quote(sent) + asRead + " is not in the " + rule + " of " + route.name());
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

    /** One entry of {@code matches}. */
    private record Entry(AnyOf paths, List<String> methods, List<Match.HeaderRule> headers) {
        static Entry of(Match match) {
            return new Entry(new AnyOf(match.paths()), match.methods(), match.headers());
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
