package egress.exchange;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What all exchanges share.
 *
 * @param observer receives every event; what it throws must not reach an exchange
 * @param ids the next exchange's id
 * @param budgets what callers share
 * @param asking who is asked about what policy denies
 */
public record ExchangeContext(
        Upstreams upstreams,
        Observer observer,
        LocalSite localSite,
        UpstreamHttp upstreamHttp,
        Limits limits,
        Timeouts timeouts,
        AtomicLong ids,
        CallerBudgets budgets,
        Asking asking) {
    /** Of a gate without operators. */
    public ExchangeContext(
            Upstreams upstreams,
            Observer observer,
            LocalSite localSite,
            UpstreamHttp upstreamHttp,
            Limits limits,
            Timeouts timeouts,
            AtomicLong ids,
            CallerBudgets budgets) {
        this(upstreams, observer, localSite, upstreamHttp, limits, timeouts, ids, budgets, Asking.NOBODY);
    }
}
