package egress.dlp.builtin;

import egress.dlp.Finding;
import egress.dlp.Finding.Span;
import egress.dlp.ScanOptions;
import egress.dlp.ScanVerdict;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Masks tokens and known secrets in what is recorded (log, flow log, HAR, inspector): wherever one stands, verbatim or encoded, the
 * record reads {@code ********}. What cannot be masked in place, or not scanned whole, is masked altogether: a record may lose, never
 * leak. Thread-safe, and compiled when it is made; a short text takes some microseconds, so it is no work for an event loop.
 */
public final class Masker {
    public static final String MASK = "********";

    private static final int ROUNDS = 5;
    /** No token and no guarded secret is shorter, encoded or not. */
    private static final int SHORTEST = 8;

    private static final ScanOptions OPTIONS = ScanOptions.defaults().withEveryHit(true);

    private final BuiltInScanner scanner;

    /** @param scanner whose detectors and known secrets it shares */
    public Masker(BuiltInScanner scanner) {
        this.scanner = scanner;
    }

    /** Of the detector file and these secrets; those shorter than 8 bytes are left out, as {@link BuiltInScanner} says. */
    public static Masker of(Collection<byte[]> secrets) {
        // Nobody sees the fingerprints of what is masked, so their key does not matter.
        return new Masker(new BuiltInScanner(secrets, new byte[32], Runnable::run));
    }

    /** A text, masked; the same one when there is nothing to mask. Characters up to U+00FF are single bytes, as in fields of HTTP. */
    public String mask(String text) {
        if (text.length() < SHORTEST) {
            return text;
        }
        Charset charset = text.chars().allMatch(c -> c < 256) ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8;
        byte[] bytes = text.getBytes(charset);
        byte[] masked = mask(bytes);
        return Arrays.equals(masked, bytes) ? text : new String(masked, charset);
    }

    /** Bytes, masked; the same array when there is nothing to mask. */
    public byte[] mask(byte[] bytes) {
        byte[] text = bytes;
        // A value may occur verbatim and encoded; a second scan finds what the first left.
        for (int i = 0; i < ROUNDS; i++) {
            switch (scanner.scanBytes(text, OPTIONS)) {
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
