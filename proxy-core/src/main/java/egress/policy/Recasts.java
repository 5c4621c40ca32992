package egress.policy;

import egress.http.Authority;
import egress.http.RequestTarget;
import egress.http.RewriteFields;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What a server or framework could make of a request by the fields and parameters that rewrite it, beside the request
 * as it is.
 *
 * @param methods to be used instead of the request's own
 * @param targets other paths, perhaps with queries
 * @param misdirected whether a host or port is named that is not the request's own
 */
record Recasts(List<String> methods, List<RequestTarget> targets, boolean misdirected) {
    /** The request is what it is. */
    static final Recasts NONE = new Recasts(List.of(), List.of(), false);

    /** More than any honest request has; each costs as much as a request. */
    private static final int MOST = 16;

    private static final Set<String> WEB = Set.of("http", "https", "ws", "wss");

    /**
     * Of a request.
     *
     * @throws IllegalArgumentException with a sentence, where a field names what is no path, or too many of them
     */
    static Recasts of(HttpHeaders fields, Authority authority, RequestTarget target) {
        Reader reader = null;
        for (Iterator<Map.Entry<CharSequence, CharSequence>> i = fields.iteratorCharSequence(); i.hasNext(); ) {
            Map.Entry<CharSequence, CharSequence> field = i.next();
            RewriteFields.Kind kind = RewriteFields.kindOf(field.getKey());
            if (kind != null) {
                reader = reader == null ? new Reader(authority) : reader;
                reader.read(kind, field.getValue().toString().strip());
            }
        }
        List<String> asked = MethodOverrides.inTarget(target.raw());
        if (reader == null) {
            return asked.isEmpty() ? NONE : new Recasts(asked, List.of(), false);
        }
        return reader.whole(target, asked);
    }

    /** Collects the readings that the fields ask for. */
    private static final class Reader {
        private final Authority authority;
        private final List<String> methods = new ArrayList<>(2);
        private final List<RequestTarget> targets = new ArrayList<>(2);
        private final List<String> prefixes = new ArrayList<>(2);
        private final List<String> scripts = new ArrayList<>(0);
        private boolean misdirected;

        Reader(Authority authority) {
            this.authority = authority;
        }

        void read(RewriteFields.Kind kind, String value) {
            switch (kind) {
                case METHOD -> {
                    for (String each : value.split(",", -1)) {
                        methods.add(each.strip());
                    }
                }
                case PATH -> paths(value);
                case PREFIX -> prefixes(value);
                case SCRIPT -> {
                    prefixes(value);
                    if (!scripts.contains(value)) {
                        scripts.add(value);
                        checkCount(scripts.size());
                    }
                }
                case HOST -> {
                    for (String each : value.split(",", -1)) {
                        host(each.strip());
                    }
                }
                case PORT -> {
                    String own = String.valueOf(authority.port());
                    for (String each : value.split(",", -1)) {
                        misdirected |= !each.strip().equals(own);
                    }
                }
                case FORWARDED -> forwarded(value);
            }
        }

        /** One, or several that were joined on the way (RFC 9110 §5.3). */
        private void paths(String value) {
            path(value);
            if (value.indexOf(',') >= 0) {
                for (String each : value.split(",", -1)) {
                    path(each.strip());
                }
            }
        }

        private void path(String value) {
            int from = authorityStart(value);
            if (from > 0) {
                int end = authorityEnd(value, from);
                host(value.substring(from, end));
                target(value.substring(end));
                if (value.startsWith("://", from - 3)) {
                    return;
                }
                // No valid URL: a lenient parser takes it for a path.
            }
            if (value.length() > 1 && isSlash(value.charAt(0)) && isSlash(value.charAt(1))) {
                // A reference without a scheme (RFC 3986 §4.2), or a path that begins with an empty segment.
                int end = authorityEnd(value, 2);
                host(value.substring(2, end));
                target(value.substring(end));
            }
            target(value);
        }

        private void target(String text) {
            RequestTarget read = RequestTarget.parse(text.startsWith("/") ? text : "/" + text);
            if (!targets.contains(read)) {
                targets.add(read);
                checkCount(targets.size());
            }
        }

        /** Each, and all of them in a row. */
        private void prefixes(String value) {
            for (String each : value.split(",", -1)) {
                String prefix = trimmed(each.strip());
                if (!prefix.isEmpty() && !prefixes.contains(prefix)) {
                    prefixes.add(prefix);
                    checkCount(prefixes.size());
                }
            }
        }

        private static String trimmed(String prefix) {
            int from = 0;
            int to = prefix.length();
            while (from < to && prefix.charAt(from) == '/') {
                from++;
            }
            while (to > from && prefix.charAt(to - 1) == '/') {
                to--;
            }
            return prefix.substring(from, to);
        }

        /** {@code host=} wherever it stands: what is no valid pair may still be read as one (RFC 7239 §4). */
        private void forwarded(String value) {
            for (int at = 0; at + 4 <= value.length(); at++) {
                if (!value.regionMatches(true, at, "host", 0, 4)) {
                    continue;
                }
                int from = afterSpaces(value, at + 4);
                if (from < value.length() && value.charAt(from) == '=') {
                    host(forwardedValue(value, afterSpaces(value, from + 1)));
                }
            }
        }

        private static int afterSpaces(String value, int at) {
            int after = at;
            while (after < value.length() && (value.charAt(after) == ' ' || value.charAt(after) == '\t')) {
                after++;
            }
            return after;
        }

        private static String forwardedValue(String value, int from) {
            StringBuilder read = new StringBuilder();
            boolean quoted = from < value.length() && value.charAt(from) == '"';
            for (int i = quoted ? from + 1 : from; i < value.length(); i++) {
                char c = value.charAt(i);
                if (quoted ? c == '"' : c == ';' || c == ',') {
                    break;
                }
                boolean escape = quoted && c == '\\' && i + 1 < value.length();
                read.append(escape ? value.charAt(++i) : c);
            }
            return read.toString().strip();
        }

        private void host(String value) {
            try {
                misdirected |= !Authority.parse(value, authority.port()).equals(authority);
            } catch (IllegalArgumentException e) {
                misdirected = true; // what is no authority is not ours either
            }
        }

        Recasts whole(RequestTarget own, List<String> asked) {
            methods.addAll(asked);
            List<RequestTarget> bases = new ArrayList<>(targets);
            bases.add(own);
            List<String> rows = new ArrayList<>(prefixes);
            if (prefixes.size() > 1) {
                rows.add(String.join("/", prefixes));
            }
            for (String prefix : rows) {
                for (RequestTarget base : bases) {
                    target("/" + prefix + base.raw());
                }
            }
            if (!scripts.isEmpty()) {
                bases.forEach(this::behind);
            }
            for (RequestTarget each : targets) {
                methods.addAll(MethodOverrides.inTarget(each.raw()));
            }
            return new Recasts(List.copyOf(methods), List.copyOf(targets), misdirected);
        }

        /** What is left of a path behind the name of the script that serves it (RFC 3875 §4.1.5), wherever that stands. */
        private void behind(RequestTarget base) {
            List<String> readings = PathReadings.of(base.path());
            for (String script : scripts) {
                String bare = trimmed(script);
                for (String name : bare.isEmpty() ? List.of(script) : List.of(script, "/" + bare, bare)) {
                    behind(name, readings);
                }
            }
        }

        private void behind(String name, List<String> readings) {
            for (String reading : readings) {
                int at = name.isEmpty() ? -1 : reading.indexOf(name);
                if (at >= 0) {
                    target(reading.substring(at + name.length()));
                }
            }
        }

        private static void checkCount(int count) {
            if (count > MOST) {
                throw new IllegalArgumentException(
                        "fields that rewrite the path: " + count + " (expected: at most " + MOST + ")");
            }
        }

        /**
         * Where the authority of a URL begins, -1 where there is no scheme; readers of URLs take any number of slashes of
         * either kind, and for the schemes of the web none, for the two that belong there.
         */
        private static int authorityStart(String value) {
            int colon = value.indexOf(':');
            if (colon <= 0 || !value.substring(0, colon).chars().allMatch(Reader::isSchemeCharacter)) {
                return -1;
            }
            int from = colon + 1;
            while (from < value.length() && isSlash(value.charAt(from))) {
                from++;
            }
            return from > colon + 1 || WEB.contains(value.substring(0, colon).toLowerCase(Locale.ROOT)) ? from : -1;
        }

        private static int authorityEnd(String value, int from) {
            int end = from;
            while (end < value.length() && "/\\?#".indexOf(value.charAt(end)) < 0) {
                end++;
            }
            return end;
        }

        private static boolean isSlash(char c) {
            return c == '/' || c == '\\';
        }

        private static boolean isSchemeCharacter(int c) {
            return c < 0x80 && (Character.isLetterOrDigit(c) || "+-.".indexOf(c) >= 0);
        }
    }
}
