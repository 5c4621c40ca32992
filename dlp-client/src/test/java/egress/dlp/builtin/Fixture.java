package egress.dlp.builtin;

import egress.dlp.BodySource;
import egress.dlp.Finding;
import egress.dlp.HeaderField;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/** A scanner that guards two values, and short ways to ask it. */
public final class Fixture {
    static final String KNOWN = "v7Qp-2kLmZ0xR9tWc4Hd";
    static final String KNOWN_WORDS = "correct horse battery";

    private final Templates templates = new Templates(new Random(41));
    final BuiltInScanner scanner =
            new BuiltInScanner(List.of(latin(KNOWN), latin(KNOWN_WORDS), latin("short")), new byte[32], Runnable::run);

    String token() {
        return templates.expand("ghp_<36:A-Za-z0-9>");
    }

    String drawn(String template) {
        return templates.expand(template);
    }

    ScanVerdict body(String body, HeaderField... fields) {
        return scanner.scanNow(request(latin(body), fields));
    }

    ScanVerdict target(String target) {
        return scanner.scanNow(ScanRequest.head("api.example", "GET", target, List.of(), ScanOptions.defaults()));
    }

    static ScanRequest request(byte[] body, HeaderField... fields) {
        return new ScanRequest(
                "api.example", "POST", "/v1", List.of(fields), BodySource.of(body), List.of(), ScanOptions.defaults());
    }

    public static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static List<Finding> findings(ScanVerdict verdict) {
        return switch (verdict) {
            case ScanVerdict.Found found -> found.findings();
            case ScanVerdict.Clean clean -> clean.warnings();
            case ScanVerdict.Refused refused -> throw new AssertionError(refused.toString());
            case ScanVerdict.Denied denied -> throw new AssertionError(denied.toString());
        };
    }

    static List<String> names(ScanVerdict verdict) {
        return findings(verdict).stream()
                .filter(Finding::blocks)
                .map(Finding::detector)
                .distinct()
                .toList();
    }
}
