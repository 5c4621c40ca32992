package egress.server.evidence;

import egress.policy.Explanation;
import egress.policy.Policy;
import egress.server.flows.Flow;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What to write into the routes file so that a request that was denied passes the next time, and nothing else does. */
public final class NarrowestRule {
    private static final Policy NONE = Policy.of(List.of());

    private NarrowestRule() {}

    /** An answer. */
    public sealed interface Answer {
        /**
         * There is a rule.
         *
         * @param yaml to copy
         * @param words where it goes, and what else must be known, in a sentence
         */
        record Rule(String yaml, String words) implements Answer {}

        /** No rule lets it pass. */
        record None(String words) implements Answer {}
    }

    /** For one recorded flow. */
    public static Answer of(Flow flow) {
        Optional<RecordedRequest> request = RecordedRequest.of(flow);
        String code = flow.decision().code();
        if (request.isEmpty() || code == null || !flow.decision().verdict().equals("denied")) {
            return new Answer.None("it was not denied");
        }
        String route = flow.decision().route();
        return switch (code) {
            case "host_not_allowed", "port_not_allowed" -> route(request.get());
            case "path_not_allowed", "method_not_allowed", "header_not_allowed" ->
                entry(request.get(), code, route, flow.decision().rule());
            case "git_fetch" ->
                new Answer.Rule(
                        "git: {fetch: true}\n",
                        "Goes into the route " + route + "; its paths must be allowed as well.");
            case "git_push" -> new Answer.None("git push passes on no host: it goes through the git gate");
            case "scheme_not_allowed" -> new Answer.None("the host is served by the other scheme alone");
            case "credential_unavailable", "credential_needs_tls" -> new Answer.None(why(flow));
            case "dlp_match" -> fingerprints(flow, route);
            case "address_not_allowed" ->
                new Answer.None("no rule opens an address that is not public: the flag --allow-private does");
            default -> new Answer.None("no rule of the routes file decides that");
        };
    }

    private static String why(Flow flow) {
        String why = flow.decision().why();
        return why == null ? "its credential is missing" : why;
    }

    private static Answer route(RecordedRequest request) {
        if (request.isConnect()) {
            return new Answer.None("what was to be asked for in the tunnel is not known");
        }
        boolean tls = request.head().tls();
        if (tls == (request.head().authority().port() == 80)) {
            return new Answer.None("plain http is served on port 80 alone, and https on any other");
        }
        Suggestion.Route route = new Suggestion.Route(
                request.head().authority().toString(), "", null, false, List.of(), List.of(entry(request)));
        return new Answer.Rule(
                String.join("\n", RoutesWriter.route(route, 0)) + "\n",
                "Goes into routes, as an entry of its own." + masked(request));
    }

    private static Answer entry(RecordedRequest request, String code, @Nullable String route, @Nullable String rule) {
        if (rule != null && rule.startsWith("methods")) {
            return new Answer.None("TRACE, TRACK and CONNECT pass on no host");
        }
        if (rule != null && rule.startsWith("path_allowlist")) {
            List<String> lines = new ArrayList<>(List.of("path_allowlist:"));
            paths(request).forEach(path -> lines.add("  - " + RoutesWriter.quoted(path.value())));
            return new Answer.Rule(
                    String.join("\n", lines) + "\n",
                    "Goes into the list of the route " + route + ", where it also opens what is below that path.");
        }
        String more =
                code.equals("header_not_allowed") ? " It asks for no field, unlike the entries that are there." : "";
        return new Answer.Rule(
                String.join("\n", RoutesWriter.entries(List.of(entry(request)), false)) + "\n",
                "Goes into matches of the route " + route + "." + more + masked(request));
    }

    private static String masked(RecordedRequest request) {
        return request.isPathMasked()
                ? " What was recorded as " + RecordedRequest.MASK + " may be anything there."
                : "";
    }

    private static Suggestion.Entry entry(RecordedRequest request) {
        Explanation explanation = Explanation.of(NONE, request.head());
        Set<String> methods = new LinkedHashSet<>(List.of(request.head().method()));
        methods.addAll(explanation.overrides());
        return new Suggestion.Entry(
                new Suggestion.State.Stands(),
                List.copyOf(methods),
                paths(request).stream()
                        .map(path -> new Suggestion.Path(path, ""))
                        .toList());
    }

    /** Every reading, since each must be allowed. */
    private static List<PathRule> paths(RecordedRequest request) {
        List<String> readings = Explanation.of(NONE, request.head()).readings().stream()
                .map(Explanation.Reading::path)
                .toList();
        return (readings.isEmpty() ? List.of(request.path()) : readings)
                .stream()
                        .filter(path -> path.startsWith("/"))
                        .map(PathRule::asked)
                        .toList();
    }

    private static Answer fingerprints(Flow flow, @Nullable String route) {
        Set<String> blocked = new LinkedHashSet<>();
        for (Flow.Finding finding : flow.findings()) {
            if (!finding.effect().equals("warned") && !finding.fingerprint().isEmpty()) {
                blocked.add(finding.fingerprint());
            }
        }
        if (blocked.isEmpty()) {
            return new Answer.None("DLP found something that has no fingerprint");
        }
        return new Answer.Rule(
                "dlp: {allow_fingerprints: ["
                        + String.join(
                                ", ", blocked.stream().map(RoutesWriter::quoted).toList()) + "]}\n",
                "Goes into the route " + route + ": the value itself may then leave to this host.");
    }
}
