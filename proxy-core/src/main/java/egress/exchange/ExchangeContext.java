package egress.exchange;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What all exchanges share.
 *
 * @param ids the next exchange's id
 * @param replayBudget heap for copies of small bodies that may have to be sent again
 * @param headroom for new work
 */
public record ExchangeContext(
        Upstreams upstreams,
        Observer observer,
        LocalSite localSite,
        UpstreamHttp upstreamHttp,
        Limits limits,
        Timeouts timeouts,
        AtomicLong ids,
        ByteBudget replayBudget,
        Headroom headroom) {}
