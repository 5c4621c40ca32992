package egress.server.trace;

import egress.exchange.Event;
import egress.exchange.ExchangeRecord;
import egress.exchange.Observer;
import egress.exchange.TraceContext;
import egress.server.config.TraceConfig;
import egress.server.log.Notices;
import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.handler.codec.http.HttpHeaders;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingDecision;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Traces exchanges: decides on the event loop which are sampled and copies what their spans need. Spans are made and sent on a
 * thread of their own, for which nothing waits.
 */
public final class Tracing implements Observer {
    private static final long MOST_BYTES = 16 << 20;
    /** The part of the heap for what waits, and for copies of bodies. */
    private static final int HEAP_SHARE = 16;

    private final Sampler sampler;
    private final Ids ids;
    private final InstantSource clock;
    private final FairBudget memory;
    private final SpanSender sender;

    private Tracing(Sampler sampler, Ids ids, InstantSource clock, FairBudget memory, SpanSender sender) {
        this.sampler = sampler;
        this.ids = ids;
        this.clock = clock;
        this.memory = memory;
        this.sender = sender;
    }

    /** What became of the exchanges that were sampled. */
    public record Statistics(FairBudget.Statistics memory, long sent, long lost) {}

    /**
     * Traces from now on.
     *
     * @param version of this program
     * @param mask takes secrets out of a text; called on the sending thread
     * @param trust the certificates that a receiver is verified by where no file is named
     * @throws IOException when the file that was named cannot be read, with its variable
     */
    public static Tracing start(
            TraceConfig config,
            String version,
            UnaryOperator<String> mask,
            Supplier<List<X509Certificate>> trust,
            Notices notices,
            InstantSource clock)
            throws IOException {
        Otlp otlp = Otlp.of(config, version, trust);
        Ids ids = new Ids(ThreadLocalRandom::current);
        SpanMaker maker = new SpanMaker(otlp.resource(), otlp.scope(), ids, mask);
        SpanSender sender = SpanSender.start(config, maker::spans, otlp::exporter, notices);
        long bytes = Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
        return new Tracing(otlp.sampler(), ids, clock, new FairBudget(bytes), sender);
    }

    public Statistics statistics() {
        return new Statistics(memory.statistics(), sender.sent(), sender.lost());
    }

    @Override
    public void on(Event event) {
        switch (event) {
            case Event.Started started -> begin(started.exchange());
            case Event.RequestPart request -> {
                LlmCall call = call(request.exchange());
                if (call != null) {
                    call.requestPart(request.part().content());
                }
            }
            case Event.ResponseHead head -> {
                LlmCall call = call(head.exchange());
                if (call != null) {
                    call.responseHead(head.exchange().responseFields);
                }
            }
            case Event.ResponsePart response -> {
                LlmCall call = call(response.exchange());
                if (call != null) {
                    call.responsePart(response.part().content());
                }
            }
            case Event.Found found -> {
                if (found.exchange().trace instanceof ExchangeTrace trace) {
                    trace.found(found.hit());
                }
            }
            case Event.Ended ended -> end(ended.exchange());
            case Event.ConnectionRefused refused -> refused(refused);
            case Event.ConnectionOpened _, Event.ConnectionClosed _, Event.ClientHelloRead _ -> {}
            case Event.HandshakeDone _, Event.HandshakeFailed _, Event.TunnelEnded _, Event.Allowed _ -> {}
        }
    }

    private static @Nullable LlmCall call(ExchangeRecord exchange) {
        return exchange.trace instanceof ExchangeTrace trace ? trace.call() : null;
    }

    private void begin(ExchangeRecord exchange) {
        SpanContext parent = parent(exchange.requestFields);
        String traceId = parent.isValid() ? parent.getTraceId() : ids.trace();
        FairBudget.Lease lease = null;
        LlmCall call = null;
        if (isSampled(parent, traceId, exchange.method)) {
            lease = memory.lease(new Claimant(exchange.caller, 0), FairBudget.Reclaim.NEVER);
            LlmApi api = LlmApi.of(exchange.method, exchange.target);
            call = api == null ? null : new LlmCall(api, exchange.requestFields, lease);
        }
        exchange.trace = new ExchangeTrace(parent, traceId, ids.span(), lease, call);
    }

    private static SpanContext parent(@Nullable HttpHeaders fields) {
        if (fields == null || !fields.contains(TraceContext.TRACEPARENT)) {
            return SpanContext.getInvalid();
        }
        Context callers = W3CTraceContextPropagator.getInstance().extract(Context.root(), fields, Tracing::field);
        return Span.fromContext(callers).getSpanContext();
    }

    /** None where there are several, since it is unknown which holds; what others keep in the state is not recorded. */
    private static @Nullable String field(@Nullable HttpHeaders fields, String key) {
        if (fields == null || !key.equals(TraceContext.TRACEPARENT)) {
            return null;
        }
        List<String> values = fields.getAll(key);
        return values.size() == 1 ? values.getFirst() : null;
    }

    private boolean isSampled(SpanContext parent, String traceId, String name) {
        Context context = parent.isValid() ? Context.root().with(Span.wrap(parent)) : Context.root();
        return sampler.shouldSample(context, traceId, name, SpanKind.CLIENT, Attributes.empty(), List.of())
                        .getDecision()
                == SamplingDecision.RECORD_AND_SAMPLE;
    }

    private void end(ExchangeRecord exchange) {
        if (exchange.trace instanceof ExchangeTrace trace && trace.memory() != null) {
            EndedExchange ended = EndedExchange.of(exchange, trace, trace.memory(), epochNanos() - System.nanoTime());
            if (ended.weigh()) {
                sender.offer(ended);
            } else {
                ended.close();
                sender.countLost();
            }
        }
    }

    /** A CONNECT that had an answer; a connection that was only closed is no request. */
    private void refused(Event.ConnectionRefused refused) {
        if (refused.status() != 0) {
            String traceId = ids.trace();
            if (isSampled(SpanContext.getInvalid(), traceId, "CONNECT")) {
                sender.offer(RefusedConnection.of(refused, traceId, ids.span(), epochNanos()));
            }
        }
    }

    private long epochNanos() {
        Instant now = clock.instant();
        return now.getEpochSecond() * 1_000_000_000 + now.getNano();
    }

    /** Sends what waits, and ends; gives up after so long. */
    public void close(Duration most) {
        sender.close(most);
    }
}
