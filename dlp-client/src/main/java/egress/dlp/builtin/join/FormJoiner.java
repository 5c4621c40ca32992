package egress.dlp.builtin.join;

import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;

/** Parameters {@code a=b&c=d}: all values in a row, all names in a row, and each value behind its name. */
public final class FormJoiner implements Joiner {
    private final FragmentJoiner values;
    private final FragmentJoiner names;
    private final FragmentJoiner both;
    private final Fragment piece = new Fragment();
    private boolean inValue;
    private final ScanContext run;
    private int stem;
    private int number = -1;

    public FormJoiner(ScanContext run, Provenance view) {
        this.run = run;
        this.values = new FragmentJoiner(run, view.pieces());
        this.names = new FragmentJoiner(run, view.pieces());
        this.both = new FragmentJoiner(run, view.pieces());
    }

    @Override
    public void feed(byte[] b, int from, int to) {
        int i = from;
        while (i < to) {
            int start = i;
            while (i < to && b[i] != '&' && b[i] != ';' && (inValue || b[i] != '=')) {
                i++;
            }
            piece.add(b, inValue ? start : afterSpace(b, start, i), i);
            if (i < to) {
                ended();
                inValue = b[i] == '=';
                i++;
            }
        }
    }

    @Override
    public void flush(boolean ends) {
        if (ends) {
            ended();
            inValue = false;
        }
        if (inValue) {
            values.flush(piece);
            names.flush();
        } else {
            values.flush();
            names.flush(piece);
        }
        both.flush(piece);
    }

    @Override
    public void end() {
        ended();
        values.end();
        names.end();
        both.end();
    }

    private int afterSpace(byte[] b, int start, int end) {
        int i = start;
        while (piece.isEmpty() && i < end && b[i] == ' ') {
            i++;
        }
        return i;
    }

    private void ended() {
        (inValue ? values : names).add(piece);
        both.add(piece);
        if (run.gathers()) {
            gather();
        }
        piece.clear();
    }

    private void gather() {
        if (inValue) {
            piece.gather(run, stem, number);
        } else {
            stem = piece.stem();
            number = piece.number();
            piece.gatherName(run);
        }
    }
}
