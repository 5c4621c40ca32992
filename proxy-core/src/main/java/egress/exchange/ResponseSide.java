package egress.exchange;

import egress.http.HopByHop;
import egress.http.InterimResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;

/** The response on its way to the caller, written as it comes. */
final class ResponseSide {
    private static final int SWITCHING_PROTOCOLS = 101;
    private static final int MAX_INTERIMS = 100;

    private final DownstreamPeer downstream;
    private final HttpMethod method;
    private Side state = Side.AWAITING_HEAD;
    private int interims;
    private @Nullable HttpHeaders upgradeFields;

    ResponseSide(DownstreamPeer downstream, HttpMethod method) {
        this.downstream = downstream;
        this.method = method;
    }

    Side state() {
        return state;
    }

    void done() {
        state = Side.DONE;
    }

    /** The fields of the 101 that was relayed; null when there was none. */
    @Nullable
    HttpHeaders upgradeFields() {
        return upgradeFields;
    }

    /** @return false when there were too many: an origin that never comes to its response */
    boolean relayInterim(InterimResponse interim) {
        if (++interims > MAX_INTERIMS) {
            return false;
        }
        if (state == Side.AWAITING_HEAD && downstream.takesInterim()) {
            HopByHop.stripResponse(interim.headers());
            interim.headers().remove(HttpHeaderNames.CONTENT_LENGTH); // RFC 9110 §8.6
            interim.headers().remove(HttpHeaderNames.TRANSFER_ENCODING);
            downstream.write(interim);
        }
        return true;
    }

    /** Relays the head; an upgrade only where one was asked for. */
    HttpHeaders relayHead(HttpResponse head) {
        boolean upgrade = isUpgrade(head);
        HttpResponse toCaller = Heads.forCaller(head, method, downstream.takesChunked(), upgrade);
        if (upgrade) {
            upgradeFields = toCaller.headers();
        }
        state = Side.STREAMING;
        downstream.write(toCaller);
        return toCaller.headers();
    }

    static boolean isUpgrade(HttpResponse head) {
        return head.status().code() == SWITCHING_PROTOCOLS;
    }

    void relayBody(HttpContent content) {
        if (content instanceof LastHttpContent last) {
            state = Side.DONE;
            if (!last.trailingHeaders().isEmpty()) {
                HopByHop.stripTrailers(last.trailingHeaders());
            }
        }
        downstream.write(content);
    }
}
