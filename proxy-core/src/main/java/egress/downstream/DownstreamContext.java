package egress.downstream;

import egress.exchange.CallerBudgets;
import egress.exchange.Dialer;
import egress.exchange.ExchangeContext;
import egress.exchange.LeafCertificates;
import egress.exchange.Limits;
import egress.exchange.Observer;
import egress.exchange.ProxySnapshot;
import egress.exchange.Timeouts;
import egress.http.HeadLimits;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * What all downstream connections share.
 *
 * @param snapshots the policy as of now
 * @param authentication who may use the listener
 * @param connections the latest connection's number
 * @param draining whether the proxy is stopping: no connection is kept alive
 */
public record DownstreamContext(
        ExchangeContext exchanges,
        Supplier<ProxySnapshot> snapshots,
        LeafCertificates leaves,
        Dialer dialer,
        ProxyAuthentication authentication,
        AtomicLong connections,
        BooleanSupplier draining) {
    Limits limits() {
        return exchanges.limits();
    }

    Timeouts timeouts() {
        return exchanges.timeouts();
    }

    Observer observer() {
        return exchanges.observer();
    }

    CallerBudgets budgets() {
        return exchanges.budgets();
    }

    HeadLimits headLimits() {
        return new HeadLimits(limits().maxTargetBytes(), limits().maxHeadBytes(), limits().maxFields());
    }
}
