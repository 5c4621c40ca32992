package egress.dlp.builtin.kind;

import egress.dlp.Detector;
import egress.dlp.builtin.scan.Provenance.Joined;
import egress.dlp.builtin.scan.RunListener;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;
import org.jspecify.annotations.Nullable;

/** Looks for the values of the wanted groups in one segment. */
public final class RunValues implements RunListener {
    private final Segment s;
    private final @Nullable WalletKeys keys;
    private final @Nullable SeedPhrases phrases;
    private final @Nullable PaymentData payments;

    private RunValues(
            Segment s, @Nullable WalletKeys keys, @Nullable SeedPhrases phrases, @Nullable PaymentData payments) {
        this.s = s;
        this.keys = keys;
        this.phrases = phrases;
        this.payments = payments;
    }

    /** Null where no group is wanted. What was put together from pieces is only searched for what has a strong check value. */
    public static @Nullable RunListener of(ScanContext run, Segment s) {
        boolean whole = s.view().joined() == Joined.NO;
        boolean keys = run.wants(Detector.WALLET_KEYS);
        boolean payments = whole && run.wants(Detector.PAYMENT_DATA);
        if (!keys && !payments) {
            return null;
        }
        boolean phrases = keys && whole && s.to() - s.low() >= SeedPhrases.SHORTEST;
        return new RunValues(
                s,
                keys ? new WalletKeys(new Hits(run, s, Detector.WALLET_KEYS)) : null,
                phrases ? new SeedPhrases(run, s) : null,
                payments ? new PaymentData(new Hits(run, s, Detector.PAYMENT_DATA)) : null);
    }

    @Override
    public void block(int at, long words, long digits, long capitals) {
        if (phrases != null) {
            phrases.block(at, words, digits, capitals);
        }
        if (payments != null && digits != 0) {
            payments.block(at, digits, capitals);
        }
    }

    @Override
    public void run(int start, int end) {
        if (keys != null && start < s.limit()) {
            keys.run(start, end);
        }
    }
}
