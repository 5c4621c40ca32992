package egress.exchange;

/** Names the span of an exchange to its origin (W3C Trace Context, §3), where the route passes it on. */
public interface TraceContext {
    String TRACEPARENT = "traceparent";
    String TRACESTATE = "tracestate";

    /** The value of {@code traceparent} with the exchange's own span as the parent. */
    String traceparent();

    /** Whether the trace is the caller's: the {@code tracestate} of another one must not go on (§3.3.1.1). */
    boolean isOfCaller();
}
