package egress.dlp;

import egress.dlp.given.GivenValues;
import egress.dlp.given.SentText;
import java.util.ArrayList;
import java.util.List;

/**
 * What is about to leave, as one scan reads it. What of it was not given to the caller is remembered as what the caller sent there, once
 * it may leave. One thread at a time.
 */
public final class Leaving {
    private final Destination to;
    private final GivenValues memory;
    private final List<SentText> texts = new ArrayList<>(2);
    private boolean unread;

    public Leaving(Destination to) {
        this.to = to;
        this.memory = to.given().get();
    }

    /** Takes a head and says what of it was given. */
    public GivenParts head(ScanRequest request) {
        List<HeaderField> fields = request.fields();
        GivenParts parts =
                to.tls() && memory.hasGiven() ? new GivenParts(memory, to, request.target(), fields) : GivenParts.NONE;
        List<String> own = new ArrayList<>(2 * fields.size() + 3);
        own.add(request.method());
        own.add(request.host());
        if (!parts.isLinkGiven()) {
            own.add(request.target());
        }
        for (int i = 0; i < fields.size(); i++) {
            own.add(fields.get(i).name());
            own.addAll(parts.notGivenOf(i, fields.get(i).value()));
        }
        SentText text = text();
        text.take(own);
        parts.takeEchoed(text);
        return parts;
    }

    /** Takes fields that follow a body. */
    public void trailers(List<HeaderField> fields) {
        List<String> own = new ArrayList<>(2 * fields.size());
        for (HeaderField field : fields) {
            own.add(field.name());
            own.add(field.value());
        }
        text().take(own);
    }

    /** Takes one reading of a body or of messages. */
    public SentText text() {
        SentText text = SentText.to(to.given(), to.host());
        texts.add(text);
        return text;
    }

    /** Something of it is not read. */
    public void unread() {
        unread = true;
    }

    /** What was taken so far leaves. */
    public void left() {
        texts.forEach(SentText::left);
        if (unread) {
            to.unread();
        }
    }
}
