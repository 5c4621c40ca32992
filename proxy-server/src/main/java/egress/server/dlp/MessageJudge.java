package egress.server.dlp;

import egress.dlp.BodySource;
import egress.dlp.Place;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.Scanner;
import egress.exchange.Failure;
import io.netty.channel.EventLoop;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Judges messages in a row, one after the other: the next is asked about when the one before has its verdict. */
final class MessageJudge {
    private final EventLoop loop;
    private final Questions questions;
    private final RoutePlan plan;
    private final Hits hits;
    private final Optional<Scanners.BuiltIn> builtIn;
    private final Readings readings;
    private int reading;
    private boolean closed;
    private final Optional<Scanner> external;
    private final ScanRequest context;

    /**
     * @param place what findings name
     * @param context the head, which an external scanner is shown with each message
     */
    MessageJudge(
            EventLoop loop,
            Questions questions,
            Scanners scanners,
            RoutePlan plan,
            Hits hits,
            Place place,
            ScanRequest context) {
        this.loop = loop;
        this.questions = questions;
        this.plan = plan;
        this.hits = hits;
        this.builtIn = scanners.builtIn();
        this.readings = new Readings(scanners.builtIn(), plan, place);
        this.external = scanners.external();
        this.context = context;
    }

    /**
     * Asks about a message, or about a piece of one.
     *
     * @param size in bytes, on the wire
     * @param ends whether it ends there
     * @param then hears on the loop why it may not leave; empty where it may
     */
    void judge(
            MessagePayload payload,
            int size,
            boolean ends,
            Questions.Subject subject,
            Consumer<Optional<Failure>> then) {
        boolean small = size <= Questions.SMALL / 2
                && builtIn.map(Scanners.BuiltIn::isReady).orElse(true);
        questions.ask(
                loop,
                small && external.isEmpty(),
                () -> scan(payload, size, ends),
                new Held(subject),
                verdict -> then.accept(Denials.of(verdict, plan, hits)));
    }

    private CompletionStage<ScanVerdict> scan(MessagePayload payload, int size, boolean ends) {
        Readings.Read read = readings.read(payload, size, ends, external.isPresent());
        CompletionStage<ScanVerdict> verdict = CompletableFuture.completedFuture(read.verdict());
        if (external.isEmpty() || !(read.verdict() instanceof ScanVerdict.Clean) && !plan.warnsOnly()) {
            return verdict;
        }
        Scanner other = external.get();
        for (byte[] text : read.texts()) {
            verdict = verdict.thenCompose(own -> isDenied(own) && !plan.warnsOnly()
                    ? CompletableFuture.completedFuture(own)
                    : other.scan(shown(text)).thenApply(said -> said instanceof ScanVerdict.Clean ? own : said));
        }
        return verdict;
    }

    private static boolean isDenied(ScanVerdict verdict) {
        return !(verdict instanceof ScanVerdict.Clean);
    }

    /** No more messages come: gives back what is kept between them, as soon as nobody reads it. */
    void close() {
        closed = true;
        closeUnread();
    }

    private void closeUnread() {
        if (closed && reading == 0) {
            readings.close();
        }
    }

    /** What is asked about, and what is kept from message to message with it. */
    private final class Held implements Questions.Subject {
        private final Questions.Subject message;

        Held(Questions.Subject message) {
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
