package egress.dlp.builtin;

import egress.dlp.ContentCoding;
import egress.dlp.MessageScanner;
import egress.dlp.Pace;
import egress.dlp.Place;
import egress.dlp.ScanVerdict;
import egress.dlp.builtin.join.Joiner;
import egress.dlp.builtin.join.Structure;
import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import java.util.EnumMap;
import java.util.Map;

/**
 * Messages in a row over one window: what a message ends with is scanned together with what the next begins with. Their structure is
 * read by the type that the head names, by what each of them begins with, and always for quoted strings.
 */
final class BuiltInMessageScanner implements MessageScanner {
    private static final int WINDOW = 32 * 1024;
    private static final int CARRY = 1024;
    private static final int MESSAGE_ALLOWANCE = 1024;

    private final ScanContext run;
    private final Provenance view;
    private final ScanWindow window;
    private final Structure.Types types;
    private final Map<Structure.Kind, Joiner> joins = new EnumMap<>(Structure.Kind.class);
    private boolean begins = true;

    /** @param types what the head says that the messages are */
    BuiltInMessageScanner(ScanContext run, Place place, Structure.Types types) {
        this.run = run;
        this.types = types;
        this.view = Provenance.of(new Provenance.Whole(place));
        this.window = new ScanWindow(run, view, WINDOW, CARRY);
        open(Structure.Kind.JSON);
        types.kinds().forEach(this::open);
    }

    private void open(Structure.Kind kind) {
        joins.computeIfAbsent(kind, each -> Structure.join(run, view, each, types));
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
        if (begins) {
            begins = false;
            open(Structure.kindOf(bytes, offset, offset + length));
        }
        window.put(bytes, offset, offset + length);
        window.flush();
        joins.values().forEach(join -> {
            join.feed(bytes, offset, offset + length);
            join.flush(false);
        });
        return run.verdict();
    }

    @Override
    public ScanVerdict endOfMessage() {
        joins.values().forEach(join -> join.flush(true));
        begins = true;
        return run.verdict();
    }

    @Override
    public void close() {
        window.end();
        joins.values().forEach(Joiner::end);
    }
}
