package egress.dlp.builtin;

import egress.dlp.ContentCoding;
import egress.dlp.MessageScanner;
import egress.dlp.Pace;
import egress.dlp.Place;
import egress.dlp.ScanVerdict;
import egress.dlp.builtin.join.JsonJoiner;
import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;

/** Messages in a row over one window: what a message ends with is scanned together with what the next begins with. */
final class BuiltInMessageScanner implements MessageScanner {
    private static final int WINDOW = 32 * 1024;
    private static final int CARRY = 1024;
    private static final int MESSAGE_ALLOWANCE = 1024;

    private final ScanContext run;
    private final ScanWindow window;
    private final JsonJoiner quoted;

    BuiltInMessageScanner(ScanContext run, Place place) {
        this.run = run;
        Provenance view = Provenance.of(new Provenance.Whole(place));
        this.window = new ScanWindow(run, view, WINDOW, CARRY);
        this.quoted = new JsonJoiner(run, view);
    }

    @Override
    public void begin(ContentCoding coding) {
        window.nextIsFollowed(coding);
    }

    @Override
    public void pacedBy(Pace pace) {
        run.pacedBy(pace);
    }

    @Override
    public ScanVerdict feed(byte[] bytes, int offset, int length) {
        run.allow(length + (long) MESSAGE_ALLOWANCE);
        window.put(bytes, offset, offset + length);
        quoted.feed(bytes, offset, offset + length);
        window.flush();
        quoted.flush();
        return run.verdict();
    }

    @Override
    public ScanVerdict endOfMessage() {
        return run.verdict();
    }

    @Override
    public void close() {
        window.end();
        quoted.end();
    }
}
