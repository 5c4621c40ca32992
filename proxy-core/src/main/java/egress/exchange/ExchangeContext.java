package egress.exchange;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What all exchanges share.
 *
 * @param observer told of everything; what it throws must not reach an exchange
 * @param ids the next exchange's id
 * @param budgets what callers share
 */
public record ExchangeContext(
        Upstreams upstreams,
        Observer observer,
        LocalSite localSite,
        UpstreamHttp upstreamHttp,
        Limits limits,
        Timeouts timeouts,
        AtomicLong ids,
        CallerBudgets budgets) {}
