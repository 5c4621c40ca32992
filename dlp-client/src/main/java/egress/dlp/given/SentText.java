package egress.dlp.given;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Takes what is sent to an origin, in pieces, so that it is known where the origin echoes it. One thread at a time. */
public final class SentText {
    /** So much is kept until it is known whether it leaves; what is longer counts as sent in any case. */
    private static final int MOST_KEPT = 8 * 1024;

    private final @Nullable GivenValues memory;
    private final String host;
    private final TextRuns runs = new TextRuns();
    private final SentGrams.Buffer grams = new SentGrams.Buffer();
    private long read;
    private boolean on;

    SentText(@Nullable GivenValues memory, String host) {
        this.memory = memory;
        this.host = host;
        this.on = memory != null && memory.isWhole(host);
    }

    /** Takes nothing. */
    public static SentText none() {
        return new SentText(null, "");
    }

    /** Takes the next bytes of a text. */
    public void take(byte[] b, int from, int to) {
        read(b, from, to);
        if (grams.count() > MOST_KEPT) {
            left();
        }
    }

    /** Takes texts, each for itself. */
    public void take(Iterable<String> texts) {
        for (String text : texts) {
            byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
            read(bytes, 0, bytes.length);
            end();
        }
    }

    /** Another text begins. */
    public void end() {
        runs.end();
    }

    /** What was taken leaves. */
    public void left() {
        if (memory != null && on) {
            on = memory.sent(host, grams, read);
            grams.clear();
            read = 0;
        }
    }

    private void read(byte[] b, int from, int to) {
        GivenValues into = memory;
        if (into == null || !on) {
            return;
        }
        for (int i = runs.takeAligned(b, from, to); i > 0; i = runs.takeAligned(b, i, to)) {
            grams.add(into.mark(runs.gram()));
        }
        read += to - from;
    }
}
