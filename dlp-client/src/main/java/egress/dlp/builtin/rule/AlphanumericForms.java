package egress.dlp.builtin.rule;

import egress.dlp.Detector;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** Known secrets in joined pieces, compared by letters and digits alone, since joining may lose marks and case. */
public final class AlphanumericForms {
    private AlphanumericForms() {}

    public static void scan(DetectorIndex detectors, ScanContext run, Segment s) {
        if (detectors.skeletons().isEmpty() || !run.wants(Detector.KNOWN_SECRETS)) {
            return;
        }
        byte[] bones = of(s.b(), s.low(), s.to());
        Set<byte[]> said = Collections.newSetFromMap(new IdentityHashMap<>(4));
        detectors.skeletonIndex().scan(bones, 0, bones.length, (b, at, literal) -> {
            IndexEntry.Anchor anchor = detectors.skeletons().get(literal);
            if (said.contains(anchor.needle().secret())) {
                return true;
            }
            SecretForm.Extent extent = anchor.needle().extent(b, 0, b.length, at, anchor.anchor());
            if (anchor.needle().counts(extent)) {
                said.add(anchor.needle().secret());
                run.known(
                        s.view(),
                        s.low(),
                        s.to(),
                        anchor.needle().secret(),
                        anchor.needle().part(extent),
                        false);
            }
            return !run.over();
        });
    }

    /** Letters in lower case and digits; everything else is left out. */
    static byte[] of(byte[] b, int from, int to) {
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
