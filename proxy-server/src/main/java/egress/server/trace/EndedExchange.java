package egress.server.trace;

import egress.exchange.CallerPhases;
import egress.exchange.ExchangeRecord;
import egress.exchange.Failure;
import egress.http.Authority;
import egress.policy.Route;
import egress.share.FairBudget;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is known of an exchange that is over: copied on its event loop, made into spans elsewhere. */
record EndedExchange(
        ExchangeTrace trace, Facts facts, Times times, List<ExchangeTrace.Found> findings, FairBudget.Lease memory)
        implements Recorded {
    /** About what it holds besides its bodies' copies, in bytes. */
    private static final int WEIGHT = 1_024;

    /** @param route the route's name; null where none allowed it */
    record Facts(
            long id,
            SocketAddress downstream,
            String caller,
            Authority authority,
            boolean tls,
            String version,
            String method,
            String target,
            @Nullable String route,
            @Nullable Failure failure,
            int status,
            @Nullable String upstreamAddress,
            @Nullable String upstreamVersion,
            boolean upstreamReused,
            boolean injected,
            long requestBytes,
            long responseBytes) {}

    /**
     * As {@link System#nanoTime}, but for lengths.
     *
     * @param epoch what makes one of them a time of the epoch
     * @param caller lengths of the caller's phases
     * @param connect and {@code tls} lengths, which end when the stream was {@code acquired}
     */
    record Times(
            long epoch,
            CallerPhases caller,
            long accepted,
            long connected,
            long handshake,
            long started,
            long judged,
            long connect,
            long tls,
            long acquired,
            long firstByte,
            long ended) {}

    /**
     * @param epoch nanoseconds of the epoch, less {@link System#nanoTime}
     * @param memory the lease of its trace, closed with it
     */
    static EndedExchange of(ExchangeRecord exchange, ExchangeTrace trace, FairBudget.Lease memory, long epoch) {
        Route route = exchange.route;
        Facts facts = new Facts(
                exchange.id,
                exchange.downstream,
                exchange.caller.key(),
                exchange.authority,
                exchange.tls,
                exchange.version,
                exchange.method,
                exchange.target,
                route == null ? null : route.name(),
                exchange.failure,
                exchange.status,
                exchange.upstreamAddress,
                exchange.upstreamVersion,
                exchange.upstreamReused,
                exchange.injected,
                exchange.requestBytes,
                exchange.responseBytes);
        Times times = new Times(
                epoch,
                exchange.callerPhases,
                exchange.acceptedNanos,
                exchange.connectedNanos,
                exchange.handshakeNanos,
                exchange.startedNanos,
                exchange.judgedNanos,
                exchange.connectNanos,
                exchange.tlsNanos,
                exchange.acquiredNanos,
                exchange.firstByteNanos,
                exchange.endedNanos);
        return new EndedExchange(trace, facts, times, List.copyOf(trace.findings()), memory);
    }

    /** Takes the memory that it waits in. */
    boolean weigh() {
        return memory.take(WEIGHT + 2L * facts.target().length());
    }

    @Override
    public void close() {
        memory.close();
    }
}
