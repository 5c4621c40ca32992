package egress.exchange;

import egress.share.Caller;
import egress.share.Claimant;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Port: what {@code http://_egress.local/} answers through the proxy. The name never reaches DNS. */
public interface LocalSite {
    /** The host name that is the proxy itself. */
    String HOST = "_egress.local";

    /** The most bytes that a body for it has. */
    int MOST_BODY = 64 * 1024;

    /** Nothing but 404. */
    LocalSite EMPTY = (caller, path) -> Optional.empty();

    /**
     * The page for a path without its query; empty is a 404. Called on an event loop: it does not block.
     *
     * @param caller who asks, for pages that differ
     * @param path begins with a slash
     */
    Optional<Page> page(Caller caller, String path);

    /** What takes a POST to a path without its query; empty where none is taken. Called on an event loop: it does not block. */
    default Optional<Posting> posting(String path) {
        return Optional.empty();
    }

    /** Takes complete bodies of at most {@link #MOST_BODY} bytes. */
    interface Posting {
        /** Why a head is not taken, before any of its body is read; empty where it is. On an event loop: does not block. */
        Optional<Page> refusal(HttpHeaders fields);

        /** Answers a body. Called on an event loop: does not block, and completes on any thread. */
        CompletionStage<Page> answer(Posted posted);
    }

    /**
     * A complete request.
     *
     * @param who the caller in whose turn it is answered
     * @param client its address
     * @param fields a copy
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    record Posted(Claimant who, SocketAddress client, HttpHeaders fields, byte[] body) {}

    /**
     * @param contentType the Content-Type field's value; empty of what has no body
     * @param fields further ones
     * @param body not copied
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Page(HttpResponseStatus status, String contentType, Map<String, String> fields, byte[] body) {
        /** What is there, as it is. */
        public Page(String contentType, byte[] body) {
            this(HttpResponseStatus.OK, contentType, Map.of(), body);
        }
    }
}
