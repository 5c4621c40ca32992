package egress.server.dlp.judge;

import egress.dlp.BodySource;
import egress.dlp.HeaderField;
import egress.dlp.Pace;
import egress.dlp.Place;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.Scanner;
import egress.exchange.Failure;
import egress.share.Allowance;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Judges messages in a row, one after the other: the next is asked about when the one before has its verdict. */
public final class MessageJudge {
    /** What a scanner costs in memory: with the first message, and once more has come. */
    private static final int LEAST_COST = 4 * 1024;

    private static final int MOST_COST = 40 * 1024;
    /** From so many bytes on it costs the most. */
    private static final int SOME = 2 * 1024;
    /** A stream whose small messages take that long, in nanoseconds, is not read on the loop again. */
    private static final long LONG = 500_000;

    private final ScanDispatcher questions;
    private final Allowance memory;
    private final RouteScanPolicy plan;
    private final FindingReporter hits;
    private final Supervisor supervisor;
    private final Optional<Scanners.BuiltIn> builtIn;
    private final Readings readings;
    private final Optional<Scanner> external;
    private final ScanRequest context;

    private int reading;
    private boolean closed;
    private long read;
    private int charged;
    /** Set where a scan ran; read when the next is asked for. */
    private volatile boolean slow;

    /**
     * @param place what findings name
     * @param types fields that say what the messages are
     * @param context the head, which an external scanner is shown with each message
     */
    public MessageJudge(
            ScanDispatcher questions,
            Allowance memory,
            Scanners scanners,
            RouteScanPolicy plan,
            FindingReporter hits,
            Supervisor supervisor,
            Place place,
            List<HeaderField> types,
            ScanRequest context) {
        this.questions = questions;
        this.memory = memory;
        this.plan = plan;
        this.hits = hits;
        this.supervisor = supervisor;
        this.builtIn = scanners.builtIn();
        this.readings = new Readings(scanners.builtIn(), plan, place, types);
        this.external = scanners.external();
        this.context = context;
    }

    /**
     * Asks about a message, or about a piece of one.
     *
     * @param size in bytes, on the wire
     * @param ends whether it ends there
     * @param then receives, on the loop, why it may not leave; empty where it may
     */
    public void judge(
            MessagePayload payload,
            int size,
            boolean ends,
            ScanDispatcher.Subject subject,
            Consumer<Optional<Failure>> then) {
        if (!charge(size, payload.readings().size())) {
            then.accept(Optional.of(Denials.NO_MEMORY));
            return;
        }
        boolean small = size <= ScanDispatcher.SMALL / 2
                && !slow
                && external.isEmpty()
                && builtIn.map(Scanners.BuiltIn::isReady).orElse(true);
        Held held = new Held(subject);
        Readings.Texts texts = new Readings.Texts(external.isPresent());
        questions.scan(
                small ? ScanDispatcher.Where.HERE : ScanDispatcher.Where.ELSEWHERE,
                size,
                pace -> whenReady(() -> scan(payload, size, ends, texts, pace)),
                held,
                own -> goOn(own, texts.all().iterator(), held, then));
    }

    /** A piece of a message leaves unscanned. */
    public void leavesUnread() {
        builtIn.ifPresent(Scanners.BuiltIn::leavesUnread);
    }

    private CompletionStage<ScanVerdict> whenReady(Supplier<ScanVerdict> scan) {
        return builtIn.isPresent() ? builtIn.get().whenReady(scan) : CompletableFuture.completedFuture(scan.get());
    }

    private ScanVerdict scan(MessagePayload payload, int size, boolean ends, Readings.Texts texts, Pace pace) {
        long began = System.nanoTime();
        try {
            return readings.read(payload, size, ends, texts, pace);
        } finally {
            slow |= size <= ScanDispatcher.SMALL / 2 && System.nanoTime() - began > LONG;
        }
    }

    /** Shows an external scanner each text in turn, as long as nothing denies. */
    private void goOn(
            ScanVerdict own, Iterator<byte[]> texts, ScanDispatcher.Subject subject, Consumer<Optional<Failure>> then) {
        if (own instanceof ScanVerdict.Refused && plan.warnsOnly()) {
            leavesUnread();
        }
        boolean denied = !(own instanceof ScanVerdict.Clean) && !plan.warnsOnly();
        if (denied || external.isEmpty() || !texts.hasNext()) {
            conclude(own, then);
            return;
        }
        Scanner other = external.get();
        ScanRequest asked = shown(texts.next());
        questions.askOther(
                asked.body().length(),
                pace -> other.scan(asked, pace),
                subject,
                said -> goOn(said instanceof ScanVerdict.Clean ? own : said, texts, subject, then));
    }

    /** A hit on a route that supervises is asked about, for the next stream of the kind. */
    private void conclude(ScanVerdict verdict, Consumer<Optional<Failure>> then) {
        Optional<Failure> failure = Denials.of(verdict, plan, hits);
        if (failure.isPresent() && verdict instanceof ScanVerdict.Found found && plan.supervises()) {
            supervisor.askForNext(found.first(), failure.get(), said -> then.accept(Optional.of(said)));
        } else {
            then.accept(failure);
        }
    }

    /** Takes what the scanners cost, which grows with what they have read, up to their windows. */
    private boolean charge(int size, int scanners) {
        read += size;
        int cost = builtIn.isEmpty() ? 0 : scanners * (read <= SOME ? LEAST_COST : MOST_COST);
        if (cost <= charged) {
            return true;
        }
        boolean granted = memory.take(cost - charged);
        charged = granted ? cost : charged;
        return granted;
    }

    /** No more messages come: gives back what is kept between them, as soon as no scan reads it. */
    public void close() {
        closed = true;
        closeUnread();
    }

    private void closeUnread() {
        if (closed && reading == 0) {
            readings.close();
        }
    }

    /** What is asked about, and what is kept from message to message with it. */
    private final class Held implements ScanDispatcher.Subject {
        private final ScanDispatcher.Subject message;

        Held(ScanDispatcher.Subject message) {
            this.message = message;
        }

        @Override
        public void enter() {
            reading++;
            message.enter();
        }

        @Override
        public void leave() {
            reading--;
            message.leave();
            closeUnread();
        }
    }

    private ScanRequest shown(byte[] message) {
        return new ScanRequest(
                context.host(),
                context.method(),
                context.target(),
                context.fields(),
                BodySource.of(message),
                context.trailers(),
                context.options());
    }
}
