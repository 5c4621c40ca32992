package egress.exchange;

import java.util.Optional;

/** Port: what {@code http://_egress.local/} answers through the proxy. The name never reaches DNS. */
public interface LocalSite {
    /** The host name that is the proxy itself. */
    String HOST = "_egress.local";

    /** Nothing but 404. */
    LocalSite EMPTY = path -> Optional.empty();

    /**
     * The page for a path without its query; empty is a 404. Called on an event loop: it does not block.
     *
     * @param path begins with a slash
     */
    Optional<Page> page(String path);

    /**
     * @param contentType the Content-Type field's value
     * @param body not copied
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Page(String contentType, byte[] body) {}
}
