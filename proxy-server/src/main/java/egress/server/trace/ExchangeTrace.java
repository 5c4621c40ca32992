package egress.server.trace;

import egress.exchange.Inspection;
import egress.exchange.TraceContext;
import egress.share.FairBudget;
import io.opentelemetry.api.trace.SpanContext;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The trace of one exchange while it goes: its place in it, and what its span needs. Belongs to the exchange's event loop. */
final class ExchangeTrace implements TraceContext {
    private static final int MOST_FINDINGS = 32;

    private final SpanContext parent;
    private final String traceId;
    private final String spanId;
    private final FairBudget.@Nullable Lease memory;
    private final @Nullable LlmCall call;
    private final List<Found> findings = new ArrayList<>(0);

    /** A finding, and when it was reported ({@link System#nanoTime}). */
    record Found(Inspection.Hit hit, long nanos) {}

    /**
     * @param parent the caller's span; an invalid one where it named none
     * @param memory of what is kept; null where the exchange is not sampled
     * @param call of a language model; null where it is none
     */
    ExchangeTrace(
            SpanContext parent,
            String traceId,
            String spanId,
            FairBudget.@Nullable Lease memory,
            @Nullable LlmCall call) {
        this.parent = parent;
        this.traceId = traceId;
        this.spanId = spanId;
        this.memory = memory;
        this.call = call;
    }

    @Override
    public String traceparent() {
        return "00-" + traceId + "-" + spanId + (memory == null ? "-00" : "-01");
    }

    @Override
    public boolean isOfCaller() {
        return parent.isValid();
    }

    SpanContext parent() {
        return parent;
    }

    String traceId() {
        return traceId;
    }

    String spanId() {
        return spanId;
    }

    /** Null where it is not sampled. */
    FairBudget.@Nullable Lease memory() {
        return memory;
    }

    @Nullable
    LlmCall call() {
        return call;
    }

    void found(Inspection.Hit hit) {
        if (memory != null && findings.size() < MOST_FINDINGS) {
            findings.add(new Found(hit, System.nanoTime()));
        }
    }

    List<Found> findings() {
        return findings;
    }
}
