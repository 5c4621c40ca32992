package egress.server.flows;

import egress.exchange.ExchangeRecord;
import egress.exchange.Inspection;
import egress.exchange.TlsFacts;
import egress.http.Authority;
import egress.share.Caller;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import java.net.SocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An exchange on its way to be a flow: copies of what passed. Filled in on the exchange's event loop; what was filled in before it is
 * handed over is read by the recorder's thread, and not changed any more.
 */
final class Recording implements AutoCloseable {
    /** Of the objects of a flow, in bytes. */
    static final int OVERHEAD = 1024;
    /** Taken in advance for small bodies and the response's fields, in bytes. */
    private static final int AHEAD = 4 * 1024;

    final long id;
    final SocketAddress downstream;
    final Caller caller;
    final Authority authority;
    final boolean tls;
    final String version;
    final String method;
    final String target;
    final long startedNanos;
    final String scan;
    final Instant time;
    final @Nullable TlsFacts callerTls;
    final Fields requestFields;
    final Credit credit;
    final BodyCopy request;
    final BodyCopy response;
    Fields requestTrailers = Fields.NONE;
    Fields responseFields = Fields.NONE;
    Fields responseTrailers = Fields.NONE;

    @Nullable
    TlsFacts upstreamTls;

    @Nullable
    HttpResponseStatus answered;

    /** What inspection found; replaced as a whole, since it may find something in a response after its end. */
    private volatile List<Inspection.Hit> found = List.of();

    /** Whether a lost part of a message is yet to be reported to the recorder's thread, by its direction. */
    volatile boolean gapUp;

    volatile boolean gapDown;

    /** Of the recorder's thread alone. */
    final MessageLog messages;

    /** Of the recorder's thread alone. */
    Flow.@Nullable Request masked;

    /** Of the recorder's thread alone. */
    FlowDelivery.@Nullable Progress unshown;

    Recording(ExchangeRecord exchange, String scan, Instant time, Fields requestFields, Credit credit, int bodyLimit) {
        this.id = exchange.id;
        this.downstream = exchange.downstream;
        this.caller = exchange.caller;
        this.authority = exchange.authority;
        this.tls = exchange.tls;
        this.version = exchange.version;
        this.method = exchange.method;
        this.target = exchange.target;
        this.startedNanos = exchange.startedNanos;
        this.callerTls = exchange.tlsFacts;
        this.scan = scan;
        this.time = time;
        this.requestFields = requestFields;
        this.credit = credit;
        this.request = new BodyCopy(bodyLimit);
        this.response = new BodyCopy(bodyLimit);
        this.messages = new MessageLog(bodyLimit);
    }

    /** What an exchange costs from its beginning on, in bytes; {@link #credit} says what of it is left. */
    static int weight(ExchangeRecord exchange, Fields fields) {
        return OVERHEAD + AHEAD + exchange.method.length() + exchange.target.length() + fields.weight();
    }

    static int ahead() {
        return AHEAD;
    }

    void requestPart(HttpContent part) {
        request.add(part.content(), credit);
        if (part instanceof LastHttpContent last && !last.trailingHeaders().isEmpty()) {
            requestTrailers = Fields.of(last.trailingHeaders());
            credit.force(requestTrailers.weight());
        }
    }

    void responseHead(ExchangeRecord exchange) {
        answered = exchange.answered;
        upstreamTls = exchange.upstreamTls;
        responseFields = Fields.of(exchange.responseFields);
        credit.force(responseFields.weight());
    }

    void responsePart(HttpContent part) {
        response.add(part.content(), credit);
        if (part instanceof LastHttpContent last && !last.trailingHeaders().isEmpty()) {
            responseTrailers = Fields.of(last.trailingHeaders());
            credit.force(responseTrailers.weight());
        }
    }

    void found(Inspection.Hit hit) {
        if (found.size() < 100) {
            List<Inspection.Hit> more = new ArrayList<>(found);
            more.add(hit);
            found = List.copyOf(more);
        }
    }

    void gap(boolean fromCaller, boolean is) {
        if (fromCaller) {
            gapUp = is;
        } else {
            gapDown = is;
        }
    }

    /** Gives up what was kept of its bodies, for others that have less: on the recorder's thread. */
    void giveWay() {
        request.giveUp();
        response.giveUp();
        messages.giveUp();
        credit.giveBodies();
    }

    List<Inspection.Hit> findings() {
        return found;
    }

    /** Gives back what it holds of the memory. */
    @Override
    public void close() {
        messages.close();
        credit.close();
    }
}
