package egress.policy;

import egress.http.Authority;
import egress.http.FieldNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One entry of the routes file: what may be asked of a host, and what the proxy adds.
 *
 * @param name as printed: the host, or host and port where the file names a port
 * @param serves the authorities where it holds; none of a pattern
 * @param patterns the names, each at a port, where it holds that no entry has by itself; empty but for a pattern
 * @param credential what the proxy injects
 * @param matches at least one must hold; none means every request
 * @param pathAllowlist at least one must hold as well; none means every path
 * @param gitFetch whether git may fetch; it never may push
 * @param passthrough whether TLS to it is relayed unread
 * @param trace whether the span of a traced exchange is passed on to the origin
 * @param ask whether an operator is asked about what its rules do not allow
 * @param transparent the debugging proxy's route: no rule holds, nothing is stripped
 */
public record Route(
        String name,
        List<Served> serves,
        List<ServedNames> patterns,
        Optional<Credential> credential,
        List<Match> matches,
        List<Matcher> pathAllowlist,
        boolean gitFetch,
        DlpRules dlp,
        boolean passthrough,
        boolean trace,
        Ask ask,
        boolean transparent) {

    /** In place of labels that are not to be shown. */
    private static final String HIDDEN = "________.";

    /** The route behind {@link Policy#allowAll}. */
    public static final Route TRANSPARENT = new Route(
            "*",
            List.of(),
            List.of(),
            Optional.empty(),
            List.of(),
            List.of(),
            true,
            DlpRules.WARN_ONLY,
            false,
            false,
            Ask.NEVER,
            true);

    public Route {
        serves = List.copyOf(serves);
        patterns = List.copyOf(patterns);
        if (!patterns.isEmpty() && (credential.isPresent() || passthrough)) {
            throw new IllegalArgumentException(name
                    + ": a pattern with a credential, or passed through (expected: neither: anybody may get one of its"
                    + " names)");
        }
        matches = List.copyOf(matches);
        pathAllowlist = List.copyOf(pathAllowlist);
    }

    /** An authority and the one scheme that is served on it. */
    public record Served(boolean tls, Authority authority) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Served that && tls == that.tls && authority.equals(that.authority);
        }

        @Override
        public int hashCode() {
            return 31 * authority.hashCode() + Boolean.hashCode(tls);
        }
    }

    /**
     * The names of a pattern at one port, and the one scheme that is served there.
     *
     * @param names which of them
     */
    public record ServedNames(boolean tls, HostPattern names, int port) {}

    /** Whether it holds for names that no route lists. */
    public boolean isPattern() {
        return !patterns.isEmpty();
    }

    /** How many labels at the front of a host only its pattern allows, so that the caller chose them; 0 where it has none. */
    public int openLabels(String host) {
        return patterns.isEmpty() ? 0 : patterns.getFirst().names().openLabels(host);
    }

    /** A placeholder for any name of the pattern, for records. */
    public Authority masked(Authority name) {
        return patterns.isEmpty()
                ? name
                : new Authority(HIDDEN + patterns.getFirst().names().suffix(), name.port());
    }

    /**
     * A route without rules for the names of a pattern, to add to.
     *
     * @param host a pattern (https on 443, plain http on 80), or with a port behind a colon (https there; http on 80)
     * @throws IllegalArgumentException saying what is wrong with it
     */
    public static Builder pattern(String host) {
        int stars = HostPattern.stars(host);
        Builder at = new Builder(host.substring(stars));
        return new Builder(host.substring(0, stars) + at.name, at.serves, stars == 3);
    }

    /**
     * A route without rules, to add to.
     *
     * @param host a host (https on 443, plain http on 80), or {@code host:port} (https there; http on 80)
     * @throws IllegalArgumentException saying what is wrong with the host
     */
    public static Builder named(String host) {
        return new Builder(host);
    }

    /** A route without rules at one authority alone, to add to. */
    public static Builder at(boolean tls, Authority authority) {
        return new Builder(tls, authority);
    }

    /** The same route with this as its only rule. */
    Route withOnly(Match rule) {
        return withRules(List.of(rule), List.of());
    }

    /** The same route with other rules. */
    public Route withRules(List<Match> otherMatches, List<Matcher> otherAllowlist) {
        return new Route(
                name,
                serves,
                patterns,
                credential,
                otherMatches,
                otherAllowlist,
                gitFetch,
                dlp,
                passthrough,
                trace,
                ask,
                transparent);
    }

    /**
     * Removes from a request's fields or trailers what only the proxy may set: the agent's {@code Authorization} on
     * every route, and the credential's field on this one.
     */
    public void strip(HttpHeaders fields) {
        if (transparent) {
            return;
        }
        fields.remove("authorization");
        if (credential.isPresent()) {
            FieldNames.remove(fields, credential.get().field());
        }
    }

    /**
     * {@link #strip}, and removes what a rule of the route asks of the head: an origin may put the two together (RFC 9110
     * §6.5.2), and this value was not judged.
     */
    public void stripTrailers(HttpHeaders trailers) {
        strip(trailers);
        for (Match match : matches) {
            for (Match.HeaderRule rule : match.headers()) {
                FieldNames.remove(trailers, rule.name());
            }
        }
        if (trace) {
            trailers.remove("traceparent").remove("tracestate"); // the head has the gate's
        }
    }

    /** {@link #strip}, then writes the credential. Only for a request that goes out on verified TLS. */
    public void inject(HttpHeaders fields) {
        strip(fields);
        if (credential.isPresent()) {
            fields.set(credential.get().field(), credential.get().value());
        }
    }

    /** Builds a route step by step. */
    public static final class Builder {
        private final String name;
        private final List<Served> serves;
        private final List<ServedNames> patterns;
        private Optional<Credential> credential = Optional.empty();
        private final List<Match> matches = new ArrayList<>();
        private final List<Matcher> pathAllowlist = new ArrayList<>();
        private boolean gitFetch;
        private DlpRules dlp = DlpRules.DEFAULT;
        private boolean passthrough;
        private boolean trace;
        private Ask ask = Ask.NEVER;

        private Builder(String host) {
            Authority https = Authority.parse(host, 443);
            boolean bare = !https.equals(Authority.parse(host, 80));
            this.name = bare ? https.toHostField(true) : https.toString();
            this.serves = bare
                    ? List.of(new Served(true, https), new Served(false, new Authority(https.host(), 80)))
                    : List.of(new Served(https.port() != 80, https));
            this.patterns = List.of();
        }

        private Builder(boolean tls, Authority authority) {
            this.name = authority.toString();
            this.serves = List.of(new Served(tls, authority));
            this.patterns = List.of();
        }

        private Builder(String name, List<Served> suffixes, boolean anyDepth) {
            this.name = name;
            this.serves = List.of();
            this.patterns = suffixes.stream()
                    .map(suffix -> new ServedNames(
                            suffix.tls(),
                            new HostPattern(suffix.authority(), anyDepth),
                            suffix.authority().port()))
                    .toList();
        }

        public Builder credential(Credential value) {
            credential = Optional.of(value);
            return this;
        }

        public Builder match(Match value) {
            matches.add(value);
            return this;
        }

        public Builder allowPath(Matcher value) {
            pathAllowlist.add(value);
            return this;
        }

        public Builder gitFetch(boolean value) {
            gitFetch = value;
            return this;
        }

        public Builder dlp(DlpRules value) {
            dlp = value;
            return this;
        }

        public Builder passthrough(boolean value) {
            passthrough = value;
            return this;
        }

        public Builder trace(boolean value) {
            trace = value;
            return this;
        }

        public Builder ask(Ask value) {
            ask = value;
            return this;
        }

        public Route build() {
            return new Route(
                    name,
                    serves,
                    patterns,
                    credential,
                    matches,
                    pathAllowlist,
                    gitFetch,
                    dlp,
                    passthrough,
                    trace,
                    ask,
                    false);
        }
    }
}
