package egress.dlp.builtin;

import egress.dlp.ContentCoding;
import egress.dlp.MessageScanner;
import egress.dlp.Pace;
import egress.dlp.Place;
import egress.dlp.ScanVerdict;
import egress.dlp.SentBefore;
import egress.dlp.SentValues.Carrier;
import egress.dlp.builtin.join.Joiner;
import egress.dlp.builtin.join.Structure;
import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.SmallValues;
import egress.dlp.given.SentText;
import java.io.ByteArrayOutputStream;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Messages in a row over one window: what a message ends with is scanned together with what the next begins with. Their structure is
 * read by the type that the head names, by what each of them begins with, and always for quoted strings.
 */
final class BuiltInMessageScanner implements MessageScanner {
    private static final int WINDOW = 32 * 1024;
    private static final int CARRY = 1024;
    private static final int MESSAGE_ALLOWANCE = 1024;
    /** A message that is no longer than this may be one value, or have fields without a structure that is known. */
    private static final int MESSAGE = 1024;

    private final ScanContext run;
    private final Provenance view;
    private final ScanWindow window;
    private final Structure.Types types;
    private final Map<Structure.Kind, Joiner> joins = new EnumMap<>(Structure.Kind.class);
    private boolean begins = true;
    /** What the messages are joined with; null where they are not. */
    private @Nullable SentBefore before;

    private final SplitSearch search;
    /** The beginning of the message, which may be all of it. */
    private final ByteArrayOutputStream message = new ByteArrayOutputStream(0);

    private boolean told;
    private SentText leaving = SentText.none();

    /**
     * @param types what the head says that the messages are
     * @param search for what was sent in parts
     */
    BuiltInMessageScanner(ScanContext run, Place place, Structure.Types types, SplitSearch search) {
        this.run = run;
        this.search = search;
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
            begin(bytes, offset, length);
        }
        leaving.take(bytes, offset, offset + length);
        window.put(bytes, offset, offset + length);
        window.flush();
        if (before != null) {
            message.write(bytes, offset, Math.min(length, MESSAGE + 1 - message.size()));
            run.carries(told ? Carrier.BODY : null);
        }
        joins.values().forEach(join -> {
            join.feed(bytes, offset, offset + length);
            join.flush(false);
        });
        run.carries(null);
        return told(run.verdict());
    }

    private ScanVerdict told(ScanVerdict verdict) {
        if (before != null && (verdict instanceof ScanVerdict.Clean || before.leavesAnyway())) {
            leaving.left();
        }
        return verdict;
    }

    private void begin(byte[] bytes, int offset, int length) {
        SentBefore with = before;
        if (with != null) {
            message.reset();
            told = !types.kinds().isEmpty() || Structure.isTold(bytes, offset, offset + length);
            run.gathers(new SmallValues(with.values().get()));
        }
    }

    @Override
    public ScanVerdict endOfMessage() {
        SentBefore with = begins ? null : before;
        run.carries(with != null && told ? Carrier.BODY : null);
        joins.values().forEach(join -> join.flush(true));
        if (with != null) {
            compare(with);
        }
        run.carries(null);
        leaving.end();
        begins = true;
        return run.verdict();
    }

    private void compare(SentBefore with) {
        byte[] start = message.toByteArray();
        if (start.length <= MESSAGE) {
            if (!told) {
                run.carries(Carrier.BODY);
                ProtobufFields.gather(run, start, start.length);
            }
            run.whole(start, 0, start.length);
        }
        search.compare(run, with.leavesAnyway());
        run.gathers(null);
    }

    @Override
    public void follows(SentBefore sent) {
        before = sent;
        if (sent.to() != null) {
            leaving = SentText.to(sent.to().given(), sent.to().host());
        }
    }

    @Override
    public void close() {
        window.end();
        joins.values().forEach(Joiner::end);
    }
}
