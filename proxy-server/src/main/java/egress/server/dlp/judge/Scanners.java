package egress.server.dlp.judge;

import egress.dlp.Destination;
import egress.dlp.HeaderField;
import egress.dlp.MessageScanner;
import egress.dlp.Pace;
import egress.dlp.Place;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.Scanner;
import egress.dlp.SentBefore;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who is asked: the scanner of the jar, an external one, or both, and then a deny by either denies.
 *
 * @param external asked after the built-in one, and only about what that lets pass
 */
public record Scanners(Optional<BuiltIn> builtIn, Optional<Scanner> external) {
    /** The same, joining what a caller sends with what it sent before. */
    public Scanners following(SentBefore sent) {
        return new Scanners(builtIn.map(each -> each.following(sent)), external);
    }

    /** Both faces of a scanner of this process: it answers on the thread that asks. */
    public record Faces(Scanner requests, MessageScanner.Factory messages) {}

    /** A scanner of this process that may still be in the making: the start does not wait for it, the first verdicts do. */
    public static final class BuiltIn implements Scanner, MessageScanner.Factory {
        private final CompletableFuture<Faces> made;
        private final @Nullable SentBefore sent;

        public BuiltIn(CompletableFuture<Faces> made) {
            this(made, null);
        }

        private BuiltIn(CompletableFuture<Faces> made, @Nullable SentBefore sent) {
            this.made = made;
            this.sent = sent;
        }

        /** The same for one caller. */
        BuiltIn following(SentBefore before) {
            return new BuiltIn(made, before);
        }

        /** Whether nothing that is asked of it waits any more. */
        boolean isReady() {
            return made.isDone();
        }

        /** Waits for it without a thread: one that stood still would have a place that the making may need. */
        CompletionStage<ScanVerdict> whenReady(Supplier<ScanVerdict> scan) {
            return made.thenApply(_ -> scan.get());
        }

        @Override
        public CompletionStage<ScanVerdict> scan(ScanRequest request) {
            return scan(request, Pace.FREE);
        }

        @Override
        public CompletionStage<ScanVerdict> scan(ScanRequest request, Pace pace) {
            return made.isDone()
                    ? scan(made.join(), request, pace)
                    : made.thenCompose(faces -> scan(faces, request, pace));
        }

        private CompletionStage<ScanVerdict> scan(Faces faces, ScanRequest request, Pace pace) {
            return sent == null
                    ? faces.requests().scan(request, pace)
                    : faces.requests().scan(request, pace, sent);
        }

        /** Has the messages' values joined with what their caller sent before. */
        void join(MessageScanner messages) {
            if (sent != null) {
                messages.follows(sent);
            }
        }

        /** Something leaves that it is not asked about. */
        void leavesUnread() {
            Destination to = sent == null ? null : sent.to();
            if (to != null) {
                to.unread();
            }
        }

        /** Only once it {@link #isReady}: it would block. */
        @Override
        public MessageScanner open(Place place, ScanOptions options, List<HeaderField> head) {
            return made.join().messages().open(place, options, head);
        }
    }
}
