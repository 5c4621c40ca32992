package egress.server.trace;

import egress.dlp.ContentCoding;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads what a call of a language model says of itself out of copies of its bodies, which may have been cut short. */
final class LlmReader {
    private static final int MOST_DECODED = 4 << 20;
    private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);

    private final JsonPaths request = LlmFacts.requestPaths();
    private final JsonPaths response = LlmFacts.responsePaths();

    LlmFacts read(LlmCall call, String target) {
        LlmFacts facts = new LlmFacts(call.api(), call.api().modelOf(target));
        byte[] asked = decoded(call.request().beginning(), call.requestCodings());
        request.read(json(asked, 0, asked.length), facts::request);
        BodyCopy answer = call.response();
        if (answer != null) {
            byte[] beginning = decoded(answer.beginning(), call.responseCodings());
            if (call.isStream()) {
                events(beginning, 0, facts);
                byte[] end = answer.end();
                events(end, lineAfter(end, 0), facts);
            } else {
                response.read(json(beginning, 0, beginning.length), facts::response);
            }
        }
        return facts;
    }

    /** Each event's data is JSON of its own; a line that was cut is read as far as it goes. */
    private void events(byte[] text, int from, LlmFacts facts) {
        int line = from;
        while (line < text.length) {
            int next = lineAfter(text, line);
            if (Arrays.equals(text, line, Math.min(line + DATA.length, text.length), DATA, 0, DATA.length)) {
                int at = line + DATA.length;
                response.read(json(text, at, next), facts::response);
            }
            line = next;
        }
    }

    /** Without a number at its end, which may have been cut: JSON that is whole ends with none. */
    private static InputStream json(byte[] text, int from, int to) {
        int end = to;
        while (end > from && (text[end - 1] >= '0' && text[end - 1] <= '9' || "+-.eE".indexOf(text[end - 1]) >= 0)) {
            end--;
        }
        return new ByteArrayInputStream(text, from, end - from);
    }

    private static int lineAfter(byte[] text, int from) {
        for (int i = from; i < text.length; i++) {
            if (text[i] == '\n') {
                return i + 1;
            }
        }
        return text.length;
    }

    /** As much as can be decoded of what may have been cut short. */
    private static byte[] decoded(byte[] body, List<String> codings) {
        Optional<List<ContentCoding>> known = ContentCoding.of(codings);
        if (known.isEmpty() || !known.get().stream().allMatch(ContentCoding::isAvailable)) {
            return new byte[0];
        }
        if (known.get().isEmpty()) {
            return body;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] piece = new byte[8192];
        try (InputStream in = ContentCoding.decode(new ByteArrayInputStream(body), known.get())) {
            int n = in.read(piece);
            while (n > 0 && out.size() < MOST_DECODED) {
                out.write(piece, 0, n);
                n = in.read(piece);
            }
        } catch (IOException | RuntimeException e) {
            return out.toByteArray(); // cut short or broken: what came before
        }
        return out.toByteArray();
    }
}
