package egress.dlp.builtin.kind;

import egress.dlp.Detector;
import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.scan.Provenance.Joined;
import egress.dlp.builtin.scan.RunListener;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;
import org.jspecify.annotations.Nullable;

/** Looks for the values of the wanted groups where a run of letters, digits and marks stands. */
public final class RunValues implements RunListener {
    /** A longer run is a path, or encoded data. */
    private static final int SHORT = 64;

    private static final int LONGEST_PATH = 512;

    private final Segment s;
    private final @Nullable WalletKeys keys;
    private final @Nullable PaymentData payments;

    private RunValues(Segment s, @Nullable WalletKeys keys, @Nullable PaymentData payments) {
        this.s = s;
        this.keys = keys;
        this.payments = payments;
    }

    /** Null where no group is wanted. What was put together from pieces is only searched for what has a strong check value. */
    public static @Nullable RunListener of(ScanContext run, Segment s) {
        boolean keys = run.wants(Detector.WALLET_KEYS);
        boolean payments = run.wants(Detector.PAYMENT_DATA) && s.view().joined() == Joined.NO;
        if (!keys && !payments) {
            return null;
        }
        return new RunValues(
                s,
                keys ? new WalletKeys(new Hits(run, s, Detector.WALLET_KEYS)) : null,
                payments ? new PaymentData(new Hits(run, s, Detector.PAYMENT_DATA)) : null);
    }

    @Override
    public void run(int begin, int end) {
        if (begin >= s.limit()) {
            return;
        }
        int start = begin + CharTables.escapeTail(s.b(), begin, end);
        if (keys != null) {
            keys.run(start, end);
        }
        boolean path = s.b()[begin] == '/' && end - begin <= LONGEST_PATH;
        if (payments != null && (end - begin <= SHORT || path)) {
            words(begin, start, end, payments);
        }
    }

    private void words(int begin, int start, int end, PaymentData found) {
        byte[] b = s.b();
        // A window may begin in the midst of a word.
        boolean inside = start == begin && start > s.low() && CharTables.isWord(b[start - 1]);
        for (int i = start; i < end; i++) {
            boolean word = CharTables.isWord(b[i]);
            if (word && !inside) {
                found.at(i);
            }
            inside = word;
        }
    }
}
