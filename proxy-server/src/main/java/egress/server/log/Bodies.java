package egress.server.log;

import egress.dlp.ContentCoding;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What was kept of the bodies of one exchange, for the terminal.
 *
 * @param request as the caller sent it; {@code response} as the caller got it
 */
record Bodies(Body request, Body response) {
    /** What is kept of a body, in bytes, and what is shown of it when it is decoded. */
    static final int MOST = 64 << 10;

    int weight() {
        return request.kept.size() + response.kept.size();
    }

    /** A body: filled on its exchange's loop, written by the log's thread afterwards. */
    static final class Body {
        private final ByteArrayOutputStream kept = new ByteArrayOutputStream(0);
        private long length;
        private String type = "";
        private Optional<List<ContentCoding>> codings = Optional.of(List.of());

        /** Takes a copy of what there is room for; how many bytes that are. */
        int take(ByteBuf part, int room) {
            int count = Math.min(part.readableBytes(), Math.min(room, MOST - kept.size()));
            byte[] copy = new byte[count];
            part.getBytes(part.readerIndex(), copy);
            kept.write(copy, 0, count);
            length += part.readableBytes();
            return count;
        }

        /** Notes what its fields say of it. */
        void described(@Nullable HttpHeaders fields) {
            if (fields != null) {
                type = fields.get(HttpHeaderNames.CONTENT_TYPE, "").toLowerCase(Locale.ROOT);
                codings = ContentCoding.of(fields.getAll(HttpHeaderNames.CONTENT_ENCODING));
            }
        }

        /** Writes it as indented lines, masked and decoded; where it is no text, what it is. */
        void write(Terminal to, SecretMasker masker) {
            if (length == 0) {
                return;
            }
            Decoded decoded = decoded();
            String text = decoded == null ? null : text(decoded.bytes());
            if (decoded == null || text == null) {
                line(to, Terminal.Colour.DIM, "[" + description() + "]");
                return;
            }
            boolean cut = decoded.isCut() || kept.size() < length;
            masked(cut ? withoutBrokenWord(text) : text, masker)
                    .lines()
                    .forEach(line -> line(to, Terminal.Colour.PLAIN, line));
            if (cut) {
                line(to, Terminal.Colour.DIM, "[cut; " + description() + "]");
            }
        }

        private static void line(Terminal to, Terminal.Colour colour, String words) {
            to.indented(Terminal.INDENT, colour, words);
        }

        private String description() {
            String of = type.isEmpty() ? "" : " of " + type;
            return TerminalText.size(length)
                    + of
                    + codings.filter(list -> !list.isEmpty())
                            .map(list -> ", " + list.toString().toLowerCase(Locale.ROOT))
                            .orElse("");
        }

        private record Decoded(ByteBuffer bytes, boolean isCut) {}

        /** Null where it cannot be decoded. */
        private @Nullable Decoded decoded() {
            if (codings.isEmpty() || !codings.get().stream().allMatch(ContentCoding::isAvailable)) {
                return null;
            }
            byte[] wire = kept.toByteArray();
            if (codings.get().isEmpty()) {
                return new Decoded(ByteBuffer.wrap(wire), false);
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (InputStream in = ContentCoding.decode(new ByteArrayInputStream(wire), codings.get())) {
                byte[] buffer = new byte[4096];
                int count = 0;
                while (bytes.size() < MOST && (count = in.read(buffer)) >= 0) {
                    bytes.write(buffer, 0, count);
                }
                return new Decoded(ByteBuffer.wrap(bytes.toByteArray()), count >= 0);
            } catch (IOException e) {
                // Of a body that was not kept whole the rest is missing.
                return wire.length < length && bytes.size() > 0
                        ? new Decoded(ByteBuffer.wrap(bytes.toByteArray()), true)
                        : null;
            }
        }

        /** Null where it is no text in UTF-8. */
        private static @Nullable String text(ByteBuffer bytes) {
            CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
            CharBuffer text = CharBuffer.allocate(bytes.remaining());
            // Not the end of the input: what was kept may end within a character.
            CoderResult result = decoder.decode(bytes, text, false);
            boolean hasControls =
                    text.flip().chars().anyMatch(c -> c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f);
            return result.isError() || hasControls ? null : text.toString();
        }

        /** A secret that is cut within is not known for one: the last word goes. */
        private static String withoutBrokenWord(String text) {
            int end = text.length();
            while (end > 0 && !Character.isWhitespace(text.charAt(end - 1))) {
                end--;
            }
            return text.substring(0, end);
        }

        private String masked(String text, SecretMasker masker) {
            if (type.startsWith("application/x-www-form-urlencoded")) {
                return masker.text("?" + text).substring(1); // masked by the names, as a query is
            }
            return masker.text(text);
        }
    }

    static Bodies empty() {
        return new Bodies(new Body(), new Body());
    }
}
