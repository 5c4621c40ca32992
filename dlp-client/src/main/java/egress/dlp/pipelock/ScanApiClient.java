package egress.dlp.pipelock;

import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Clean;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** Text by text through the scan API: the URL, the fields, the body in overlapping parts, and the strings of a JSON body together. */
final class ScanApiClient implements PipelockClient {
    /** In bytes: even all escaped and doubled by UTF-8, it stays within the API's default bounds of 512 KiB a text and 1 MiB a body. */
    private static final int PART = 160 * 1024;

    private static final int OVERLAP = 8 * 1024;
    private static final Pattern ENCODED = Pattern.compile("[A-Za-z0-9+/]{20,}={0,2}");

    private final ScanApi api;
    private final long maxBody;

    ScanApiClient(ScanApi api, long maxBody) {
        this.api = api;
        this.maxBody = maxBody;
    }

    @Override
    public ScanVerdict ask(ScanRequest request, Deadline deadline) throws IOException {
        DecodedBody body = DecodedBody.of(request, maxBody);
        ScanVerdict verdict = api.url(request, deadline);
        // It splits a text at & before it decodes the pieces, each of which may be encoded.
        verdict = verdict instanceof Clean ? text(segments(RequestRendering.texts(request)), deadline) : verdict;
        verdict = verdict instanceof Clean && request.host().isEmpty() ? text(request.target(), deadline) : verdict;
        if (!(verdict instanceof Clean) || body.isEmpty()) {
            return verdict;
        }
        verdict = parts(body, deadline);
        verdict = verdict instanceof Clean ? strings(body, deadline) : verdict;
        return verdict instanceof Clean && body.isTextOnTheWire() ? parts(body.onTheWire(), deadline) : verdict;
    }

    private ScanVerdict parts(DecodedBody body, Deadline deadline) throws IOException {
        byte[] part = new byte[PART];
        int kept = 0;
        try (InputStream in = body.open()) {
            while (true) {
                int n = in.readNBytes(part, kept, PART - kept);
                if (n == 0 && kept > 0 && kept <= OVERLAP) {
                    return ScanVerdict.clean();
                }
                int end = kept + n;
                ScanVerdict verdict = api.text(decoded(part, end), deadline);
                if (!(verdict instanceof Clean) || end < PART) {
                    return verdict;
                }
                System.arraycopy(part, PART - OVERLAP, part, 0, OVERLAP);
                kept = OVERLAP;
            }
        }
    }

    // On raw JSON it finds nothing that is encoded or lies in two values.
    private ScanVerdict strings(DecodedBody body, Deadline deadline) throws IOException {
        JsonBodies.Strings strings;
        try (InputStream in = body.open()) {
            if (JsonBodies.shape(in) == JsonBodies.Shape.NOT_JSON) {
                return ScanVerdict.clean();
            }
        }
        try (InputStream in = body.open()) {
            strings = JsonBodies.strings(in);
        } catch (BodyRefusedException tooMuch) {
            return ScanVerdict.clean();
        }
        for (List<String> some : List.of(strings.values(), strings.keys())) {
            ScanVerdict apart = text(segments(some), deadline);
            ScanVerdict joined = apart instanceof Clean ? text(String.join("\n", some), deadline) : apart;
            if (!(joined instanceof Clean)) {
                return joined;
            }
        }
        return ScanVerdict.clean();
    }

    private ScanVerdict text(String text, Deadline deadline) throws IOException {
        int from = 0;
        while (true) {
            int to = Math.min(text.length(), from + PART / 2);
            ScanVerdict verdict = api.text(text.substring(from, to), deadline);
            if (!(verdict instanceof Clean) || to == text.length()) {
                return verdict;
            }
            from = to - OVERLAP;
        }
    }

    private static String segments(List<String> texts) {
        StringBuilder out = new StringBuilder();
        for (String text : texts) {
            for (String word : text.split(" ", -1)) {
                // It splits at / and = as well, which would break base64; its other alphabet means the same.
                String whole = ENCODED.matcher(word).matches()
                        ? word.replace('+', '-').replace('/', '_').replace("=", "")
                        : word;
                out.append(out.isEmpty() ? "" : "&").append(whole);
            }
        }
        return out.toString();
    }

    // As UTF-8 where it is, whole characters only: what is cut off at an edge stands in the neighbouring part.
    private static String decoded(byte[] bytes, int end) {
        int from = 0;
        while (from < Math.min(3, end) && (bytes[from] & 0xc0) == 0x80) {
            from++;
        }
        int to = end;
        for (int back = 1; back <= Math.min(4, end - from); back++) {
            int b = bytes[end - back] & 0xff;
            if (b >= 0xc0) {
                int need = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : 2;
                to = back < need ? end - back : end;
                break;
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, from, to - from))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            return new String(Arrays.copyOf(bytes, end), StandardCharsets.ISO_8859_1);
        }
    }

    @Override
    public void close() throws IOException {
        api.close();
    }
}
