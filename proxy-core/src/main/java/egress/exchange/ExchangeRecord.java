package egress.exchange;

import egress.http.Authority;
import egress.policy.Route;
import egress.share.Caller;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one exchange, filled in as it goes. Belongs to the exchange's event loop: an observer that needs it
 * elsewhere copies what it needs. Header objects are only valid during the call.
 */
public final class ExchangeRecord {
    public final long id;
    public final SocketAddress downstream;
    /** Whose budgets it counted in. */
    public final Caller caller;

    public final Authority authority;
    public final boolean tls;
    /** {@code HTTP/1.0}, {@code HTTP/1.1} or {@code HTTP/2.0}, of the caller's side. */
    public final String version;

    public final String method;
    /** Origin-form, as the caller sent it. */
    public final String target;

    public final long startedNanos;

    /** The scan that the caller named as it connected; empty where scans are not distinguished. */
    public String scan = "";

    /** Of the observer that records the exchange, for as long as it lasts. */
    public @Nullable Object recording;

    /** The fields as the agent sent them, without hop-by-hop fields; its own credentials are among them: mask them. */
    public @Nullable HttpHeaders requestFields;

    /** The fields as the caller gets them. */
    public @Nullable HttpHeaders responseFields;

    /** The one that allowed it, or the one of its host where it was denied. */
    public @Nullable Route route;
    /** Which rule decided, as {@link egress.policy.RuleNames} names it; null where none was asked. */
    public @Nullable String rule;

    /** The id of its question or grant; empty where no operator was asked. */
    public String ask = "";

    /** Null when all went well. */
    public @Nullable Failure failure;
    /** The status the caller got; 0 when none went out. Of a denied gRPC call the one that HTTP would have had. */
    public int status;
    /** The status line as it went out. */
    public @Nullable HttpResponseStatus answered;

    /** Of the caller's connection; null where that is plain. */
    public @Nullable TlsFacts tlsFacts;

    /** Of the connection to the origin; null where there is none, or a plain one. */
    public @Nullable TlsFacts upstreamTls;

    public @Nullable String upstreamAddress;
    public @Nullable String upstreamVersion;
    public boolean upstreamReused;
    /** Whether a credential was written to the origin. */
    public boolean injected;

    public long requestBytes;
    public long responseBytes;

    /** Of the caller's connection, as far as this exchange waited for them. */
    public CallerPhases callerPhases = CallerPhases.NONE;

    /** What an observer of {@link Event.Started} put here to trace the exchange; null where it is not traced. */
    public @Nullable TraceContext trace;

    /** When the phases of the caller's connection began, as {@link System#nanoTime}; 0 for what it does not have. */
    public long acceptedNanos;

    public long connectedNanos;
    public long handshakeNanos;

    /** Phase times as {@link System#nanoTime}; 0 when the phase was not reached. */
    public long judgedNanos;

    public long connectNanos;
    public long tlsNanos;
    public long acquiredNanos;
    public long firstByteNanos;
    public long endedNanos;

    /** Of a CONNECT that is refused for what was found in its name: no exchange follows. */
    public static ExchangeRecord ofConnect(long id, SocketAddress downstream, Caller caller, Authority authority) {
        return new ExchangeRecord(
                id,
                downstream,
                caller,
                authority,
                true,
                "HTTP/1.1",
                "CONNECT",
                authority.toString(),
                System.nanoTime());
    }

    ExchangeRecord(
            long id,
            SocketAddress downstream,
            Caller caller,
            Authority authority,
            boolean tls,
            String version,
            String method,
            String target,
            long startedNanos) {
        this.id = id;
        this.downstream = downstream;
        this.caller = caller;
        this.authority = authority;
        this.tls = tls;
        this.version = version;
        this.method = method;
        this.target = target;
        this.startedNanos = startedNanos;
    }

    /** Notes which connection the request goes to. */
    void acquired(UpstreamPeer peer, boolean reused) {
        acquiredNanos = System.nanoTime();
        upstreamAddress = peer.remoteAddress();
        upstreamVersion = peer.isHttp2() ? "HTTP/2.0" : "HTTP/1.1";
        upstreamReused = reused;
        upstreamTls = peer.tls();
        connectNanos = peer.timings().connectNanos();
        tlsNanos = peer.timings().tlsNanos();
    }
}
