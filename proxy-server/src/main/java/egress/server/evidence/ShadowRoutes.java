package egress.server.evidence;

import egress.exchange.Event;
import egress.exchange.ExchangeRecord;
import egress.exchange.Failure;
import egress.exchange.Observer;
import egress.http.Authority;
import egress.policy.ConnectionRoute;
import egress.policy.Policy;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.policy.Verdict;
import egress.share.Caller;
import egress.share.Claimant;
import egress.share.FairBudget;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges each exchange once more, by a candidate for the routes in force, and reports those that it would decide otherwise. An event loop only
 * copies the head, once the exchange is over; the judging is done on a thread of its own, and what that has no time for is counted.
 */
public final class ShadowRoutes implements Observer, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ShadowRoutes.class);
    private static final int MOST_WAITING = 4_096;
    private static final String ALLOW = "allow";
    /** Of a field's objects, in bytes. */
    private static final int FIELD = 64;

    /** How long a burst is gathered, so that an event loop wakes the thread once and not for each exchange. */
    private static final Duration GATHER = Duration.ofMillis(5);

    private final Consumer<Flip> sink;
    /** Of the heads that wait, in bytes, at most; and of the heap. */
    private static final long MOST_BYTES = 16 << 20;

    private static final int HEAP_SHARE = 32;

    private final FairBudget memory =
            new FairBudget(Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / HEAP_SHARE));
    private final BlockingQueue<Asked> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final LongAdder lost = new LongAdder();
    private final Thread thread =
            Thread.ofPlatform().daemon().name("egress-shadow").unstarted(this::run);
    private volatile @Nullable Policy candidate;

    /**
     * An exchange that the candidate would decide otherwise.
     *
     * @param route of the host, in the candidate or else in force; {@code none} where neither names it
     * @param from {@code allow}, or the code of the denial
     * @param to what the candidate says, likewise
     * @param rule of the candidate
     */
    public record Flip(
            SocketAddress downstream,
            Caller caller,
            long exchange,
            boolean tls,
            Authority authority,
            String method,
            String target,
            String route,
            String from,
            String to,
            @Nullable String rule) {}

    /**
     * What is to be judged, copied.
     *
     * @param held of the memory for all of them
     */
    private record Asked(
            FairBudget.Lease held,
            SocketAddress downstream,
            Caller caller,
            long exchange,
            RequestHead head,
            @Nullable String route,
            String from) {}

    /** @param sink receives each flip, on a thread of its own */
    public ShadowRoutes(Consumer<Flip> sink) {
        this.sink = sink;
    }

    /** Begins to judge. */
    public void start() {
        thread.start();
    }

    /** Judges by this one from now on. */
    public void use(Policy policy) {
        candidate = policy;
    }

    /** Whether there is a candidate. */
    public boolean isUsed() {
        return candidate != null;
    }

    /** Exchanges that were not judged, since they came faster than that. */
    public long lost() {
        return lost.sum();
    }

    @Override
    public void on(Event event) {
        if (event instanceof Event.Ended ended && candidate != null) {
            onEnded(ended.exchange());
        }
    }

    private void onEnded(ExchangeRecord exchange) {
        String from = inForce(exchange);
        if (from == null || exchange.requestFields == null) {
            return;
        }
        FairBudget.Lease held =
                memory.take(new Claimant(exchange.caller, 0), weight(exchange), FairBudget.Reclaim.NEVER);
        if (held == null) {
            lost.increment();
            return;
        }
        RequestHead head = new RequestHead(
                exchange.tls, exchange.authority, exchange.method, exchange.target, exchange.requestFields.copy());
        Route route = exchange.route;
        Asked asked = new Asked(
                held,
                exchange.downstream,
                exchange.caller,
                exchange.id,
                head,
                route == null ? null : route.name(),
                from);
        if (!waiting.offer(asked)) {
            held.close();
            lost.increment();
        }
    }

    /** Of a copy of its head in bytes, about; no more of them are held than there are places in the queue. */
    private long weight(ExchangeRecord exchange) {
        long weight = memory.capacity() / MOST_WAITING + exchange.method.length() + exchange.target.length();
        if (exchange.requestFields != null) {
            for (var fields = exchange.requestFields.iteratorCharSequence(); fields.hasNext(); ) {
                var field = fields.next();
                weight += FIELD + field.getKey().length() + field.getValue().length();
            }
        }
        return weight;
    }

    /** What the rules in force said; null where they were not asked. */
    private static @Nullable String inForce(ExchangeRecord exchange) {
        if (exchange.failure instanceof Failure.Denied denied) {
            String code = denied.why().code();
            return Recorded.BY_RULES.contains(code) ? code : Recorded.BEFORE_RULES.contains(code) ? null : ALLOW;
        }
        return exchange.rule == null ? null : ALLOW;
    }

    private void run() {
        try {
            while (true) {
                for (Asked asked = waiting.take(); asked != null; asked = waiting.poll()) {
                    try (FairBudget.Lease _ = asked.held()) {
                        judge(asked);
                    } catch (RuntimeException e) {
                        lost.increment();
                        LOG.error("the shadow routes could not judge exchange {}", asked.exchange(), e);
                    }
                }
                Thread.sleep(GATHER);
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    private void judge(Asked asked) {
        Policy policy = candidate;
        if (policy == null) {
            return;
        }
        Said said = said(policy, asked.head());
        boolean allowed = asked.from().equals(ALLOW);
        if (said.code().equals(ALLOW) == allowed || !allowed && said.body()) {
            return; // as in force; or denied by a body, which is not read again
        }
        Route route = policy.routeOf(asked.head().authority());
        String name = route != null ? route.name() : asked.route() != null ? asked.route() : "none";
        RequestHead head = asked.head();
        sink.accept(new Flip(
                asked.downstream(),
                asked.caller(),
                asked.exchange(),
                head.tls(),
                head.authority(),
                head.method(),
                head.target(),
                name,
                asked.from(),
                said.code(),
                said.rule()));
    }

    /** @param body whether the body has a say too */
    private record Said(String code, @Nullable String rule, boolean body) {}

    private static Said said(Policy policy, RequestHead head) {
        switch (policy.route(head.authority())) {
            case ConnectionRoute.Passthrough _ -> {
                if (head.tls()) {
                    return new Said(ALLOW, Judge.PASSTHROUGH, false);
                }
            }
            case ConnectionRoute.Refuse refuse -> {
                return new Said(refuse.why().code(), null, false);
            }
            case ConnectionRoute.Bump _ -> {}
        }
        return switch (policy.judge(head)) {
            case Verdict.Allow allow -> new Said(ALLOW, allow.rule(), false);
            case Verdict.Inspect inspect -> new Said(ALLOW, inspect.rule(), true);
            case Verdict.Deny deny -> new Said(deny.why().code(), deny.rule(), false);
            case Verdict.Malformed _ -> new Said("malformed", null, false);
            case Verdict.Misdirected _ -> new Said("misdirected", null, false);
        };
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
