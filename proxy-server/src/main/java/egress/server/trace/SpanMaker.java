package egress.server.trace;

import egress.exchange.CallerPhases;
import egress.exchange.Event;
import egress.exchange.Failure;
import egress.server.trace.EndedExchange.Facts;
import egress.server.trace.EndedExchange.Times;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Makes spans of what is over: one for the exchange, of the kind client, and one below it for each phase. What a caller or an origin chose
 * the words of is masked.
 */
final class SpanMaker {
    private static final int LONGEST_NAME = 100;

    private final Resource resource;
    private final InstrumentationScopeInfo scope;
    private final Ids ids;
    private final UnaryOperator<String> mask;
    private final LlmReader llm = new LlmReader();

    SpanMaker(Resource resource, InstrumentationScopeInfo scope, Ids ids, UnaryOperator<String> mask) {
        this.resource = resource;
        this.scope = scope;
        this.ids = ids;
        this.mask = mask;
    }

    List<SpanData> spans(Recorded recorded) {
        return switch (recorded) {
            case EndedExchange exchange -> exchange(exchange);
            case RefusedConnection refused -> List.of(refused(refused));
        };
    }

    private List<SpanData> exchange(EndedExchange ended) {
        Facts facts = ended.facts();
        Times times = ended.times();
        SpanContext context = context(ended.trace().traceId(), ended.trace().spanId());
        LlmCall call = ended.trace().call();
        LlmFacts said = call == null ? null : llm.read(call, facts.target());
        boolean isCall = said != null && said.isCall();
        AttributesBuilder attributes = Attributes.builder();
        SpanAttributes words = new SpanAttributes(attributes, mask);
        words.exchange(facts);
        if (said != null && isCall) {
            words.languageModel(said, facts.authority().host());
        }
        List<SpanData> spans = new ArrayList<>();
        spans.add(new GateSpan(
                resource,
                scope,
                context,
                ended.trace().parent(),
                said != null && isCall ? name(said) : SpanAttributes.knownMethod(facts.method(), "HTTP"),
                SpanKind.CLIENT,
                times.epoch() + times.started(),
                times.epoch() + Math.max(times.started(), times.ended()),
                status(facts),
                attributes.build(),
                events(ended)));
        new Phases(context, times, spans).add(facts);
        return spans;
    }

    private SpanContext context(String traceId, String spanId) {
        return SpanContext.create(traceId, spanId, TraceFlags.getSampled(), TraceState.getDefault());
    }

    private String name(LlmFacts said) {
        String model = said.requestModel() == null ? said.model() : said.requestModel();
        String name = said.api().operation() + " " + mask.apply(String.valueOf(model));
        return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME);
    }

    private StatusData status(Facts facts) {
        Failure failure = facts.failure();
        if (failure != null) {
            return StatusData.create(StatusCode.ERROR, mask.apply(failure.words()));
        }
        return facts.status() >= 400 ? StatusData.create(StatusCode.ERROR, "") : StatusData.unset();
    }

    private List<EventData> events(EndedExchange ended) {
        List<EventData> events = new ArrayList<>();
        for (ExchangeTrace.Found found : ended.findings()) {
            Attributes attributes = Attributes.builder()
                    .put("egress.dlp.detector", found.hit().detector())
                    .put("egress.dlp.place", mask.apply(found.hit().place()))
                    .put("egress.dlp.fingerprint", found.hit().fingerprint())
                    .put("egress.dlp.effect", found.hit().effect().code())
                    .build();
            events.add(EventData.create(ended.times().epoch() + found.nanos(), "egress.dlp.finding", attributes));
        }
        return events;
    }

    private SpanData refused(RefusedConnection of) {
        Event.ConnectionRefused refused = of.refused();
        AttributesBuilder attributes = Attributes.builder();
        new SpanAttributes(attributes, mask).refused(refused);
        return new GateSpan(
                resource,
                scope,
                context(of.traceId(), of.spanId()),
                SpanContext.getInvalid(),
                "CONNECT",
                SpanKind.CLIENT,
                of.nanos(),
                of.nanos(),
                StatusData.create(StatusCode.ERROR, mask.apply(refused.words())),
                attributes.build(),
                List.of());
    }

    /** The spans below an exchange's; a phase that was not reached, or that it did not wait for, has none. */
    private final class Phases {
        private final SpanContext parent;
        private final Times times;
        private final List<SpanData> to;

        Phases(SpanContext parent, Times times, List<SpanData> to) {
            this.parent = parent;
            this.times = times;
            this.to = to;
        }

        void add(Facts facts) {
            CallerPhases caller = times.caller();
            phase("accept", times.accepted(), times.accepted() + caller.accept());
            phase("hello", times.connected(), times.connected() + caller.hello());
            phase("mint", times.connected(), times.connected() + caller.mint());
            phase("handshake", times.handshake(), times.handshake() + caller.handshake());
            boolean denied = times.judged() == 0 && facts.failure() instanceof Failure.Denied;
            phase("verdict", times.started(), denied ? times.ended() : times.judged());
            phase("stream", times.judged(), times.acquired());
            if (times.acquired() != 0) {
                phase("connect", times.acquired() - times.tls() - times.connect(), times.acquired() - times.tls());
                phase("tls", times.acquired() - times.tls(), times.acquired());
            }
            phase("first_byte", times.acquired(), times.firstByte());
            phase("body", times.firstByte(), times.ended());
        }

        private void phase(String name, long from, long until) {
            if (from != 0 && until != 0 && until - from > 0) {
                to.add(new GateSpan(
                        resource,
                        scope,
                        context(parent.getTraceId(), ids.span()),
                        parent,
                        name,
                        SpanKind.INTERNAL,
                        times.epoch() + from,
                        times.epoch() + until,
                        StatusData.unset(),
                        Attributes.empty(),
                        List.of()));
            }
        }
    }
}
