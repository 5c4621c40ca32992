package egress.server.dlp;

import egress.dlp.BodySource;
import egress.dlp.MessageScanner;
import egress.dlp.Pace;
import egress.dlp.Place;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.Scanner;
import egress.exchange.Failure;
import egress.share.Allowance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Judges messages in a row, one after the other: the next is asked about when the one before has its verdict. */
final class MessageJudge {
    private static final int PIECE = 8 * 1024;
    /** How much a message may decode to: this, and a hundred times its size on the wire. */
    private static final long FREE_DECODED = 1024 * 1024;

    private static final int DECODED_PER_BYTE = 100;

    /** What a scanner costs in memory: with the first message, and once more has come. */
    private static final int LEAST_COST = 4 * 1024;

    private static final int MOST_COST = 40 * 1024;
    /** From so many bytes on it costs the most. */
    private static final int SOME = 2 * 1024;
    /** A stream whose small messages take that long, in nanoseconds, is not read on the loop again. */
    private static final long LONG = 500_000;

    private final Questions questions;
    private final Allowance memory;
    private final RoutePlan plan;
    private final Hits hits;
    private final Optional<Scanners.BuiltIn> builtIn;
    private final Place place;
    private long read;
    private int charged;
    /** Set where a scan ran; read when the next is asked for. */
    private volatile boolean slow;
    /** Opened with the first message. */
    private @Nullable MessageScanner opened;

    private final Optional<Scanner> external;
    private final ScanRequest context;

    /**
     * @param place what findings name
     * @param context the head, which an external scanner is shown with each message
     */
    MessageJudge(
            Questions questions,
            Allowance memory,
            Scanners scanners,
            RoutePlan plan,
            Hits hits,
            Place place,
            ScanRequest context) {
        this.questions = questions;
        this.memory = memory;
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
        if (!charge(size)) {
            then.accept(Optional.of(HeldBody.NO_MEMORY));
            return;
        }
        boolean small = size <= Questions.SMALL / 2
                && !slow
                && external.isEmpty()
                && builtIn.map(Scanners.BuiltIn::isReady).orElse(true);
        ByteArrayOutputStream copy = new ByteArrayOutputStream(external.isPresent() ? size : 0);
        questions.scan(
                small ? Questions.Where.HERE : Questions.Where.ELSEWHERE,
                pace -> CompletableFuture.completedFuture(scan(payload, size, ends, copy, pace)),
                subject,
                own -> goOn(own, copy, subject, then));
    }

    private void goOn(
            ScanVerdict own, ByteArrayOutputStream copy, Questions.Subject subject, Consumer<Optional<Failure>> then) {
        if (external.isEmpty() || !(own instanceof ScanVerdict.Clean) && !plan.warnsOnly()) {
            then.accept(Denials.of(own, plan, hits));
            return;
        }
        Scanner other = external.get();
        ScanRequest asked = shown(copy.toByteArray());
        questions.askOther(pace -> other.scan(asked, pace), subject, verdict -> {
            ScanVerdict said = verdict instanceof ScanVerdict.Clean ? own : verdict;
            then.accept(Denials.of(said, plan, hits));
        });
    }

    /** Takes what the scanner costs, which grows with what it has read, up to its window. */
    private boolean charge(int size) {
        read += size;
        int cost = builtIn.isEmpty() ? 0 : read <= SOME ? LEAST_COST : MOST_COST;
        if (cost <= charged) {
            return true;
        }
        boolean granted = memory.take(cost - charged);
        charged = granted ? cost : charged;
        return granted;
    }

    private ScanVerdict scan(Payload payload, int size, boolean ends, ByteArrayOutputStream copy, Pace pace) {
        long began = System.nanoTime();
        try (InputStream in = payload.open()) {
            return read(in, size, ends, copy, pace);
        } catch (IOException e) {
            return new ScanVerdict.Refused(Reason.UNDECODABLE, "a message that is not what its coding says");
        } finally {
            slow |= size <= Questions.SMALL / 2 && System.nanoTime() - began > LONG;
        }
    }

    private ScanVerdict read(InputStream in, int size, boolean ends, ByteArrayOutputStream copy, Pace pace)
            throws IOException {
        long bound = FREE_DECODED + (long) DECODED_PER_BYTE * size;
        byte[] piece = new byte[Math.clamp(size, 512, PIECE)];
        ScanVerdict verdict = ScanVerdict.clean();
        MessageScanner scanner = scanner(pace);
        long decoded = 0;
        for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
            decoded += n;
            if (decoded > bound) {
                return new ScanVerdict.Refused(Reason.BOMB, "a message that decodes to too much");
            }
            if (!pace.goOn()) {
                return new ScanVerdict.Refused(Reason.UNAVAILABLE, "the scan was ended");
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

    private @Nullable MessageScanner scanner(Pace pace) {
        MessageScanner scanner = opened;
        if (scanner == null && builtIn.isPresent()) {
            scanner = builtIn.get().open(place, plan.options());
            opened = scanner;
        }
        if (scanner != null) {
            scanner.pacedBy(pace);
        }
        return scanner;
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
