package egress.dlp.builtin;

import egress.dlp.ContentCoding;

import egress.dlp.MessageScanner;
import egress.dlp.Pace;
import egress.dlp.Place;
import egress.dlp.ScanVerdict;

/** Messages in a row over one window: what a message ends with is scanned together with what the next begins with. */
final class BuiltInMessageScanner implements MessageScanner {
    private static final int WINDOW = 32 * 1024;
    private static final int CARRY = 1024;
    private static final int MESSAGE_ALLOWANCE = 1024;

    private final ScanRun run;
    private final Window window;
    private final JsonJoin quoted;

    BuiltInMessageScanner(ScanRun run, Place place) {
        this.run = run;
        View view = View.of(new View.Whole(place));
        this.window = new Window(run, view, WINDOW, CARRY);
        this.quoted = new JsonJoin(run, view);
    }

    @Override
    public void begin(ContentCoding coding) {
        window.nextIsFollowed(coding.packing());
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
