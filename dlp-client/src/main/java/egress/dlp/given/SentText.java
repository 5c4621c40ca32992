package egress.dlp.given;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes what is sent to an origin, in pieces, so that it is known where the origin echoes it. It may last longer than what is
 * remembered, so it asks for the memory each time. One thread at a time.
 */
public final class SentText {
    /** So much is kept until it is known whether it leaves; what is longer counts as sent in any case. */
    private static final int MOST_KEPT = 8 * 1024;

    private final @Nullable Supplier<GivenValues> memory;
    private final String host;
    private final TextRuns runs = new TextRuns();
    private final SentGrams.Buffer grams = new SentGrams.Buffer();
    private long read;
    /** Something was taken that was not marked. */
    private boolean unread;

    /** @param memory as it is when something is taken; null where nothing is */
    private SentText(@Nullable Supplier<GivenValues> memory, String host) {
        this.memory = memory;
        this.host = host;
    }

    /** What is sent to that host. */
    public static SentText to(Supplier<GivenValues> memory, String host) {
        return new SentText(memory, host);
    }

    /** Takes nothing. */
    public static SentText none() {
        return new SentText(null, "");
    }

    /** Takes the next bytes of a text. */
    public void take(byte[] b, int from, int to) {
        GivenValues into = from == to ? null : marking();
        if (into != null) {
            read(into, b, from, to);
        }
        if (grams.count() > MOST_KEPT) {
            left();
        }
    }

    /** Takes texts, each for itself. */
    public void take(List<String> texts) {
        GivenValues into = texts.isEmpty() ? null : marking();
        if (into != null) {
            for (String text : texts) {
                byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
                read(into, bytes, 0, bytes.length);
                end();
            }
        }
    }

    /** Takes of a text that was given what its giver had been sent before: that comes from the caller wherever it goes. */
    public void takeEchoed(String giver, String text) {
        GivenValues into = marking();
        if (into != null) {
            into.echoed(giver, text.getBytes(StandardCharsets.ISO_8859_1), grams);
        }
    }

    /** Where it is marked what is sent; null where it is not. */
    private @Nullable GivenValues marking() {
        GivenValues into = memory == null ? null : memory.get();
        if (into == null || into.isMarking(host)) {
            return into;
        }
        unread = true;
        runs.end();
        return null;
    }

    /** Another text begins. */
    public void end() {
        runs.end();
    }

    /** What was taken leaves. */
    public void left() {
        if (memory == null) {
            return;
        }
        if (grams.count() > 0 || read > 0) {
            memory.get().sent(host, grams, read);
            grams.clear();
            read = 0;
        }
        if (unread) {
            memory.get().unread(host);
            unread = false;
        }
    }

    private void read(GivenValues into, byte[] b, int from, int to) {
        for (int i = runs.takeAligned(b, from, to); i > 0; i = runs.takeAligned(b, i, to)) {
            grams.add(into.mark(runs.gram()));
        }
        read += to - from;
    }
}
