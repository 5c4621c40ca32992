package egress.server.log;

import egress.http.Printable;
import egress.server.json.AsciiJson;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What the program says of itself, on standard error: a line each, in one write, with no control character in it; or an object of JSON
 * each.
 */
public final class Notices {
    private static final int MOST_HELD = 1000;

    private final OutputStream err;
    private final List<Notice> held = new ArrayList<>();
    private boolean json;
    private boolean holding;

    public Notices(OutputStream err) {
        this.err = err;
    }

    /** From now on as JSON. */
    public synchronized void asJson() {
        json = true;
    }

    /** Suppresses what is reported from now on, while another program has the terminal. */
    public synchronized void hold() {
        holding = true;
    }

    /** Says what was held, and holds nothing any more. */
    public synchronized void release() {
        holding = false;
        held.forEach(this::say);
        held.clear();
    }

    /** Prints {@code egress: <words>}. */
    public void say(String words) {
        say(new Notice.Said(words));
    }

    public synchronized void say(Notice notice) {
        if (holding) {
            if (held.size() < MOST_HELD) {
                held.add(notice);
            }
            return;
        }
        String line = json ? json(notice) : "egress: " + Printable.line(notice.words());
        try {
            err.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
            err.flush();
        } catch (IOException e) {
            // Nobody listens any more; that is no reason to stop.
            return;
        }
    }

    /** One line, without its end. */
    static String json(Notice notice) {
        return AsciiJson.object(to -> {
            to.writeStringField("time", Instant.now().toString());
            to.writeStringField("event", notice.name());
            to.writeStringField("message", notice.words());
            notice.json(to);
        });
    }
}
