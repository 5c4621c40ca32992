package egress.server.dlp;

import egress.dlp.BodySource;
import egress.dlp.Finding;
import egress.dlp.HeaderField;
import egress.dlp.Profile;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.builtin.BuiltInScanner;
import egress.policy.DlpRules;
import egress.policy.Route;
import egress.server.dlp.judge.KnownSecrets;
import egress.server.dlp.judge.RouteScanPolicy;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the built-in scanner would make of one body, without a gate. */
public final class DlpTrial {
    private final BuiltInScanner scanner;

    /**
     * What came of it.
     *
     * @param leaves whether the body would leave as it is
     * @param lines of words for a person, never with a value
     */
    public record Outcome(boolean leaves, List<String> lines) {
        public Outcome {
            lines = List.copyOf(lines);
        }
    }

    /**
     * Makes the scanner.
     *
     * @param secrets that must not leave, besides the routes' credentials
     * @param environment for the secrets in it
     */
    public DlpTrial(Collection<Route> routes, Collection<String> secrets, Map<String, String> environment) {
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key); // its fingerprints are never shown: a gate has a key of its own
        scanner = new BuiltInScanner(KnownSecrets.of(routes, secrets, environment), key, Runnable::run);
    }

    /**
     * Scans a body.
     *
     * @param rules of the route that it would go by
     * @param profile of a route that names none
     * @param coding of the content; empty where it has none
     */
    public Outcome scan(DlpRules rules, Profile profile, String contentType, String coding, byte[] body) {
        RouteScanPolicy plan = RouteScanPolicy.of(rules, Set.of(), profile);
        if (!plan.outbound()) {
            return new Outcome(true, List.of("leaves: the route scans nothing (outbound_detectors: false)"));
        }
        List<HeaderField> fields = new ArrayList<>(List.of(new HeaderField("content-type", contentType)));
        if (!coding.isEmpty()) {
            fields.add(new HeaderField("content-encoding", coding));
        }
        ScanRequest request = new ScanRequest(
                "",
                "",
                "",
                fields,
                BodySource.of(body),
                List.of(),
                plan.options().withEveryHit(true));
        ScanVerdict verdict = scanner.scan(request).toCompletableFuture().join();
        return switch (verdict) {
            case ScanVerdict.Clean clean -> outcome(true, "leaves", clean.warnings());
            case ScanVerdict.Found found -> outcome(plan.warnsOnly(), denial(plan), found.findings());
            case ScanVerdict.Denied denied -> new Outcome(false, List.of("denied: " + denied.reason()));
            case ScanVerdict.Refused refused ->
                new Outcome(false, List.of("denied (dlp_unscannable): " + refused.detail()));
        };
    }

    private static String denial(RouteScanPolicy plan) {
        return switch (plan.onMatch()) {
            case BLOCK, SUPERVISE -> "denied (dlp_match)";
            case REDACT -> "leaves redacted, or is denied where it cannot be";
            case WARN -> "leaves: the debugging proxy only warns";
        };
    }

    private static Outcome outcome(boolean leaves, String words, List<Finding> findings) {
        List<String> lines = new ArrayList<>();
        lines.add(words + (findings.isEmpty() ? ": nothing was found" : ":"));
        for (Finding finding : findings) {
            lines.add("  " + (finding.blocks() ? "blocks" : "warns ") + "  " + finding.detector() + " ("
                    + finding.category().label() + ") in " + finding.place().text() + where(finding));
        }
        return new Outcome(leaves, lines);
    }

    private static String where(Finding finding) {
        return finding.cover()
                .map(span -> ", bytes " + span.start() + "-" + (span.end() - 1)
                        + (finding.span().isPresent() ? "" : ", encoded, joined or in part"))
                .orElse(", encoded or joined");
    }
}
