package egress.dlp.builtin.rule;

import egress.dlp.Detector;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.ObjIntConsumer;

/** Known secrets in joined pieces, compared by letters and digits alone, since joining may lose marks and case. */
public final class AlphanumericForms {
    private AlphanumericForms() {}

    public static void scan(DetectorIndex detectors, ScanContext run, Segment s) {
        if (detectors.alphanumericForms().isEmpty() || !run.wants(Detector.KNOWN_SECRETS)) {
            return;
        }
        byte[] alphanumeric = of(s.b(), s.low(), s.to());
        Set<byte[]> said = Collections.newSetFromMap(new IdentityHashMap<>(4));
        detectors.alphanumericIndex().scan(alphanumeric, 0, alphanumeric.length, (b, at, literal) -> {
            IndexEntry.Anchor anchor = detectors.alphanumericForms().get(literal);
            if (said.contains(anchor.form().secret())) {
                return true;
            }
            SecretForm.Extent extent = anchor.form().extent(b, 0, b.length, at, anchor.anchor());
            if (anchor.form().counts(extent)) {
                said.add(anchor.form().secret());
                run.known(
                        s.view(),
                        s.low(),
                        s.to(),
                        anchor.form().secret(),
                        anchor.form().part(extent),
                        false);
            }
            return !run.over();
        });
    }

    /** Calls back for each beginning of a match in text of letters in lower case and digits. */
    public static void scan(DetectorIndex detectors, byte[] text, int length, ObjIntConsumer<IndexEntry.Anchor> match) {
        detectors.alphanumericIndex().scan(text, 0, length, (b, at, literal) -> {
            match.accept(detectors.alphanumericForms().get(literal), at);
            return true;
        });
    }

    /** Letters in lower case and digits; everything else is left out. */
    public static byte[] of(byte[] b, int from, int to) {
        byte[] out = new byte[to - from];
        int n = 0;
        for (int i = from; i < to; i++) {
            byte c = b[i];
            if (c >= 'A' && c <= 'Z') {
                out[n++] = (byte) (c + 32);
            } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
                out[n++] = c;
            }
        }
        return Arrays.copyOf(out, n);
    }
}
