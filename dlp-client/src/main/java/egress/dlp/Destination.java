package egress.dlp;

import egress.dlp.given.GivenValues;
import egress.dlp.given.Link;
import java.util.function.Supplier;

/**
 * Where a request goes, and what origins gave to its caller before.
 *
 * @param given as it is at the time of each use
 * @param tls whether it goes there over https: nothing else may have what was given
 * @param target of the request, as the agent made it
 */
public record Destination(Supplier<GivenValues> given, boolean tls, String host, int port, String target) {
    /** The URL that was asked for. */
    public Link link() {
        return Link.asked(host, port, target);
    }

    /** Something leaves unread. */
    public void unread() {
        given.get().unread(host);
    }
}
