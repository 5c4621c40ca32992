package egress.dlp.builtin.kind;

import egress.dlp.Detector;
import egress.dlp.builtin.people.PeopleTables;
import egress.dlp.builtin.scan.Provenance.Joined;
import egress.dlp.builtin.scan.RunListener;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;
import org.jspecify.annotations.Nullable;

/** Looks for the values of the wanted groups in one segment. Most segments are short and hold nothing: what looks is made when it is needed. */
public final class RunValues implements RunListener {
    private final ScanContext run;
    private final Segment s;
    private final boolean wallets;
    private final boolean phrasesToo;
    private final boolean cards;
    private final boolean anyAddress;
    private final boolean ids;
    private @Nullable WalletKeys keys;
    private @Nullable SeedPhrases phrases;
    private @Nullable PaymentData payments;
    private @Nullable WalletAddresses addresses;
    private @Nullable PersonalData people;

    private RunValues(ScanContext run, Segment s) {
        boolean whole = s.view().joined() == Joined.NO;
        this.run = run;
        this.s = s;
        this.wallets = run.wants(Detector.WALLET_KEYS);
        this.phrasesToo = wallets && whole && s.to() - s.low() >= SeedPhrases.SHORTEST;
        this.cards = whole && run.wants(Detector.PAYMENT_DATA);
        this.anyAddress = run.wants(Detector.WALLET_ADDRESSES);
        this.ids = whole && run.wants(Detector.PERSONAL_DATA);
    }

    /** Null where no group is wanted. What was put together from pieces is only searched for what has a strong check value. */
    public static @Nullable RunValues of(ScanContext run, Segment s) {
        boolean any = run.wants(Detector.WALLET_KEYS)
                || run.wants(Detector.PAYMENT_DATA)
                || run.wants(Detector.WALLET_ADDRESSES)
                || run.wants(Detector.PERSONAL_DATA);
        return any ? new RunValues(run, s) : null;
    }

    @Override
    public void block(int at, long words, long digits, long capitals) {
        if (phrasesToo) {
            SeedPhrases looks = phrases;
            if (looks == null) {
                looks = new SeedPhrases(run, s);
                phrases = looks;
            }
            looks.block(at, words, digits, capitals);
        }
        if (digits != 0) {
            numbers(at, digits, capitals);
        }
    }

    private void numbers(int at, long digits, long capitals) {
        if (cards) {
            PaymentData looks = payments;
            if (looks == null) {
                looks = new PaymentData(new Hits(run, s, Detector.PAYMENT_DATA));
                payments = looks;
            }
            looks.block(at, digits, capitals);
        }
        if (ids) {
            PersonalData looks = people;
            if (looks == null) {
                looks = new PersonalData(new Hits(run, s, Detector.PERSONAL_DATA));
                people = looks;
            }
            looks.block(at, digits);
        }
    }

    /** The end of the segment: a table of people has digits. */
    public void end() {
        if (ids && people != null) {
            PeopleTables.scan(run, s);
        }
    }

    @Override
    public void run(int start, int end) {
        if (start >= s.limit()) {
            return;
        }
        if (wallets) {
            WalletKeys looks = keys;
            if (looks == null) {
                looks = new WalletKeys(new Hits(run, s, Detector.WALLET_KEYS));
                keys = looks;
            }
            looks.run(start, end);
        }
        if (anyAddress) {
            WalletAddresses looks = addresses;
            if (looks == null) {
                looks = new WalletAddresses(new Hits(run, s, Detector.WALLET_ADDRESSES));
                addresses = looks;
            }
            looks.run(start, end);
        }
    }
}
