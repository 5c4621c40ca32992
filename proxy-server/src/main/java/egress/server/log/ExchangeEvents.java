package egress.server.log;

import egress.exchange.Failure;
import egress.exchange.Inspection;
import egress.http.Authority;
import java.io.IOException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** What happens in exchanges. */
final class ExchangeEvents {
    private ExchangeEvents() {}

    /** A request's head came. */
    record Arrived(LogEvent.Facts facts) implements LogEvent {
        @Override
        public long time() {
            return facts.time();
        }

        @Override
        public SocketAddress downstream() {
            return facts.downstream();
        }

        @Override
        public int weight() {
            return facts.weight();
        }

        @Override
        public void text(Terminal to) {
            to.exchanges().arrived(facts);
        }
    }

    /** A request was allowed and is sent to its origin. */
    record Requested(LogEvent.Facts facts) implements LogEvent.Recorded {
        @Override
        public long time() {
            return facts.time();
        }

        @Override
        public SocketAddress downstream() {
            return facts.downstream();
        }

        @Override
        public int weight() {
            return facts.weight();
        }

        @Override
        public String name() {
            return "egress_request";
        }

        @Override
        public void json(JsonFields to) throws IOException {
            request(facts, to);
        }

        @Override
        public void text(Terminal to) {
            // said when it came
        }
    }

    /** A response's head goes to the caller. */
    record Answered(LogEvent.Facts facts) implements LogEvent {
        @Override
        public long time() {
            return facts.time();
        }

        @Override
        public SocketAddress downstream() {
            return facts.downstream();
        }

        @Override
        public int weight() {
            return facts.weight();
        }

        @Override
        public void text(Terminal to) {
            to.exchanges().answered(facts);
        }
    }

    /**
     * An exchange is over.
     *
     * @param bodies null where they are not shown
     */
    record Ended(LogEvent.Facts facts, @Nullable Bodies bodies) implements LogEvent.Recorded {
        Ended(LogEvent.Facts facts) {
            this(facts, null);
        }

        @Override
        public long time() {
            return facts.time();
        }

        @Override
        public SocketAddress downstream() {
            return facts.downstream();
        }

        @Override
        public int weight() {
            return facts.weight() + (bodies == null ? 0 : bodies.weight());
        }

        @Override
        public String name() {
            return facts.isBlock() ? "egress_block" : "egress_response";
        }

        @Override
        public void json(JsonFields to) throws IOException {
            request(facts, to);
            to.number("status", facts.status());
            Failure failure = facts.failure();
            to.string("code", failure == null ? null : failure.code());
            to.masked("reason", failure == null ? null : failure.words());
            to.number("request_bytes", facts.requestBytes());
            to.number("response_bytes", facts.responseBytes());
            to.string("upstream", facts.upstreamAddress());
            to.string("upstream_http_version", facts.upstreamVersion());
            to.bool("upstream_reused", facts.upstreamReused());
            to.bool("injected", facts.injected());
            to.fields("response_headers", facts.responseFields());
            to.phases("ms", facts.phases());
        }

        @Override
        public void text(Terminal to) {
            to.exchanges().ended(facts, bodies);
        }
    }

    /** DLP found something; its value is never shown. */
    record Found(long time, SocketAddress downstream, Authority authority, long exchange, Inspection.Hit hit)
            implements LogEvent.Recorded {
        @Override
        public String name() {
            return hit.effect() == Inspection.Effect.LOCKED ? "egress_locked" : "egress_finding";
        }

        @Override
        public void json(JsonFields to) throws IOException {
            to.number("exchange", exchange);
            to.authority(authority);
            to.string("detector", hit.detector());
            to.masked("place", hit.place());
            to.string("fingerprint", hit.fingerprint());
            to.string("effect", hit.effect().code());
        }

        @Override
        public void text(Terminal to) {
            String place = to.masked(hit.place());
            String words = hit.effect() == Inspection.Effect.LOCKED
                    ? "DLP: LOCKED: " + place
                    : "DLP: " + hit.detector() + " found in " + place + " for " + authority.host() + ", "
                            + hit.effect().code() + ", fingerprint " + hit.fingerprint();
            to.line(
                    this,
                    hit.effect() == Inspection.Effect.WARNED ? Terminal.Colour.YELLOW : Terminal.Colour.RED,
                    words);
            to.about(exchange);
        }
    }

    private static void request(LogEvent.Facts facts, JsonFields to) throws IOException {
        to.number("exchange", facts.id());
        to.masked("method", facts.method());
        to.string("scheme", facts.tls() ? "https" : "http");
        to.authority(facts.authority());
        to.masked("path", facts.target());
        to.string("http_version", facts.version());
        to.string("route", facts.route());
        to.masked("rule", facts.rule());
        if (facts.ask() != null) {
            to.string("ask", facts.ask());
        }
        to.fields("request_headers", facts.requestFields());
    }
}
