package egress.exchange;

import io.netty.handler.codec.http.HttpObject;

/**
 * Passes the calls of the upstream side and the inspection on to an exchange, and turns whatever is thrown into the end of
 * that exchange: an unexpected error fails closed, and at once.
 */
final class FailClosedListener implements Upstreams.Listener, Inspection.Listener, Asking.Listener {
    private final Exchange exchange;

    FailClosedListener(Exchange exchange) {
        this.exchange = exchange;
    }

    @Override
    public void onAcquired(UpstreamPeer peer, boolean reused) {
        try {
            exchange.onAcquired(peer, reused);
        } catch (RuntimeException | Error e) {
            exchange.onUnexpected(e);
        }
    }

    @Override
    public void onResponsePart(HttpObject part) {
        try {
            exchange.onResponsePart(part);
        } catch (RuntimeException | Error e) {
            exchange.onUnexpected(e);
        }
    }

    @Override
    public void onResponseReadComplete() {
        try {
            exchange.onResponseReadComplete();
        } catch (RuntimeException | Error e) {
            exchange.onUnexpected(e);
        }
    }

    @Override
    public void onUpstreamWritable() {
        try {
            exchange.onUpstreamWritable();
        } catch (RuntimeException | Error e) {
            exchange.onUnexpected(e);
        }
    }

    @Override
    public void onFailed(Failure failure) {
        try {
            exchange.onFailed(failure);
        } catch (RuntimeException | Error e) {
            exchange.onUnexpected(e);
        }
    }

    @Override
    public void onAsked(String id) {
        try {
            exchange.onAsked(id);
        } catch (RuntimeException | Error e) {
            exchange.onUnexpected(e);
        }
    }

    @Override
    public void onReply(Asking.Reply reply) {
        try {
            exchange.onReply(reply);
        } catch (RuntimeException | Error e) {
            exchange.onUnexpected(e);
        }
    }

    @Override
    public void onHit(Inspection.Hit hit) {
        try {
            exchange.onHit(hit);
        } catch (RuntimeException | Error e) {
            exchange.onUnexpected(e);
        }
    }

    @Override
    public void onHeadVerdict(Inspection.Outcome outcome) {
        try {
            exchange.onHeadVerdict(outcome);
        } catch (RuntimeException | Error e) {
            exchange.onUnexpected(e);
        }
    }

    @Override
    public void onBodyVerdict(Inspection.Outcome outcome) {
        try {
            exchange.onBodyVerdict(outcome);
        } catch (RuntimeException | Error e) {
            exchange.onUnexpected(e);
        }
    }

    @Override
    public void onInspectionReady() {
        try {
            exchange.onInspectionReady();
        } catch (RuntimeException | Error e) {
            exchange.onUnexpected(e);
        }
    }

    @Override
    public void onInspectionFailed(Failure failure) {
        try {
            exchange.onInspectionFailed(failure);
        } catch (RuntimeException | Error e) {
            exchange.onUnexpected(e);
        }
    }
}
