package egress.dlp.builtin;

import java.util.Arrays;

/** The bodies of multipart parts (RFC 2046) in a row; the boundary is the first line, whatever Content-Type says. */
final class MultipartJoin implements Join {
    private static final int LONGEST_BOUNDARY = 80;

    private enum State {
        BOUNDARY,
        HEADERS,
        CONTENT
    }

    private final Pieces parts;
    private final JsonJoin quoted;
    private final Piece piece = new Piece();
    private final byte[] line = new byte[LONGEST_BOUNDARY];
    private byte[] boundary = new byte[0];
    private int lineLength;
    private State state = State.BOUNDARY;

    MultipartJoin(ScanRun run, View view) {
        this.parts = new Pieces(run, view.pieces());
        this.quoted = new JsonJoin(run, view);
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
            int kept = Math.min(i - start, LONGEST_BOUNDARY - Math.min(lineLength, LONGEST_BOUNDARY));
            if (kept > 0) {
                System.arraycopy(b, start, line, lineLength, kept);
            }
            lineLength += i - start;
            if (state == State.CONTENT && lineLength > LONGEST_BOUNDARY) {
                content(b, start, i, kept);
            }
            if (i < to) {
                line();
                i++;
            }
        }
    }

    @Override
    public void end() {
        line();
        parts.add(piece);
        parts.end();
        quoted.end();
    }

    // A long line is no boundary: what was kept of it goes first, then what has just come.
    private void content(byte[] b, int start, int end, int kept) {
        if (lineLength - (end - start) <= LONGEST_BOUNDARY) {
            piece.add(line, 0, LONGEST_BOUNDARY);
        }
        piece.add(b, start + Math.max(0, kept), end);
    }

    private void line() {
        int length = Math.min(lineLength, LONGEST_BOUNDARY);
        boolean carriage = lineLength <= LONGEST_BOUNDARY && length > 0 && line[length - 1] == '\r';
        int bare = carriage ? length - 1 : length;
        switch (state) {
            case BOUNDARY -> {
                boundary = Arrays.copyOf(line, bare);
                state = State.HEADERS;
            }
            case HEADERS -> state = bare == 0 ? State.CONTENT : State.HEADERS;
            case CONTENT -> {
                if (boundary.length > 2
                        && bare >= boundary.length
                        && Arrays.equals(line, 0, boundary.length, boundary, 0, boundary.length)) {
                    parts.add(piece);
                    piece.clear();
                    state = State.HEADERS;
                } else if (lineLength <= LONGEST_BOUNDARY) {
                    piece.add(line, 0, bare);
                }
            }
        }
        lineLength = 0;
    }
}
