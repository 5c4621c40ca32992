package egress.server.dlp.judge;

import egress.dlp.Finding;
import egress.dlp.HeaderField;
import egress.dlp.MessageScanner;
import egress.dlp.Pace;
import egress.dlp.Place;
import egress.dlp.PlainText;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Clean;
import egress.dlp.ScanVerdict.Found;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.ScanVerdict.Refused;
import egress.server.dlp.judge.MessagePayload.Kind;
import egress.server.dlp.judge.MessagePayload.Reading;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Scans messages in a row, each of their readings with a scanner of its own. One thread at a time. */
public final class Readings {
    private static final int PIECE = 8 * 1024;
    /** How much a message may decode to: this, and a hundred times its size on the wire. */
    private static final long FREE_DECODED = 1024 * 1024;

    private static final int DECODED_PER_BYTE = 100;

    private final Optional<Scanners.BuiltIn> builtIn;
    private final RouteScanPolicy plan;
    private final Place place;
    private final List<HeaderField> head;
    /** Opened with the first message of each. */
    private final Map<Kind, MessageScanner> opened = new EnumMap<>(Kind.class);

    /**
     * @param place what findings name
     * @param head fields that say what the messages are
     */
    public Readings(Optional<Scanners.BuiltIn> builtIn, RouteScanPolicy plan, Place place, List<HeaderField> head) {
        this.head = head;
        this.builtIn = builtIn;
        this.plan = plan;
        this.place = place;
    }

    /** What an external scanner is to be shown: what the message says, and its wire's bytes where those are text. */
    public static final class Texts {
        private final boolean wanted;
        private final List<byte[]> all = new ArrayList<>(0);

        public Texts(boolean wanted) {
            this.wanted = wanted;
        }

        List<byte[]> all() {
            return all;
        }
    }

    /**
     * Scans a message, or a piece of one.
     *
     * @param size in bytes, on the wire
     * @param ends whether it ends there
     * @param texts takes what is to be shown elsewhere
     * @param pace asked for each piece whether to continue
     */
    public ScanVerdict read(MessagePayload payload, int size, boolean ends, Texts texts, Pace pace) {
        ScanVerdict verdict = ScanVerdict.clean();
        boolean unread = payload.readings().isEmpty() || payload.fault().isPresent();
        if (unread || payload.readings().stream().anyMatch(reading -> reading.kind() == Kind.UNSCANNED)) {
            builtIn.ifPresent(Scanners.BuiltIn::leavesUnread);
        }
        for (Reading reading : payload.readings()) {
            boolean kept = texts.wanted && (reading.kind() == Kind.SAID || reading.kind() == Kind.CODED);
            ByteArrayOutputStream copy = new ByteArrayOutputStream(kept ? size : 0);
            verdict = both(verdict, read(reading, size, ends, kept ? copy : null, pace));
            if (!(verdict instanceof Clean) && !plan.warnsOnly()) {
                return verdict;
            }
            if (kept && copy.size() > 0 && (reading.kind() == Kind.SAID || isText(copy))) {
                texts.all.add(copy.toByteArray());
            }
        }
        Optional<Refused> fault = payload.fault();
        return fault.isPresent() ? both(verdict, fault.get()) : verdict;
    }

    private static boolean isText(ByteArrayOutputStream copy) {
        try {
            return PlainText.is(new ByteArrayInputStream(copy.toByteArray()));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private ScanVerdict read(Reading reading, int size, boolean ends, @Nullable ByteArrayOutputStream copy, Pace pace) {
        Optional<MessageScanner> scanner = scanner(reading.kind());
        ScanVerdict verdict = ScanVerdict.clean();
        scanner.ifPresent(each -> each.pacedBy(pace));
        if (scanner.isPresent() && reading.coding().isPresent()) {
            scanner.get().begin(reading.coding().get());
        }
        try (InputStream in = reading.opener().open()) {
            long left =
                    reading.kind() == Kind.UNSCANNED ? Long.MAX_VALUE : FREE_DECODED + (long) DECODED_PER_BYTE * size;
            byte[] piece = new byte[Math.clamp(size, 512, PIECE)];
            for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
                left -= n;
                if (left < 0) {
                    return both(verdict, new Refused(Reason.BOMB, "a message that decodes to too much"));
                }
                if (!pace.goOn()) {
                    return both(verdict, new Refused(Reason.UNAVAILABLE, "the scan was ended"));
                }
                if (scanner.isPresent()) {
                    verdict = scanner.get().feed(piece, 0, n);
                }
                if (!(verdict instanceof Clean) && !plan.warnsOnly()) {
                    return verdict;
                }
                if (copy != null) {
                    copy.write(piece, 0, n);
                }
            }
            return scanner.isPresent() && ends ? scanner.get().endOfMessage() : verdict;
        } catch (IOException e) {
            builtIn.ifPresent(Scanners.BuiltIn::leavesUnread);
            return both(verdict, new Refused(Reason.UNDECODABLE, "a message that is not what its coding says"));
        }
    }

    private Optional<MessageScanner> scanner(Kind kind) {
        return kind == Kind.UNSCANNED
                ? Optional.empty()
                : builtIn.map(made -> opened.computeIfAbsent(kind, each -> open(made, each)));
    }

    private MessageScanner open(Scanners.BuiltIn made, Kind kind) {
        MessageScanner scanner = made.open(place, plan.options(), head);
        if (kind == Kind.SAID) {
            made.join(scanner);
        }
        return scanner;
    }

    /** The verdict of two readings of one message: everything found, otherwise why it cannot be scanned. */
    private static ScanVerdict both(ScanVerdict one, ScanVerdict other) {
        List<Finding> findings = new ArrayList<>(findings(one));
        findings.addAll(findings(other));
        ScanVerdict found = ScanVerdict.of(findings);
        if (found instanceof Found) {
            return found;
        }
        return one instanceof Clean ? other instanceof Clean ? found : other : one;
    }

    private static List<Finding> findings(ScanVerdict verdict) {
        return switch (verdict) {
            case Clean clean -> clean.warnings();
            case Found found -> found.findings();
            case ScanVerdict.Denied denied -> List.of();
            case Refused refused -> List.of();
        };
    }

    void close() {
        opened.values().forEach(MessageScanner::close);
        opened.clear();
    }
}
