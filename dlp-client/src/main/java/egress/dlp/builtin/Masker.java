package egress.dlp.builtin;

import egress.dlp.BodySource;
import egress.dlp.Finding;
import egress.dlp.Finding.Span;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Masks hits in what is recorded (flow log, HAR, inspector, audit): wherever a token or a known secret stands, verbatim or encoded, the
 * record reads {@code ********}. What cannot be told in place, or not scanned whole, is masked altogether: a record may lose, never leak.
 */
public final class Masker {
    private static final int ROUNDS = 5;
    private static final String MASK = "********";
    private static final ScanOptions OPTIONS = ScanOptions.defaults().withEveryHit(true);

    private final BuiltInScanner scanner;

    public Masker(BuiltInScanner scanner) {
        this.scanner = scanner;
    }

    /** Text of single bytes (ISO-8859-1), masked. */
    public String mask(String text) {
        if (text.isEmpty()) {
            return text;
        }
        byte[] masked = mask(text.getBytes(StandardCharsets.ISO_8859_1));
        return new String(masked, StandardCharsets.ISO_8859_1);
    }

    /** Bytes, masked; the same array when there is nothing to mask. */
    public byte[] mask(byte[] bytes) {
        byte[] text = bytes;
        // A value may stand in the clear and encoded as well; the second look finds what the first left.
        for (int i = 0; i < ROUNDS; i++) {
            ScanRequest request = new ScanRequest("", "", "", List.of(), BodySource.of(text), List.of(), OPTIONS);
            switch (scanner.scanNow(request)) {
                case ScanVerdict.Clean _ -> {
                    return text;
                }
                case ScanVerdict.Found found -> text = masked(text, found.findings());
                case ScanVerdict.Denied _, ScanVerdict.Refused _ -> {
                    return all();
                }
            }
        }
        return all();
    }

    private static byte[] all() {
        return MASK.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] masked(byte[] bytes, List<Finding> findings) {
        List<Span> spans = new ArrayList<>();
        for (Finding finding : findings) {
            if (finding.blocks()) {
                if (finding.span().or(finding::cover).isEmpty()) {
                    return all();
                }
                spans.add(finding.span().or(finding::cover).get());
            }
        }
        spans.sort(Comparator.comparingLong(Span::start));
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (Span span : spans) {
            if (span.start() >= from) {
                out.append(text, from, (int) span.start()).append(MASK);
            }
            from = Math.max(from, (int) span.end());
        }
        return out.append(text, from, text.length()).toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
