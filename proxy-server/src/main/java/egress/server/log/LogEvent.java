package egress.server.log;

import egress.exchange.CallerPhases;
import egress.exchange.ExchangeRecord;
import egress.exchange.Failure;
import egress.http.Authority;
import egress.policy.Route;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is written down of one event: copied on the event loop, put into words elsewhere. Each says itself how it reads, as lines for a
 * terminal and, where it is a {@link Recorded}, as JSON.
 */
public interface LogEvent {
    /** Milliseconds of the epoch. */
    long time();

    SocketAddress downstream();

    /** Bytes it holds, about. */
    default int weight() {
        return 256;
    }

    /** Writes its lines for a terminal. */
    void text(Terminal to);

    /** An event that log collectors get too. */
    interface Recorded extends LogEvent {
        /** The value of {@code event}. */
        String name();

        /** Writes its own fields, behind {@code time}, {@code event} and {@code client}. */
        void json(JsonFields to) throws IOException;
    }

    /**
     * Nanoseconds from the head to each point of an exchange, or of a phase; -1 for what was not reached.
     *
     * @param caller of the caller's connection; 0 in its later exchanges
     * @param verdict until policy had judged
     * @param connect name lookup and TCP connect upstream; 0 on a connection that was open
     * @param tls the upstream handshake; 0 likewise
     * @param acquired until there was a stream to the origin
     * @param firstByte until the response head
     * @param lastByte until the end
     */
    record Phases(
            CallerPhases caller, long verdict, long connect, long tls, long acquired, long firstByte, long lastByte) {
        static Phases of(ExchangeRecord exchange) {
            boolean acquired = exchange.acquiredNanos != 0;
            return new Phases(
                    exchange.callerPhases,
                    since(exchange, exchange.judgedNanos),
                    acquired ? exchange.connectNanos : -1,
                    acquired ? exchange.tlsNanos : -1,
                    since(exchange, exchange.acquiredNanos),
                    since(exchange, exchange.firstByteNanos),
                    since(exchange, exchange.endedNanos));
        }

        private static long since(ExchangeRecord exchange, long nanos) {
            return nanos == 0 ? -1 : nanos - exchange.startedNanos;
        }
    }

    /**
     * A copy of an exchange's record.
     *
     * @param route the name of the route that allowed it, or of its host's
     * @param rule which rule decided
     * @param ask the question to an operator, or the grant, of the exchange; null where no operator was asked
     * @param requestFields empty unless they are to be written
     */
    record Facts(
            long time,
            long id,
            SocketAddress downstream,
            Authority authority,
            boolean tls,
            String version,
            String method,
            String target,
            @Nullable String route,
            @Nullable String rule,
            @Nullable String ask,
            @Nullable Failure failure,
            int status,
            @Nullable String upstreamAddress,
            @Nullable String upstreamVersion,
            boolean upstreamReused,
            boolean injected,
            long requestBytes,
            long responseBytes,
            Phases phases,
            List<Map.Entry<String, String>> requestFields,
            List<Map.Entry<String, String>> responseFields) {

        public static Facts of(ExchangeRecord exchange, long time, boolean withFields) {
            Route route = exchange.route;
            return new Facts(
                    time,
                    exchange.id,
                    exchange.downstream,
                    exchange.authority,
                    exchange.tls,
                    exchange.version,
                    exchange.method,
                    exchange.target,
                    route == null ? null : route.name(),
                    exchange.rule,
                    exchange.ask.isEmpty() ? null : exchange.ask,
                    exchange.failure,
                    exchange.status,
                    exchange.upstreamAddress,
                    exchange.upstreamVersion,
                    exchange.upstreamReused,
                    exchange.injected,
                    exchange.requestBytes,
                    exchange.responseBytes,
                    Phases.of(exchange),
                    withFields ? onTheWire(exchange.requestFields, exchange.version) : List.of(),
                    withFields ? onTheWire(exchange.responseFields, exchange.version) : List.of());
        }

        /** Without what HTTP/2 has no field for, and the translation from it adds. */
        private static List<Map.Entry<String, String>> onTheWire(@Nullable HttpHeaders fields, String version) {
            if (fields == null) {
                return List.of();
            }
            boolean h2 = version.equals("HTTP/2.0");
            List<Map.Entry<String, String>> copy = new ArrayList<>(fields.size());
            fields.iteratorCharSequence().forEachRemaining(field -> {
                String name = field.getKey().toString();
                if (!h2 || !name.equalsIgnoreCase("transfer-encoding") && !name.equalsIgnoreCase("host")) {
                    copy.add(Map.entry(name, field.getValue().toString()));
                }
            });
            return copy;
        }

        /** The caller's address as text. */
        public String caller() {
            return Terminal.address(downstream);
        }

        /** The absolute URL, as the caller meant it. */
        public String url() {
            String path = target.equals("*") ? "/*" : target;
            return (tls ? "https://" : "http://") + authority.toHostField(tls) + path;
        }

        /** Whether the gate refused it, because of policy or of what the caller sent. */
        public boolean isBlock() {
            return failure != null && isBlock(failure);
        }

        public static boolean isBlock(Failure failure) {
            return switch (failure) {
                case Failure.Denied d -> true;
                case Failure.Unauthenticated u -> true;
                case Failure.DownstreamMalformed m -> true;
                case Failure.UpstreamForbidden f -> true;
                case Failure.DownstreamGone g -> false;
                case Failure.DownstreamTimedOut t -> false;
                case Failure.DownstreamTooSlow t -> false;
                case Failure.UpstreamUnreachable u -> false;
                case Failure.UpstreamUntrusted u -> false;
                case Failure.UpstreamRefused r -> false;
                case Failure.UpstreamClosedEarly c -> false;
                case Failure.UpstreamMalformed m -> false;
                case Failure.UpstreamTimedOut t -> false;
                case Failure.Overloaded o -> false;
            };
        }

        int weight() {
            int weight = 512 + method.length() + 2 * target.length();
            for (Map.Entry<String, String> field : requestFields) {
                weight += 64 + field.getKey().length() + field.getValue().length();
            }
            for (Map.Entry<String, String> field : responseFields) {
                weight += 64 + field.getKey().length() + field.getValue().length();
            }
            return weight;
        }
    }
}
