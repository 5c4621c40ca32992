package egress.dlp.builtin;

import egress.dlp.BodySource;
import egress.dlp.Finding;
import egress.dlp.Finding.Span;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.builtin.rule.DetectorFile;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Masks secrets in what is recorded (logs, flows, HAR): wherever a token, the beginning of one, or a known secret stands, verbatim or
 * encoded, the record reads {@code ********}. What cannot be located, or not scanned whole, is masked altogether: a record may lose,
 * never leak. Thread-safe.
 */
public final class Masker {
    private static final int ROUNDS = 5;
    private static final String MASK = "********";
    private static final ScanOptions OPTIONS = ScanOptions.defaults().withEveryHit(true);

    /** Nothing shorter than that is a token, a secret that a scanner guards, or an encoding of either. */
    private static final int SHORTEST = 8;

    private final BuiltInScanner scanner;
    private final TokenPrefixes prefixes;

    public Masker(BuiltInScanner scanner) {
        this.scanner = scanner;
        this.prefixes = new TokenPrefixes(DetectorFile.read());
    }

    /** Compiles the catalogue for these secrets, which takes tens of milliseconds: not on an event loop. */
    public static Masker of(Collection<byte[]> secrets) {
        // Fingerprints are not asked for, so that any key will do.
        return new Masker(new BuiltInScanner(secrets, new byte[32], Runnable::run));
    }

    /** Text, masked; the same string when there is nothing to mask. */
    public String mask(String text) {
        if (text.isEmpty()) {
            return text;
        }
        // Most texts of HTTP are bytes, one to a character; others go by UTF-8.
        Charset charset = isBytes(text) ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8;
        byte[] bytes = text.getBytes(charset);
        byte[] masked = mask(bytes);
        return Arrays.equals(masked, bytes) ? text : new String(masked, charset);
    }

    private static boolean isBytes(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0xff) {
                return false;
            }
        }
        return true;
    }

    /** Bytes, masked; the same array when there is nothing to mask. */
    public byte[] mask(byte[] bytes) {
        byte[] text = bytes;
        // A value may stand in the clear and encoded as well; the second look finds what the first left.
        for (int i = 0; i < ROUNDS; i++) {
            List<Span> spans = new ArrayList<>(0);
            prefixes.find(text, spans);
            if (isWorthScanning(text) && !scan(text, spans)) {
                return all();
            }
            if (spans.isEmpty()) {
                return text;
            }
            text = masked(text, spans);
        }
        return all();
    }

    /** Whether a word is long enough to hold anything, or a URL may hold a password. */
    private static boolean isWorthScanning(byte[] text) {
        int run = 0;
        for (byte c : text) {
            if (c == '@') {
                return true;
            }
            boolean breaks = (c >= 0 && c <= ' ') || c == '/' || c == '?' || c == '&';
            run = breaks ? 0 : run + 1;
            if (run == SHORTEST) {
                return true;
            }
        }
        return false;
    }

    /** Adds the spans of what a scan finds; false where something cannot be located. */
    private boolean scan(byte[] text, List<Span> spans) {
        ScanRequest request = new ScanRequest("", "", "", List.of(), BodySource.of(text), List.of(), OPTIONS);
        return switch (scanner.scanNow(request)) {
            case ScanVerdict.Clean _ -> true;
            case ScanVerdict.Found found -> addSpans(found.findings(), spans);
            case ScanVerdict.Denied _, ScanVerdict.Refused _ -> false;
        };
    }

    private static boolean addSpans(List<Finding> findings, List<Span> spans) {
        for (Finding finding : findings) {
            if (finding.blocks()) {
                if (finding.span().or(finding::cover).isEmpty()) {
                    return false;
                }
                spans.add(finding.span().or(finding::cover).get());
            }
        }
        return true;
    }

    private static byte[] all() {
        return MASK.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] masked(byte[] bytes, List<Span> spans) {
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
