package egress.dlp.builtin.kind;

import egress.dlp.BodySource;
import egress.dlp.Detector;
import egress.dlp.Finding;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.builtin.BuiltInScanner;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A scanner, and short ways to ask it. */
public final class Asked {
    private final BuiltInScanner scanner = new BuiltInScanner(List.of(), new byte[32], Runnable::run);

    public List<Finding> findings(String body, ScanOptions options) {
        ScanRequest request = new ScanRequest(
                "api.example",
                "POST",
                "/",
                List.of(),
                BodySource.of(body.getBytes(StandardCharsets.UTF_8)),
                List.of(),
                options);
        return switch (scanner.scanNow(request)) {
            case ScanVerdict.Clean clean -> clean.warnings();
            case ScanVerdict.Found found -> found.findings();
            case ScanVerdict.Refused refused -> throw new AssertionError(refused.toString());
            case ScanVerdict.Denied denied -> throw new AssertionError(denied.toString());
        };
    }

    /** The names of what a route that lists that group alone finds. */
    public List<String> names(Detector group, String body) {
        return findings(body, ScanOptions.listed(List.of(group))).stream()
                .filter(each -> each.category() == group)
                .map(Finding::detector)
                .distinct()
                .toList();
    }

    /** {@code blocks}, {@code warns} or {@code passes}. */
    public String outcome(String body, ScanOptions options) {
        List<Finding> found = findings(body, options);
        return found.isEmpty() ? "passes" : found.stream().anyMatch(Finding::blocks) ? "blocks" : "warns";
    }
}
