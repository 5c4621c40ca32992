package egress.dlp.builtin.join;

import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;

/** Text between the tags of XML or HTML, in a row, and the quoted attribute values in a row. */
final class MarkupJoiner implements Joiner {
    private final FragmentJoiner texts;
    private final JsonJoiner quoted;
    private final Fragment piece = new Fragment();
    private boolean inTag;
    private final Fragment tag = new Fragment();
    private int stem;
    private int number = -1;
    private final ScanContext run;

    MarkupJoiner(ScanContext run, Provenance view) {
        this.run = run;
        this.texts = new FragmentJoiner(run, view.pieces());
        this.quoted = new JsonJoiner(run, view);
    }

    @Override
    public void feed(byte[] b, int from, int to) {
        int i = from;
        while (i < to) {
            int start = i;
            byte stop = (byte) (inTag ? '>' : '<');
            while (i < to && b[i] != stop) {
                i++;
            }
            if (inTag && run.gathers()) {
                tag.add(b, start, i);
            }
            if (inTag) {
                quoted.feed(b, start, i);
            } else {
                text(b, start, i);
            }
            if (i < to) {
                if (!inTag) {
                    text();
                }
                named();
                inTag = !inTag;
                i++;
            }
        }
    }

    @Override
    public void flush(boolean ends) {
        if (ends) {
            text();
        }
        texts.flush(piece);
        quoted.flush(ends);
    }

    @Override
    public void end() {
        text();
        texts.end();
        quoted.end();
    }

    private void text() {
        texts.add(piece);
        if (run.gathers()) {
            piece.gather(run, stem, number);
        }
        piece.clear();
    }

    /** A tag ends, or one begins. */
    private void named() {
        if (inTag && !tag.isEmpty()) {
            stem = tag.stemOfWord();
            number = tag.numberInWord();
        }
        tag.clear();
    }

    private void text(byte[] b, int start, int end) {
        int from = start;
        int to = end;
        while (piece.isEmpty() && from < to && b[from] <= ' ' && b[from] >= 0) {
            from++;
        }
        while (to > from && b[to - 1] <= ' ' && b[to - 1] >= 0) {
            to--;
        }
        piece.add(b, from, to);
    }
}
