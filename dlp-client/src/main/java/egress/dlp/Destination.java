package egress.dlp;

import egress.dlp.given.GivenValues;
import egress.dlp.given.Link;
import egress.dlp.given.SentText;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Where a request goes, and what origins gave to its caller before.
 *
 * @param given as it is when something is asked of it or told to it
 * @param tls whether it goes there over https: nothing else may have what was given
 * @param target of the request, as the agent made it
 */
public record Destination(Supplier<GivenValues> given, boolean tls, String host, int port, String target) {
    /** The URL that was asked for. */
    public Link link() {
        return Link.asked(host, port, target);
    }

    /** A head is about to leave: what of it was given; all else is remembered as what the caller itself sent. */
    public GivenParts leaves(String asked, List<HeaderField> fields) {
        GivenValues memory = given.get();
        GivenParts parts = tls && memory.hasGiven() ? new GivenParts(memory, host, port, asked, fields) : GivenParts.NONE;
        List<String> own = new ArrayList<>(2 * fields.size() + 1);
        if (!parts.isLinkGiven()) {
            own.add(asked);
        }
        for (int i = 0; i < fields.size(); i++) {
            own.add(fields.get(i).name());
            own.addAll(parts.notGivenOf(i, fields.get(i).value()));
        }
        memory.text(host).take(own);
        return parts;
    }

    /** Fields that are about to leave behind a body. */
    public void leaves(List<HeaderField> trailers) {
        List<String> own = new ArrayList<>(2 * trailers.size());
        for (HeaderField field : trailers) {
            own.add(field.name());
            own.add(field.value());
        }
        given.get().text(host).take(own);
    }

    /** A body or a message that is about to leave. */
    public SentText text() {
        return given.get().text(host);
    }

    /** Something leaves that nobody reads. */
    public void unread() {
        given.get().unread(host);
    }
}
