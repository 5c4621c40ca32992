package egress.dlp.builtin.rule;

import egress.dlp.Detector;
import egress.dlp.HeaderField;
import egress.dlp.Place;
import egress.dlp.ScanRequest;
import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** CR, LF or NUL in the request line or a field, raw or encoded up to five times. */
public final class HeaderInjection {
    private static final int DECODINGS = 5;

    private HeaderInjection() {}

    public static void head(ScanContext run, ScanRequest request) {
        part(run, request.host(), new Place.Host(), true);
        part(run, request.method(), new Place.Method(), true);
        part(run, request.path(), new Place.Path(), true);
        part(run, request.query(), new Place.Query(), true);
        for (HeaderField field : request.fields()) {
            part(run, field.name(), new Place.Fields(), true);
            part(run, field.value(), new Place.Field(field.name()), false);
        }
    }

    public static void trailers(ScanContext run, List<HeaderField> trailers) {
        for (HeaderField field : trailers) {
            part(run, field.name(), new Place.Trailers(), true);
            part(run, field.value(), new Place.Trailer(field.name()), false);
        }
    }

    private static void part(ScanContext run, String text, Place place, boolean target) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        boolean escapes = false;
        for (byte c : bytes) {
            if (c == '\r' || c == '\n' || c == 0) {
                report(run, place, bytes);
                return;
            }
            escapes |= c == '%' || c == '\\' || c == '&' || c < 0;
        }
        byte[] last = bytes;
        for (int i = 0; escapes && i < DECODINGS; i++) {
            byte[] next = decoded(last, target);
            if (next.length == last.length) {
                return;
            }
            for (int k = 0; k < next.length; k++) {
                if (next[k] == '\r' || next[k] == '\n') {
                    report(run, place, bytes);
                    return;
                }
            }
            last = next;
        }
    }

    // Percent, \\u000d and &#13;, and the pair of ideographs whose low bytes are CR and LF; \r\n spelt out counts in a
    // target only.
    private static byte[] decoded(byte[] b, boolean target) {
        byte[] out = new byte[b.length];
        int n = 0;
        int i = 0;
        while (i < b.length) {
            int width = 1;
            int value = b[i];
            if (b[i] == '%' && i + 2 < b.length && CharTables.hex(b, i + 1, 2) >= 0) {
                value = CharTables.hex(b, i + 1, 2);
                width = 3;
            } else if (b[i] == '%' && i + 5 < b.length && (b[i + 1] | 32) == 'u' && CharTables.hex(b, i + 2, 4) >= 0) {
                value = CharTables.hex(b, i + 2, 4) & 0x7f;
                width = 6;
            } else if (b[i] == '\\' && i + 5 < b.length && b[i + 1] == 'u' && CharTables.hex(b, i + 2, 4) >= 0) {
                value = CharTables.hex(b, i + 2, 4) & 0x7f;
                width = 6;
            } else if (b[i] == '\\' && i + 3 < b.length && b[i + 1] == 'x' && CharTables.hex(b, i + 2, 2) >= 0) {
                value = CharTables.hex(b, i + 2, 2);
                width = 4;
            } else if (target
                    && b[i] == '\\'
                    && i + 3 < b.length
                    && b[i + 1] == 'r'
                    && b[i + 2] == '\\'
                    && b[i + 3] == 'n') {
                value = '\n';
                width = 4;
            } else if (b[i] == '&' && i + 4 < b.length && b[i + 1] == '#') {
                int end = reference(b, i);
                if (end > 0) {
                    value = '\n';
                    width = end - i;
                }
            } else if (i + 2 < b.length
                    && (b[i] & 0xff) == 0xe5
                    && (b[i + 1] & 0xff) == 0x98
                    && (b[i + 2] & 0xff) == 0x8d) {
                value = '\r';
                width = 3;
            }
            out[n++] = (byte) value;
            i += width;
        }
        return Arrays.copyOf(out, n);
    }

    // &#13; &#10; &#xd; &#xa; with leading zeros: the index behind it, or -1.
    private static int reference(byte[] b, int i) {
        boolean hex = (b[i + 2] | 32) == 'x';
        int k = hex ? i + 3 : i + 2;
        int value = 0;
        while (k < b.length && k - i < 12 && CharTables.hex(b[k]) >= 0) {
            value = value * (hex ? 16 : 10) + CharTables.hex(b[k++]);
        }
        return (value == '\r' || value == '\n') && k < b.length && b[k] == ';' ? k + 1 : -1;
    }

    private static void report(ScanContext run, Place place, byte[] value) {
        Provenance view = Provenance.of(new Provenance.Whole(place)).pieces();
        run.report("line_break", Detector.STRUCTURE, view, 0, 0, value, false);
    }
}
