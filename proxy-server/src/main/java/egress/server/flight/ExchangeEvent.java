package egress.server.flight;

import egress.exchange.CallerPhases;
import egress.exchange.ExchangeRecord;
import egress.policy.Route;
import java.util.function.UnaryOperator;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** One exchange; its path stands in none of the fields, and what else a caller says is masked. Phases that were not reached are 0. */
@Name("egress.Exchange")
@Label("Exchange")
@Category("egress-proxy")
@Description("A request and its response, from the request's head on")
@StackTrace(false)
final class ExchangeEvent extends Event {
    @Label("Exchange Id")
    long id;

    @Label("Method")
    @Nullable
    String method;

    @Label("Host")
    @Nullable
    String host;

    @Label("Port")
    int port;

    @Label("Route")
    @Description("By its name in the routes file; null where none allowed it")
    @Nullable
    String route;

    @Label("HTTP Version")
    @Description("Of the caller's side")
    @Nullable
    String version;

    @Label("Status")
    @Description("That the caller got; 0 where none went out")
    int status;

    @Label("Code")
    @Description("As in X-Egress-Deny; null where all went well")
    @Nullable
    String code;

    @Label("Upstream Connection Reused")
    boolean upstreamReused;

    @Label("Request Body")
    @DataAmount
    long requestBytes;

    @Label("Response Body")
    @DataAmount
    long responseBytes;

    @Label("Accept")
    @Description("Of the caller's connection: until its first head")
    @Timespan
    long accept;

    @Label("ClientHello")
    @Description("Of the caller's connection: from the answer to CONNECT on")
    @Timespan
    long hello;

    @Label("Mint")
    @Description("Of the caller's connection: until there was a leaf certificate, from the answer to CONNECT on")
    @Timespan
    long mint;

    @Label("Handshake")
    @Description("Of the caller's connection")
    @Timespan
    long handshake;

    @Label("Verdict")
    @Description("Until policy and inspection let the head go")
    @Timespan
    long verdict;

    @Label("Connect")
    @Description("Name look-up and TCP to the origin; 0 on a connection that was open")
    @Timespan
    long connect;

    @Label("TLS")
    @Description("The handshake with the origin; 0 on a connection that was open")
    @Timespan
    long tls;

    @Label("Stream")
    @Description("From the verdict until there was a stream to the origin, connect and TLS among it")
    @Timespan
    long stream;

    @Label("First Byte")
    @Description("From there until the response's head")
    @Timespan
    long firstByte;

    @Label("Body")
    @Description("From there until the end")
    @Timespan
    long body;

    /** @param masker takes secrets out of a text */
    void fill(ExchangeRecord exchange, UnaryOperator<String> masker) {
        Route allowed = exchange.route;
        id = exchange.id;
        method = masker.apply(exchange.method);
        host = masker.apply(exchange.authority.host());
        port = exchange.authority.port();
        route = allowed == null ? null : allowed.name();
        version = exchange.version;
        status = exchange.status;
        code = exchange.failure == null ? null : exchange.failure.code();
        upstreamReused = exchange.upstreamReused;
        requestBytes = exchange.requestBytes;
        responseBytes = exchange.responseBytes;
        CallerPhases caller = exchange.callerPhases;
        accept = Math.max(0, caller.accept());
        hello = Math.max(0, caller.hello());
        mint = Math.max(0, caller.mint());
        handshake = Math.max(0, caller.handshake());
        verdict = between(exchange.startedNanos, exchange.judgedNanos);
        connect = exchange.connectNanos;
        tls = exchange.tlsNanos;
        stream = between(exchange.judgedNanos, exchange.acquiredNanos);
        firstByte = between(exchange.acquiredNanos, exchange.firstByteNanos);
        body = between(exchange.firstByteNanos, exchange.endedNanos);
    }

    private static long between(long from, long until) {
        return from == 0 || until == 0 ? 0 : Math.max(0, until - from);
    }
}
