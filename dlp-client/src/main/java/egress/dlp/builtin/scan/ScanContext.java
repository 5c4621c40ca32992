package egress.dlp.builtin.scan;

import egress.dlp.Detector;
import egress.dlp.Finding.Severity;
import egress.dlp.Leaving;
import egress.dlp.Pace;
import egress.dlp.Profile.Likeness;
import egress.dlp.ScanOptions;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.SentValues.Carrier;
import egress.dlp.given.SentText;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One scan in progress: what it found, and what it may still spend. */
public final class ScanContext {
    /** The most nested decodings, more than any honest data has. */
    public static final int MAX_DEPTH = 9;

    private static final int ENOUGH = 16;
    private static final int MOST = 2_000;
    private static final long FREE_WORK = 4L << 20;
    private static final long WORK_PER_BYTE = 24;
    private static final long FREE_INFLATED = 8L << 20;
    private static final long INFLATED_PER_BYTE = 100;
    /** Checks of whether the run is over between two questions to the pace: some ten microseconds of work. */
    private static final int STRIDE = 32;

    private final SegmentScanner scanner;
    public final ScanOptions options;
    private final BufferPool scratch;
    private final FindingCollector hits;
    private long work = FREE_WORK;
    private long inflated = FREE_INFLATED;
    private boolean structured;
    private Pace pace = Pace.FREE;
    private int stride;
    private boolean over;
    private ScanVerdict.@Nullable Refused refused;
    private @Nullable Leaving leaving;
    private @Nullable SmallValues values;
    private @Nullable Carrier carrier;

    public ScanContext(SegmentScanner scanner, ScanOptions options, Fingerprints fingerprints, BufferPool scratch) {
        this.scanner = scanner;
        this.options = options;
        this.hits = new FindingCollector(options, fingerprints);
        this.scratch = scratch;
    }

    /** Sets the pace, which may end the scan. */
    public void pacedBy(Pace asked) {
        pace = asked;
    }

    /** Scans bytes that are all there. */
    public void scan(Segment s) {
        scanner.scan(this, s, null);
    }

    /** Scans a window's worth; {@code window} takes what goes on behind it. */
    void scan(Segment s, ScanWindow window) {
        scanner.scan(this, s, window);
    }

    /** Has the small values gathered, to be joined with what its caller sent before; null where they are not. */
    public void gathers(@Nullable SmallValues gathered) {
        values = gathered;
    }

    /** Has what is scanned taken as what is about to leave; null where nothing is to be remembered of that. */
    public void leaves(@Nullable Leaving those) {
        leaving = those;
    }

    /** Takes a reading of it. */
    public SentText leaving() {
        return leaving == null ? SentText.none() : leaving.text();
    }

    /** A part of it is not read. */
    public void leavesUnread() {
        if (leaving != null) {
            leaving.unread();
        }
    }

    /** Has findings that are excused only warn, or pass. */
    public void excuses(Excuse excuse) {
        hits.excuses(excuse);
    }

    /** Whether something was found that is excused. */
    public boolean excused() {
        return hits.excused();
    }

    /** What was gathered; null where nothing is. */
    public @Nullable SmallValues gathered() {
        return values;
    }

    /** What the values that come are carried by; null where they are none of a structure. */
    public void carries(@Nullable Carrier by) {
        carrier = by;
    }

    /** Whether values are gathered now. */
    public boolean gathers() {
        return values != null && carrier != null;
    }

    /**
     * A value of the structure.
     *
     * @param key of those that belong together
     * @param number which part its name says that it is; -1 where it says nothing
     */
    public void value(int key, int number, byte[] b, int from, int to) {
        if (values != null && carrier != null) {
            values.add(carrier, key, number, b, from, to);
        }
    }

    /** A name of the structure. */
    public void name(byte[] b, int from, int to) {
        if (values != null && carrier != null) {
            values.add(Carrier.NAME, 0, -1, b, from, to);
        }
    }

    /** All of a body or a message, which is an item where no structure has any. */
    public void whole(byte[] b, int from, int to) {
        if (values != null && values.isEmpty(Carrier.BODY)) {
            values.add(Carrier.BODY, 0, -1, b, from, to);
        }
    }

    /** Buffers that are used again from scan to scan. */
    public BufferPool scratch() {
        return scratch;
    }

    /** Grows what may be spent, with the body. */
    public void allow(long bytes) {
        work += bytes * WORK_PER_BYTE;
        inflated += bytes * INFLATED_PER_BYTE;
    }

    /** Takes that many decoded bytes off the budget; false, and the scan is refused, when it is spent. */
    public boolean spend(long bytes) {
        work -= bytes;
        if (work < 0) {
            refuse(Reason.BUDGET_SPENT, "too many encodings within encodings");
            return false;
        }
        return !over();
    }

    /** Takes that many decompressed bytes off the budget; false when it is spent. */
    public boolean inflate(long bytes) {
        inflated -= bytes;
        work += bytes * 4;
        if (inflated < 0) {
            refuse(Reason.BOMB, "decompresses to too much");
            return false;
        }
        return !over();
    }

    /** Says whether the surface is JSON, whose pieces are joined by its structure alone. */
    public void structured(boolean json) {
        structured = json;
    }

    public boolean isRefused() {
        return refused != null;
    }

    public boolean isStructured() {
        return structured;
    }

    public void refuse(Reason reason, String detail) {
        if (refused == null) {
            refused = new ScanVerdict.Refused(reason, detail);
            over = true;
        }
    }

    /** Whether nothing more can change the verdict. */
    public boolean over() {
        if (--stride < 0) {
            stride = STRIDE;
            if (!pace.goOn()) {
                refuse(Reason.UNAVAILABLE, "the scan was ended");
            }
        }
        return over;
    }

    private boolean enough() {
        if (options.everyHit()) {
            return hits.all().size() >= MOST;
        }
        return hits.blocking() >= ENOUGH || (hits.blocking() > 0 && hits.taken() >= MOST);
    }

    public boolean wants(Detector detector) {
        return options.wants(detector);
    }

    /** A hit: {@code [start, end)} of {@code b} is where it stood, {@code value} what it is. */
    public void report(
            String name, Detector category, Provenance view, int start, int end, byte[] value, boolean verbatim) {
        report(name, category, Likeness.REAL, view, start, end, value, verbatim);
    }

    /** As {@link #report(String, Detector, Provenance, int, int, byte[], boolean)}, for a value whose characters say more. */
    public void report(
            String name,
            Detector category,
            Likeness likeness,
            Provenance view,
            int start,
            int end,
            byte[] value,
            boolean verbatim) {
        Optional<Severity> severity = options.severity(category, likeness);
        if (severity.isPresent()) {
            hits.add(name, category, severity.get(), view, start, end, value, value, verbatim);
            over |= enough();
        }
    }

    /** A known secret, of which {@code part} stood there, as it is or encoded. */
    public void known(Provenance view, int start, int end, byte[] secret, byte[] part, boolean verbatim) {
        if (options.wants(Detector.KNOWN_SECRETS)) {
            hits.add(
                    "known_secret",
                    Detector.KNOWN_SECRETS,
                    options.severity(Detector.KNOWN_SECRETS),
                    view,
                    start,
                    end,
                    secret,
                    part,
                    verbatim);
            over |= enough();
        }
    }

    /** As {@link #report(String, Detector, Provenance, int, int, byte[], boolean)}, the value being what stood there. */
    public void report(String name, Detector category, Provenance view, byte[] b, int start, int end) {
        report(name, category, view, start, end, Arrays.copyOfRange(b, start, end), true);
    }

    public ScanVerdict verdict() {
        ScanVerdict found = ScanVerdict.of(hits.all());
        if (options.everyHit() && hits.all().size() >= MOST) {
            refuse(Reason.BUDGET_SPENT, "too many hits to list");
        }
        // A hit says more than a refusal; both deny.
        return found instanceof ScanVerdict.Found || refused == null ? found : refused;
    }
}
