package egress.dlp.builtin;

import egress.dlp.Detector;
import egress.dlp.Redactor;
import egress.dlp.builtin.Target.Anchor;
import egress.dlp.builtin.Target.Compressed;
import egress.dlp.builtin.Target.Dump;
import egress.dlp.builtin.Target.Keyword;
import egress.dlp.builtin.Target.TellingName;
import egress.dlp.builtin.Target.Uuencoded;
import org.jspecify.annotations.Nullable;

/** What to do where a literal of the catalogue stands. */
final class LiteralHits implements LiteralIndex.Hits {
    private static final int DRESSED = 512;
    /** So many bytes of what is in base64 or hex tell whether it is zlib. */
    private static final int HEAD = 384;

    private final ScanRun run;
    private final Stretch stretch;
    private final RuleMatch rules;
    private final AssignedSecrets assigned;
    private final @Nullable Window window;
    private @Nullable Needle lastNeedle;
    private int lastEnd;
    /** How far seams and dumps have been read. */
    private int readTo;

    private @Nullable ArmourRuns base64Runs;
    private @Nullable ArmourRuns hexRuns;

    LiteralHits(ScanRun run, Stretch stretch, @Nullable Window window) {
        this.run = run;
        this.stretch = stretch;
        this.rules = new RuleMatch(run, stretch);
        this.assigned = new AssignedSecrets(run, stretch);
        this.window = window;
    }

    @Override
    public boolean hit(byte[] b, int at, int literal) {
        if (at >= stretch.limit()) {
            return true;
        }
        // The commonest first, and no pattern switch: its type test costs more than what most hits then do.
        Target target = run.catalogue.target(literal);
        if (target instanceof TellingName) {
            assigned.named(b, at);
        } else if (target instanceof Keyword keyword) {
            keyword(b, at, keyword);
        } else if (target instanceof Anchor anchor) {
            anchor(b, at, anchor);
        } else if (target instanceof Compressed compressed) {
            compressed(at, compressed);
        } else {
            written(at, target);
        }
        return !run.over();
    }

    private ArmourRuns armours(Target.Packing packing) {
        boolean hex = packing == Target.Packing.HEX;
        ArmourRuns runs = hex ? hexRuns : base64Runs;
        if (runs == null) {
            runs = new ArmourRuns(stretch, packing, window);
            base64Runs = hex ? base64Runs : runs;
            hexRuns = hex ? runs : hexRuns;
        }
        return runs;
    }

    private void written(int at, Target target) {
        if (at >= readTo && !stretch.view().isJoined() && stretch.view().depth() < ScanRun.MAX_DEPTH) {
            if (target instanceof Uuencoded) {
                readTo = Uuencode.headed(run, stretch, at);
            } else {
                readTo = target instanceof Dump ? HexDump.read(run, stretch, at) : Glue.read(run, stretch, at);
            }
        }
    }

    private void keyword(byte[] b, int at, Keyword keyword) {
        switch (keyword.dress()) {
            case PLAIN -> rules.at(keyword.rule(), at, keyword.length());
            case REVERSED -> {
                int end = at + keyword.length();
                int start = Math.max(stretch.low(), end - DRESSED);
                byte[] copy = new byte[end - start];
                for (int i = 0; i < copy.length; i++) {
                    copy[i] = b[end - 1 - i];
                }
                rules.dressed(keyword.rule(), copy, start, end, true);
            }
            case ROT13 -> {
                int end = Math.min(stretch.to(), at + DRESSED);
                byte[] copy = new byte[end - at];
                for (int i = 0; i < copy.length; i++) {
                    copy[i] = (byte) Catalogue.rot13(b[at + i]);
                }
                rules.dressed(keyword.rule(), copy, at, end, false);
            }
        }
    }

    private void anchor(byte[] b, int at, Anchor anchor) {
        Needle needle = anchor.needle();
        boolean again = needle.equals(lastNeedle) && (at < lastEnd || !run.options.everyHit());
        if (again || !run.wants(Detector.KNOWN_SECRETS)) {
            return;
        }
        Needle.Extent extent = needle.extent(b, stretch.low(), stretch.to(), at, anchor.anchor());
        boolean together = needle.counts(extent);
        Needle.Extent found = together ? extent : needle.apart(b, stretch.low(), stretch.to(), at, anchor.anchor());
        if (found == null) {
            return;
        }
        lastNeedle = needle;
        lastEnd = found.end();
        boolean verbatim = together
                && needle.verbatim()
                && stretch.view().verbatim()
                && Redactor.masks(
                        needle.dressed(),
                        found.from(),
                        found.to(),
                        stretch.view().place(found.start()));
        run.known(stretch.view(), found.start(), found.end(), needle, needle.part(found), verbatim);
    }

    private void compressed(int at, Compressed compressed) {
        Target.Packing packing = compressed.packing();
        if (window != null && window.isFollowed(stretch, at, packing)) {
            return;
        }
        switch (packing) {
            case BASE64, HEX -> armoured(at, compressed);
            case ZLIB -> {
                if (ZlibHead.mayBegin(stretch.b(), at, stretch.to())) {
                    Inflation.begin(run, stretch, packing, at, window);
                }
            }
            case PNG -> {
                if (PngRows.begin(stretch.b(), stretch.low(), at + 4, stretch.to())) {
                    Inflation.begin(run, stretch, packing, at + 4, window);
                }
            }
            case GZIP, ZIP, ZSTD, PDF -> Inflation.begin(run, stretch, packing, at, window);
        }
    }

    private void armoured(int at, Compressed compressed) {
        boolean base64 = compressed.packing() == Target.Packing.BASE64;
        int start = Armour.back(stretch, at, compressed.back(), base64);
        if (start < 0) {
            return;
        }
        if (compressed.zlib() >= 0) {
            byte[] head = run.scratch().lend(HEAD);
            int n = Armour.head(stretch, start, base64, head, HEAD);
            boolean proven = ZlibHead.inflates(run, head, compressed.zlib(), n);
            run.scratch().back(head);
            if (!proven) {
                return;
            }
        }
        // What is in step with one that is being unpacked is found within that.
        if (armours(compressed.packing()).isNew(start)) {
            Inflation.begin(run, stretch, compressed.packing(), start, window);
        }
    }
}
