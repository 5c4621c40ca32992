package egress.dlp.builtin.decode;

import egress.dlp.builtin.scan.Packing;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Compressed data that begins with a literal, as it is or in base64 or hex. */
final class CompressedData implements Decoder {
    /** The first bytes of gzip, zip and zstd in base64. */
    static final List<String> IN_BASE64 = List.of("H4sI", "UEsDB", "KLUv/", "KLUv_");

    private final Packing packing;
    private final ScanContext run;
    private final Segment s;
    private final @Nullable ScanWindow window;
    private final @Nullable CompressedHeaderRuns runs;

    CompressedData(Packing packing, ScanContext run, Segment s, @Nullable ScanWindow window) {
        this.packing = packing;
        this.run = run;
        this.s = s;
        this.window = window;
        boolean digits = packing == Packing.BASE64 || packing == Packing.HEX;
        this.runs = digits ? new CompressedHeaderRuns(s, packing, window) : null;
    }

    /** The first bytes of gzip, zip and zstd in hex, each digit in either case. */
    static List<String> inHex() {
        List<String> out = new ArrayList<>();
        List.of("1f8b08", "504b0304", "28b52ffd").forEach(hex -> out.addAll(inEachCase(hex, 0, "")));
        return List.copyOf(out);
    }

    private static List<String> inEachCase(String hex, int at, String done) {
        if (at == hex.length()) {
            return List.of(done);
        }
        char c = hex.charAt(at);
        List<String> out = new ArrayList<>(inEachCase(hex, at + 1, done + c));
        if (c >= 'a') {
            out.addAll(inEachCase(hex, at + 1, done + Character.toUpperCase(c)));
        }
        return out;
    }

    @Override
    public int decode(int from, int to) {
        boolean followed = window != null && window.isFollowed(s, from, packing);
        // A place at the same alignment as one already being decoded is found in its output.
        if (!followed && (runs == null || runs.isNew(from))) {
            Inflation.begin(run, s, packing, from, window);
        }
        return from;
    }
}
