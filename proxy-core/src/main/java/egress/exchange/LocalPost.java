package egress.exchange;

import egress.http.InterimResponse;
import egress.share.FairBudget;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request that brings the local site a body: held on the heap, bounded, and counted in the caller's share of the memory for
 * copies until it is answered.
 */
final class LocalPost {
    private static final Failure TOO_LARGE = new Failure.DownstreamMalformed(
            HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
            LocalSite.HOST + " takes bodies of at most " + LocalSite.MOST_BODY + " bytes");
    private static final Failure NO_MEMORY =
            new Failure.Overloaded("this caller has its share of the memory for bodies: try again later");

    private final Exchange exchange;
    private final DownstreamPeer downstream;
    private final FairBudget budget;
    private final LocalSite.Posting site;
    private final HttpRequest asked;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private FairBudget.@Nullable Lease lease;
    private boolean whole;

    /** @param budget for what is kept */
    LocalPost(
            Exchange exchange,
            DownstreamPeer downstream,
            FairBudget budget,
            LocalSite.Posting site,
            HttpRequest asked) {
        this.exchange = exchange;
        this.downstream = downstream;
        this.budget = budget;
        this.site = site;
        this.asked = asked;
    }

    /** Lets the caller send its body, or answers a head that brings none or the wrong one. */
    void begin(boolean bodiless) {
        Optional<LocalSite.Page> refusal = site.refusal(asked.headers());
        if (refusal.isPresent()) {
            exchange.answer(LocalResponse.of(refusal.get(), asked.method()));
        } else if (HttpUtil.getContentLength(asked, 0L) > LocalSite.MOST_BODY) {
            exchange.fail(TOO_LARGE);
        } else if (bodiless) {
            end();
        } else if (asked.headers().contains(HttpHeaderNames.EXPECT, "100-continue", true)
                && downstream.takesInterim(HttpResponseStatus.CONTINUE.code())) {
            downstream.write(new InterimResponse(HttpResponseStatus.CONTINUE, new DefaultHttpHeaders()));
            downstream.flush();
        }
    }

    /** Copies a part, and answers behind the last one. */
    void take(HttpContent part) {
        int length = part.content().readableBytes();
        if (body.size() + length > LocalSite.MOST_BODY) {
            exchange.fail(TOO_LARGE);
        } else if (length > 0 && !hold(length)) {
            exchange.fail(NO_MEMORY);
        } else {
            copy(part, length);
            if (part instanceof LastHttpContent) {
                end();
            }
        }
    }

    private void copy(HttpContent part, int length) {
        try {
            part.content().getBytes(part.content().readerIndex(), body, length);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory takes what is written
        }
    }

    private boolean hold(int length) {
        FairBudget.Lease held = lease;
        if (held != null) {
            return held.take(length);
        }
        lease = budget.take(downstream.claimant(), length, FairBudget.Reclaim.NEVER);
        return lease != null;
    }

    private void end() {
        if (whole) {
            return; // the end of a request without a body may still come
        }
        whole = true;
        ExchangeRecord entry = exchange.entry();
        site.answer(new LocalSite.Posted(
                        downstream.claimant(), entry.downstream, asked.headers().copy(), body.toByteArray()))
                .whenCompleteAsync(this::answered, downstream.loop());
    }

    private void answered(LocalSite.@Nullable Page page, @Nullable Throwable fault) {
        if (exchange.isEnded()) {
            return;
        }
        if (page == null) {
            exchange.onUnexpected(fault == null ? new IllegalStateException("no page") : fault);
        } else {
            exchange.answer(LocalResponse.of(page, asked.method()));
        }
    }

    /** Gives back what is held. */
    void close() {
        FairBudget.Lease held = lease;
        if (held != null) {
            held.close();
            lease = null;
        }
    }
}
