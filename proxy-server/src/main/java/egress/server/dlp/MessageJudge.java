package egress.server.dlp;

import egress.dlp.BodySource;
import egress.dlp.MessageScanner;
import egress.dlp.Place;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.Scanner;
import egress.exchange.Failure;
import io.netty.channel.EventLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Judges messages in a row, one after the other: the next is asked about when the one before has its verdict. */
final class MessageJudge {
    private static final int PIECE = 8 * 1024;
    /** How much a message may decode to: this, and a hundred times its size on the wire. */
    private static final long FREE_DECODED = 1024 * 1024;

    private static final int DECODED_PER_BYTE = 100;

    private final EventLoop loop;
    private final Questions questions;
    private final RoutePlan plan;
    private final Hits hits;
    private final Optional<Scanners.BuiltIn> builtIn;
    private final Place place;
    /** Opened with the first message. */
    private @Nullable MessageScanner opened;

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
        this.place = place;
        this.external = scanners.external();
        this.context = context;
    }

    /** What a message says, decoded as it is read; on the thread that scans. */
    @FunctionalInterface
    interface Payload {
        InputStream open() throws IOException;
    }

    /**
     * Asks about a message, or about a piece of one.
     *
     * @param size in bytes, on the wire
     * @param ends whether it ends there
     * @param then hears on the loop why it may not leave; empty where it may
     */
    void judge(Payload payload, int size, boolean ends, Questions.Subject subject, Consumer<Optional<Failure>> then) {
        boolean small = size <= Questions.SMALL / 2
                && builtIn.map(Scanners.BuiltIn::isReady).orElse(true);
        questions.ask(
                loop,
                small && external.isEmpty(),
                () -> scan(payload, size, ends),
                subject,
                verdict -> then.accept(Denials.of(verdict, plan, hits)));
    }

    private CompletionStage<ScanVerdict> scan(Payload payload, int size, boolean ends) {
        ByteArrayOutputStream copy = new ByteArrayOutputStream(external.isPresent() ? size : 0);
        ScanVerdict own;
        try (InputStream in = payload.open()) {
            own = read(in, size, ends, copy);
        } catch (IOException e) {
            own = new ScanVerdict.Refused(Reason.UNDECODABLE, "a message that is not what its coding says");
        }
        if (external.isEmpty() || !(own instanceof ScanVerdict.Clean) && !plan.warnsOnly()) {
            return CompletableFuture.completedFuture(own);
        }
        ScanVerdict said = own;
        return external.get()
                .scan(shown(copy.toByteArray()))
                .thenApply(other -> other instanceof ScanVerdict.Clean ? said : other);
    }

    private ScanVerdict read(InputStream in, int size, boolean ends, ByteArrayOutputStream copy) throws IOException {
        long bound = FREE_DECODED + (long) DECODED_PER_BYTE * size;
        byte[] piece = new byte[Math.clamp(size, 512, PIECE)];
        ScanVerdict verdict = ScanVerdict.clean();
        MessageScanner scanner = scanner();
        long read = 0;
        for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
            read += n;
            if (read > bound) {
                return new ScanVerdict.Refused(Reason.BOMB, "a message that decodes to too much");
            }
            if (scanner != null) {
                verdict = scanner.feed(piece, 0, n);
            }
            if (!(verdict instanceof ScanVerdict.Clean) && !plan.warnsOnly()) {
                return verdict;
            }
            if (external.isPresent()) {
                copy.write(piece, 0, n);
            }
        }
        return scanner != null && ends ? scanner.endOfMessage() : verdict;
    }

    private @Nullable MessageScanner scanner() {
        if (opened == null && builtIn.isPresent()) {
            opened = builtIn.get().open(place, plan.options());
        }
        return opened;
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
