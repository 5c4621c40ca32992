package egress.exchange;

import egress.http.HopByHop;
import egress.http.InterimResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;

/** Brings the response of an exchange to its caller, as it comes; more is asked for when the caller takes it. */
final class ResponseRelay {
    private static final int SWITCHING_PROTOCOLS = 101;
    private static final int MAX_INTERIMS = 100;

    private final Exchange exchange;
    private final DownstreamPeer downstream;
    private final HttpMethod method;
    private final RequestRelay request;
    private Side state = Side.AWAITING_HEAD;
    private int interims;
    private @Nullable HttpHeaders upgradeFields;

    ResponseRelay(Exchange exchange, DownstreamPeer downstream, HttpMethod method, RequestRelay request) {
        this.exchange = exchange;
        this.downstream = downstream;
        this.method = method;
        this.request = request;
    }

    Side state() {
        return state;
    }

    void done() {
        state = Side.DONE;
    }

    /** A part came from the origin. */
    void take(HttpObject part) {
        switch (part) {
            case InterimResponse interim -> relayInterim(interim);
            case HttpResponse head -> {
                request.answered();
                if (head.status().code() == SWITCHING_PROTOCOLS && !exchange.mayUpgrade()) {
                    exchange.fail(new Failure.UpstreamMalformed("the origin answered 101 unasked"));
                } else {
                    relayHead(head);
                }
            }
            case HttpContent content -> relayBody(content);
            default -> Exchange.discard(part);
        }
    }

    private void relayInterim(InterimResponse interim) {
        int status = interim.status().code();
        if (status == HttpResponseStatus.CONTINUE.code()) {
            request.wanted();
        }
        if (++interims > MAX_INTERIMS) {
            exchange.fail(new Failure.UpstreamMalformed("the origin sent interim responses without end"));
        } else if (state == Side.AWAITING_HEAD && downstream.takesInterim(status)) {
            HopByHop.stripResponse(interim.headers());
            interim.headers().remove(HttpHeaderNames.CONTENT_LENGTH); // RFC 9110 §8.6
            interim.headers().remove(HttpHeaderNames.TRANSFER_ENCODING);
            downstream.write(interim);
        }
    }

    private void relayHead(HttpResponse head) {
        ExchangeRecord entry = exchange.entry();
        entry.firstByteNanos = System.nanoTime();
        entry.status = head.status().code();
        entry.answered = head.status();
        boolean upgrade = head.status().code() == SWITCHING_PROTOCOLS;
        HttpResponse toCaller = Heads.forCaller(head, method, downstream.takesChunked(), upgrade);
        HttpHeaders fields = toCaller.headers();
        if (upgrade) {
            upgradeFields = fields;
        }
        state = Side.STREAMING;
        entry.responseFields = fields;
        exchange.tell(new Event.ResponseHead(entry));
        downstream.write(toCaller);
        request.inspection().observeResponse(fields);
    }

    private void relayBody(HttpContent content) {
        exchange.entry().responseBytes += content.content().readableBytes();
        try {
            request.inspection().observeResponse(content);
        } catch (RuntimeException | Error e) {
            Exchange.discard(content);
            throw e;
        }
        boolean last = content instanceof LastHttpContent;
        if (content instanceof LastHttpContent end && !end.trailingHeaders().isEmpty()) {
            HopByHop.stripTrailers(end.trailingHeaders());
        }
        if (last) {
            state = Side.DONE;
        }
        exchange.tell(new Event.ResponsePart(exchange.entry(), content));
        downstream.write(content);
        if (last) {
            exchange.onResponseWhole(upgradeFields);
        }
    }

    /** Asks the origin for more where the caller takes it. */
    void pull() {
        UpstreamPeer peer = request.upstream();
        if (!exchange.isEnded() && peer != null && state != Side.DONE && downstream.isWritable()) {
            peer.read();
        }
    }
}
