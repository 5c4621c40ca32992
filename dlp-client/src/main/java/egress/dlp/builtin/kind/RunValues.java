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
    private final @Nullable WalletAddresses addresses;
    private final @Nullable PersonalData people;

    private RunValues(ScanContext run, Segment s) {
        boolean whole = s.view().joined() == Joined.NO;
        boolean wallets = run.wants(Detector.WALLET_KEYS);
        this.s = s;
        this.keys = wallets ? new WalletKeys(new Hits(run, s, Detector.WALLET_KEYS)) : null;
        this.phrases = wallets && whole && s.to() - s.low() >= SeedPhrases.SHORTEST ? new SeedPhrases(run, s) : null;
        this.payments = whole && run.wants(Detector.PAYMENT_DATA)
                ? new PaymentData(new Hits(run, s, Detector.PAYMENT_DATA))
                : null;
        this.addresses = run.wants(Detector.WALLET_ADDRESSES)
                ? new WalletAddresses(new Hits(run, s, Detector.WALLET_ADDRESSES))
                : null;
        this.people = whole && run.wants(Detector.PERSONAL_DATA)
                ? new PersonalData(new Hits(run, s, Detector.PERSONAL_DATA))
                : null;
    }

    /** Null where no group is wanted. What was put together from pieces is only searched for what has a strong check value. */
    public static @Nullable RunListener of(ScanContext run, Segment s) {
        boolean any = run.wants(Detector.WALLET_KEYS)
                || run.wants(Detector.PAYMENT_DATA)
                || run.wants(Detector.WALLET_ADDRESSES)
                || run.wants(Detector.PERSONAL_DATA);
        return any ? new RunValues(run, s) : null;
    }

    @Override
    public void block(int at, long words, long digits, long capitals) {
        if (phrases != null) {
            phrases.block(at, words, digits, capitals);
        }
        if (payments != null && digits != 0) {
            payments.block(at, digits, capitals);
        }
        if (people != null && digits != 0) {
            people.block(at, digits);
        }
    }

    @Override
    public void run(int start, int end) {
        if (keys != null && start < s.limit()) {
            keys.run(start, end);
        }
        if (addresses != null && start < s.limit()) {
            addresses.run(start, end);
        }
    }
}
