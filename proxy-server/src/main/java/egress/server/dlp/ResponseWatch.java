package egress.server.dlp;

import egress.dlp.Finding;
import egress.dlp.injection.PromptInjectionDetector;
import egress.exchange.Inspection.Effect;
import egress.server.dlp.judge.ContentDecoder;
import egress.server.dlp.judge.Fields;
import egress.server.dlp.judge.FindingReporter;
import egress.server.dlp.judge.RouteScanPolicy;
import egress.server.dlp.judge.ScanDispatcher;
import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the beginning of a textual response for what tries to steer the agent, and warns. No byte waits for it: it copies, and
 * reads its copy elsewhere; where memory or threads are short it looks away.
 */
final class ResponseWatch {
    /** Looked at, in bytes on the wire. */
    private static final int SAMPLE = 128 * 1024;
    /** Looked at, in bytes of text. */
    private static final int TEXT = 512 * 1024;
    /** Looked at without leaving the loop, in bytes: a few microseconds. */
    private static final int SMALL = 2 * 1024;

    private static final int PIECE = 4 * 1024;
    private static final byte[] NOTHING = {};
    private static final ContentDecoder PLAIN = new ContentDecoder(List.of());

    private final DlpServices services;
    private final boolean on;
    private final FindingReporter hits;
    private final EventLoop loop;
    private Optional<ContentDecoder> decoder = Optional.empty();
    private boolean coded;
    private volatile boolean watching;
    /** Of text that was looked at as it passed. */
    private int passed;

    private @Nullable PromptInjectionDetector detector;
    private byte[] sample = NOTHING;
    private int filled;
    private final Claimant who;
    private FairBudget.@Nullable Lease lease;

    ResponseWatch(DlpServices services, RouteScanPolicy plan, FindingReporter hits, EventLoop loop, Claimant who) {
        this.services = services;
        this.who = who;
        this.on = plan.inbound();
        this.hits = hits;
        this.loop = loop;
    }

    /** The response's fields: only text is looked at. */
    void begin(HttpHeaders fields) {
        if (on && isText(Fields.mediaType(fields))) {
            String coding = Fields.coding(fields, HttpHeaderNames.CONTENT_ENCODING.toString());
            coded = !coding.equals("identity");
            decoder = coded ? ContentDecoder.of(coding) : Optional.of(PLAIN);
            watching = decoder.isPresent();
        }
    }

    private static boolean isText(String type) {
        return type.startsWith("text/")
                || type.endsWith("json")
                || type.endsWith("xml")
                || type.endsWith("yaml")
                || type.endsWith("javascript");
    }

    void take(HttpContent part) {
        if (!watching) {
            return;
        }
        ByteBuf bytes = part.content();
        if (!coded && filled == 0 && passed + bytes.readableBytes() <= SMALL) {
            pass(bytes);
            if (part instanceof LastHttpContent) {
                watching = false;
                ended();
            }
            return;
        }
        boolean ends = part instanceof LastHttpContent;
        boolean all = copy(bytes) || ends;
        if (watching && all) {
            look(ends);
        }
    }

    private void ended() {
        PromptInjectionDetector mine = detector;
        if (mine != null) {
            hits.tell(mine.end(), Effect.WARNED);
        }
    }

    /** Looks at what is short without keeping it. */
    private void pass(ByteBuf bytes) {
        int length = bytes.readableBytes();
        if (length > 0) {
            byte[] piece = new byte[length];
            bytes.getBytes(bytes.readerIndex(), piece);
            passed += length;
            hits.tell(detector().feed(piece, 0, length), Effect.WARNED);
        }
    }

    private PromptInjectionDetector detector() {
        PromptInjectionDetector mine = detector;
        if (mine == null) {
            mine = services.injections().get();
            detector = mine;
        }
        return mine;
    }

    /** @return whether the sample is full */
    private boolean copy(ByteBuf bytes) {
        int n = Math.min(bytes.readableBytes(), SAMPLE - filled);
        if (filled + n > sample.length) {
            int capacity = Math.min(SAMPLE, Math.max(filled + n, 2 * filled));
            if (!lease().take(capacity - (long) sample.length)) {
                close();
                return false;
            }
            sample = Arrays.copyOf(sample, capacity);
        }
        bytes.getBytes(bytes.readerIndex(), sample, filled, n);
        filled += n;
        return filled == SAMPLE;
    }

    private FairBudget.Lease lease() {
        FairBudget.Lease mine = lease;
        if (mine == null) {
            mine = services.memory().lease(who, new LookingAway());
            lease = mine;
        }
        return mine;
    }

    /** Others need the memory more than a warning is worth. */
    private final class LookingAway implements FairBudget.Reclaim {
        @Override
        public boolean isReclaimable() {
            return watching;
        }

        @Override
        public void reclaim() {
            ScanDispatcher.onLoop(loop, () -> {
                if (watching) {
                    close();
                }
            });
        }
    }

    /** @param ends whether the response ends with the sample */
    private void look(boolean ends) {
        FairBudget.Lease taken = lease();
        lease = null;
        byte[] text = sample;
        int length = filled;
        ContentDecoder with = decoder.orElseThrow();
        watching = false;
        sample = NOTHING;
        PromptInjectionDetector by = detector();
        try {
            services.places().scans().execute(who, turn -> {
                List<Finding> findings = findings(text, length, ends, with, by, taken);
                ScanDispatcher.onLoop(loop, () -> {
                    hits.tell(findings, Effect.WARNED);
                });
            });
        } catch (RejectedExecutionException e) {
            taken.close();
        }
    }

    /** Gives back what was taken for the sample, whatever a decoder makes of what an origin sent. */
    private static List<Finding> findings(
            byte[] text,
            int length,
            boolean ends,
            ContentDecoder with,
            PromptInjectionDetector by,
            FairBudget.Lease taken) {
        try {
            return findings(text, length, ends, with, by);
        } finally {
            taken.close();
        }
    }

    /** A sample of coded text ends somewhere within it: what can be read of it is. */
    private static List<Finding> findings(
            byte[] text, int length, boolean ends, ContentDecoder decoder, PromptInjectionDetector detector) {
        List<Finding> findings = new ArrayList<>(0);
        byte[] piece = new byte[Math.clamp(length, 256, PIECE)];
        long left = TEXT;
        try (InputStream in = decoder.decode(new ByteArrayInputStream(text, 0, length))) {
            for (int n = in.read(piece); n >= 0 && left > 0; n = in.read(piece)) {
                findings.addAll(detector.feed(piece, 0, n));
                left -= n;
            }
            if (ends && left > 0) {
                findings.addAll(detector.end());
            }
        } catch (IOException e) {
            return findings;
        }
        return findings;
    }

    /** The exchange is over. */
    void close() {
        watching = false;
        FairBudget.Lease mine = lease;
        if (mine != null) {
            mine.close();
            lease = null;
        }
        sample = NOTHING;
    }
}
