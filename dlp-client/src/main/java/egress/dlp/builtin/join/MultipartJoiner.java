package egress.dlp.builtin.join;

import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The bodies of multipart parts (RFC 2046) in a row, and each behind its name. A boundary is one that Content-Type names, here or in a
 * part, or else the first line that looks like one: what stands before it is a preamble.
 */
final class MultipartJoiner implements Joiner {
    /** Bytes kept of a line: enough to read a boundary or a part's field from. */
    private static final int LINE = 512;

    private static final int MOST_BOUNDARIES = 16;

    private enum State {
        PREAMBLE,
        HEADERS,
        CONTENT
    }

    private final FragmentJoiner parts;
    private final FragmentJoiner named;
    private final JsonJoiner quoted;
    private final ScanContext run;
    private final Fragment piece = new Fragment();
    private final Fragment name = new Fragment();
    private final byte[] line = new byte[LINE];
    private final List<byte[]> boundaries;
    private final boolean told;
    private int lineLength;
    private State state = State.PREAMBLE;

    /** @param boundaries with their dashes in front, as the head names them */
    MultipartJoiner(ScanContext run, Provenance view, List<byte[]> boundaries) {
        this.run = run;
        this.parts = new FragmentJoiner(run, view.pieces());
        this.named = new FragmentJoiner(run, view.pieces());
        this.quoted = new JsonJoiner(run, view, false);
        this.boundaries = new ArrayList<>(boundaries);
        this.told = !boundaries.isEmpty();
    }

    @Override
    public void feed(byte[] b, int from, int to) {
        quoted.feed(b, from, to);
        int i = from;
        while (i < to) {
            int start = i;
            while (i < to && b[i] != '\n') {
                i++;
            }
            int kept = Math.min(i - start, LINE - Math.min(lineLength, LINE));
            if (kept > 0) {
                System.arraycopy(b, start, line, lineLength, kept);
            }
            lineLength += i - start;
            if (state == State.CONTENT && lineLength > LINE) {
                content(b, start, i, kept);
            }
            if (i < to) {
                line();
                i++;
            }
        }
    }

    @Override
    public void flush(boolean ends) {
        if (ends) {
            line();
            endOfPart();
            state = State.PREAMBLE;
        }
        Fragment begun = new Fragment();
        if (state == State.CONTENT) {
            begun.add(line, 0, Math.min(lineLength, LINE));
        }
        parts.flush(piece, begun);
        named.flush(name, piece, begun);
        quoted.flush(ends);
    }

    @Override
    public void end() {
        line();
        endOfPart();
        parts.end();
        named.end();
        quoted.end();
    }

    // A long line is no boundary: what was kept of it goes first, then what has just come.
    private void content(byte[] b, int start, int end, int kept) {
        if (lineLength - (end - start) <= LINE) {
            piece.add(line, 0, LINE);
        }
        piece.add(b, start + Math.max(0, kept), end);
    }

    private void line() {
        int length = Math.min(lineLength, LINE);
        boolean carriage = lineLength <= LINE && length > 0 && line[length - 1] == '\r';
        int bare = carriage ? length - 1 : length;
        boolean whole = lineLength <= LINE;
        lineLength = 0;
        if (isBoundary(bare)) {
            endOfPart();
            state = State.HEADERS;
        } else if (state == State.HEADERS) {
            if (bare == 0) {
                state = State.CONTENT;
            } else {
                field(new String(line, 0, bare, StandardCharsets.ISO_8859_1));
            }
        } else if (state == State.CONTENT && whole) {
            piece.add(line, 0, bare);
        }
    }

    private boolean isBoundary(int length) {
        if (length < 3 || line[0] != '-' || line[1] != '-') {
            return false;
        }
        for (byte[] boundary : boundaries) {
            if (length >= boundary.length && Arrays.equals(line, 0, boundary.length, boundary, 0, boundary.length)) {
                return true;
            }
        }
        if (state == State.PREAMBLE && !told && boundaries.isEmpty()) {
            boundaries.add(Arrays.copyOf(line, length));
            return true;
        }
        return false;
    }

    private void field(String text) {
        if (text.toLowerCase(Locale.ROOT).contains("boundary") && boundaries.size() < MOST_BOUNDARIES) {
            Structure.boundaries(text, boundaries);
        }
        int at = text.indexOf("name=");
        if (at >= 0) {
            String rest = text.substring(at + "name=".length());
            boolean isQuoted = rest.startsWith("\"");
            int end = isQuoted ? rest.indexOf('"', 1) : rest.indexOf(';');
            String value = rest.substring(isQuoted ? 1 : 0, end < 0 ? rest.length() : end);
            byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
            name.add(bytes, 0, bytes.length);
        }
    }

    private void endOfPart() {
        named.add(name);
        named.add(piece);
        parts.add(piece);
        if (run.gathers()) {
            name.gatherName(run);
            piece.gather(run, name.stem(), name.number());
        }
        name.clear();
        piece.clear();
    }
}
