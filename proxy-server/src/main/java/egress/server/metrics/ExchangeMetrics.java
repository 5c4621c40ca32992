package egress.server.metrics;

import egress.exchange.Event;
import egress.exchange.ExchangeRecord;
import egress.exchange.Failure;
import egress.exchange.Inspection;
import egress.exchange.Observer;
import egress.policy.Policy;
import egress.policy.Route;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Counts and times exchanges. No label holds anything that a caller can make up: routes by their names in the file,
 * failures by their codes, statuses by their class.
 *
 * <p>The registry takes a tenth of a second to load, in the background; what happens before it is there waits for it.
 */
public final class ExchangeMetrics implements Observer {
    private static final int MAX_WAITING = 10_000;
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2_500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofSeconds(60),
        Duration.ofSeconds(300)
    };

    private final Queue<Consumer<MeterRegistry>> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waitingCount = new AtomicInteger();
    private volatile @Nullable MeterRegistry registry;

    private final ConcurrentMap<ExchangeKey, Counter> exchanges = new ConcurrentHashMap<>();
    private final ConcurrentMap<TimerKey, Timer> timers = new ConcurrentHashMap<>();
    private final ConcurrentMap<FindingKey, Counter> findings = new ConcurrentHashMap<>();
    private final ConcurrentMap<RefusalKey, Counter> refusals = new ConcurrentHashMap<>();
    private final ConcurrentMap<FlipKey, Counter> flips = new ConcurrentHashMap<>();
    private final RuleHits ruleHits = new RuleHits();
    private final LongAdder inFlight = new LongAdder();
    private final LongAdder bytesUp = new LongAdder();
    private final LongAdder bytesDown = new LongAdder();
    private final LongAdder handshakesFailed = new LongAdder();
    private final LongAdder tunnels = new LongAdder();

    /** The labels of a count. */
    private record ExchangeKey(String route, String verdict, String status, String protocol) {}

    private record FindingKey(String detector, String effect) {}

    private record FlipKey(String route, String from, String to) {}

    private record RefusalKey(String route, String code) {}

    private record TimerKey(String name, String route, String protocol) {}

    /** From now on meters are written to this registry; what waited is written first. */
    public void ready(MeterRegistry made) {
        ProcessMetrics.gauge(made, "egress.exchanges.in.flight", "Exchanges with an origin now", inFlight::sum);
        ProcessMetrics.counter(
                made, "egress.request.bytes", "Bytes of request bodies and tunnels, from callers", bytesUp::sum);
        ProcessMetrics.counter(
                made, "egress.response.bytes", "Bytes of response bodies and tunnels, to callers", bytesDown::sum);
        ProcessMetrics.counter(
                made,
                "egress.downstream.handshake.failures",
                "TLS handshakes of callers that failed",
                handshakesFailed::sum);
        ProcessMetrics.counter(made, "egress.tunnels", "Passthrough and upgraded connections that ended", tunnels::sum);
        ruleHits.ready(made);
        registry = made;
        drain(made);
    }

    /** These routes are in force from now on. */
    public void routes(Policy policy) {
        ruleHits.routes(policy);
    }

    private void with(Consumer<MeterRegistry> event) {
        MeterRegistry made = registry;
        if (made != null) {
            event.accept(made);
        } else if (waitingCount.incrementAndGet() <= MAX_WAITING) {
            waiting.add(event);
            MeterRegistry now = registry;
            if (now != null) {
                drain(now);
            }
        }
    }

    private void drain(MeterRegistry made) {
        Consumer<MeterRegistry> next;
        while ((next = waiting.poll()) != null) {
            next.accept(made);
        }
    }

    @Override
    public void on(Event event) {
        switch (event) {
            case Event.Allowed _ -> inFlight.increment();
            case Event.Found found -> onFound(found.hit());
            case Event.Ended ended -> onEnded(ended.exchange());
            case Event.ConnectionRefused refused -> onRefused(refused.route(), refused.code());
            case Event.HandshakeDone done -> onHandshake(done.protocol(), done.nanos());
            case Event.HandshakeFailed _ -> handshakesFailed.increment();
            case Event.TunnelEnded tunnel -> {
                tunnels.increment();
                bytesUp.add(tunnel.bytesUp());
                bytesDown.add(tunnel.bytesDown());
            }
            case Event.ConnectionOpened _, Event.ConnectionClosed _, Event.ClientHelloRead _ -> {}
            case Event.Started _, Event.RequestPart _, Event.ResponseHead _, Event.ResponsePart _ -> {}
        }
    }

    private void onEnded(ExchangeRecord exchange) {
        if (exchange.judgedNanos != 0) {
            inFlight.decrement();
        }
        bytesUp.add(exchange.requestBytes);
        bytesDown.add(exchange.responseBytes);
        Route route = exchange.route;
        if (route != null && exchange.judgedNanos != 0) { // policy let its head through
            ruleHits.hit(route, exchange.rule);
        }
        String name = route == null ? "none" : route.name();
        String protocol = exchange.version.equals("HTTP/2.0") ? "h2" : "h1";
        ExchangeKey key = new ExchangeKey(name, verdict(exchange.failure), statusClass(exchange.status), protocol);
        long total = exchange.endedNanos - exchange.startedNanos;
        long first = exchange.firstByteNanos == 0 ? -1 : exchange.firstByteNanos - exchange.startedNanos;
        with(made -> {
            count(made, key);
            time(made, "egress.exchange", "From a request's head to the end of the exchange", key, total);
            if (first >= 0) {
                time(made, "egress.first.byte", "From a request's head to the response's", key, first);
            }
        });
    }

    private void count(MeterRegistry made, ExchangeKey key) {
        Counter known = exchanges.get(key);
        if (known == null) {
            known = exchanges.computeIfAbsent(
                    key,
                    added -> Counter.builder("egress.exchanges")
                            .description("Exchanges that ended; verdict is allow, or the code of a failure")
                            .tag("route", added.route())
                            .tag("verdict", added.verdict())
                            .tag("status", added.status())
                            .tag("protocol", added.protocol())
                            .register(made));
        }
        known.increment();
    }

    private void time(MeterRegistry made, String name, String words, ExchangeKey of, long nanos) {
        TimerKey key = new TimerKey(name, of.route(), of.protocol());
        Timer known = timers.get(key);
        if (known == null) {
            known = timers.computeIfAbsent(
                    key,
                    added -> Timer.builder(added.name())
                            .description(words)
                            .tag("route", added.route())
                            .tag("protocol", added.protocol())
                            .serviceLevelObjectives(BUCKETS)
                            .register(made));
        }
        known.record(nanos, TimeUnit.NANOSECONDS);
    }

    private static String verdict(@Nullable Failure failure) {
        return failure == null ? "allow" : failure.code();
    }

    private static String statusClass(int status) {
        return switch (status / 100) {
            case 1 -> "1xx";
            case 2 -> "2xx";
            case 3 -> "3xx";
            case 4 -> "4xx";
            case 5 -> "5xx";
            default -> "none";
        };
    }

    private void onFound(Inspection.Hit hit) {
        FindingKey key = new FindingKey(hit.detector(), hit.effect().code());
        with(made -> findings.computeIfAbsent(
                        key,
                        added -> Counter.builder("egress.dlp.findings")
                                .description("What DLP found, by detector and by what became of it")
                                .tag("detector", added.detector())
                                .tag("effect", added.effect())
                                .register(made))
                .increment());
        if (hit.effect() == Inspection.Effect.LOCKED) {
            with(made -> Counter.builder("egress.dlp.locked")
                    .description("Times that a caller was locked out for its hits on known secrets")
                    .register(made)
                    .increment());
        }
        if (hit.effect() == Inspection.Effect.SUPERVISED) {
            with(made -> Counter.builder("egress.dlp.supervised")
                    .description("Hits that an operator would have been asked about, had there been one")
                    .register(made)
                    .increment());
        }
    }

    private void onHandshake(String protocol, long nanos) {
        TimerKey key = new TimerKey("egress.downstream.handshake", "", protocol);
        with(made -> timers.computeIfAbsent(
                        key,
                        added -> Timer.builder(added.name())
                                .description("TLS handshakes of callers that succeeded, from the ClientHello on")
                                .tag("protocol", added.protocol())
                                .serviceLevelObjectives(BUCKETS)
                                .register(made))
                .record(nanos, TimeUnit.NANOSECONDS));
    }

    /**
     * The candidate for the routes file would have decided otherwise; from any thread.
     *
     * @param route by its name in a file; {@code from} and {@code to}: {@code allow}, or the code of a denial
     */
    public void flipped(String route, String from, String to) {
        FlipKey key = new FlipKey(route, from, to);
        with(made -> flips.computeIfAbsent(
                        key,
                        added -> Counter.builder("egress.shadow.flips")
                                .description("Exchanges that the shadow routes would have decided otherwise")
                                .tag("route", added.route())
                                .tag("from", added.from())
                                .tag("to", added.to())
                                .register(made))
                .increment());
    }

    private void onRefused(@Nullable Route route, String code) {
        RefusalKey key = new RefusalKey(route == null ? "none" : route.name(), code);
        with(made -> refusals.computeIfAbsent(
                        key,
                        added -> Counter.builder("egress.connections.refused")
                                .description("CONNECTs and connections refused outside of any exchange")
                                .tag("route", added.route())
                                .tag("code", added.code())
                                .register(made))
                .increment());
    }
}
