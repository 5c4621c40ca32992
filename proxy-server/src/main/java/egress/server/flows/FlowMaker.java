package egress.server.flows;

import egress.exchange.Event;
import egress.exchange.Failure;
import egress.exchange.Inspection;
import egress.http.Authority;
import egress.server.log.LogEvent.Facts;
import egress.server.log.LogEvent.Phases;
import egress.server.log.SecretMasker;
import egress.share.Caller;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes flows of what was copied, with secrets masked: on the recorder's thread. */
final class FlowMaker {
    private static final String USER = "user:";
    private static final Flow.Decision PENDING = new Flow.Decision("pending", null, null, null, null, false);

    private final Supplier<SecretMasker> maskers;
    private final MaskedFields fields = new MaskedFields();
    private final MaskedBodies bodies;
    private final TlsReader tls = new TlsReader();

    FlowMaker(Supplier<SecretMasker> maskers, int bodyLimit) {
        this.maskers = maskers;
        this.bodies = new MaskedBodies(bodyLimit);
    }

    /** A request whose head has come. */
    Flow started(Recording from) {
        SecretMasker masker = maskers.get();
        return flow(from, head(from, masker), null, PENDING, Flow.Connection.NONE, Flow.Timings.NONE, List.of());
    }

    /** An exchange whose response begins. */
    Flow responded(Recording from, Facts facts) {
        SecretMasker masker = maskers.get();
        return flow(
                from,
                head(from, masker),
                response(from, FlowBody.EMPTY, List.of(), masker),
                decision(facts, masker),
                connection(from, facts, masker),
                timings(facts.phases()),
                findings(from, masker));
    }

    /** An exchange that is over. */
    Flow ended(Recording from, Facts facts) {
        SecretMasker masker = maskers.get();
        Flow.Request head = head(from, masker);
        Flow.Request request = new Flow.Request(
                head.method(),
                head.scheme(),
                head.host(),
                head.port(),
                head.path(),
                head.httpVersion(),
                head.fields(),
                bodies.of(from.request, from.requestFields, masker),
                fields.of(from.requestTrailers, isHttp2(from), masker));
        Flow.Response response = from.answered == null
                ? null
                : response(
                        from,
                        bodies.of(from.response, from.responseFields, masker),
                        fields.of(from.responseTrailers, isHttp2(from), masker),
                        masker);
        return flow(
                from,
                request,
                response,
                decision(facts, masker),
                connection(from, facts, masker),
                timings(facts.phases()),
                findings(from, masker));
    }

    /** A part of a WebSocket's message; the message that ends with it. */
    Flow.@Nullable Message message(Recording of, MessagePart part) {
        return of.messages.add(part, maskers.get(), of.credit);
    }

    /** A ClientHello. */
    Flow hello(Handover.Hello hello) {
        Event.ClientHelloRead read = hello.read();
        SecretMasker masker = maskers.get();
        return new Flow(
                0,
                hello.scan(),
                hello.time(),
                client(read.downstream(), read.caller(), null),
                new Flow.Hello(
                        fields.text(read.authority().host(), masker),
                        read.authority().port(),
                        read.sni() == null ? null : fields.text(read.sni(), masker),
                        read.alpn().stream()
                                .map(protocol -> fields.text(protocol, masker))
                                .toList()),
                null,
                null,
                PENDING,
                Flow.Connection.NONE,
                Flow.Timings.NONE,
                List.of(),
                List.of());
    }

    /** A request that was refused before there was an exchange. */
    Flow refused(Handover.Refused refused) {
        SecretMasker masker = maskers.get();
        Authority authority = refused.authority();
        boolean http2 = refused.version().equals("HTTP/2.0");
        Flow.Request request = new Flow.Request(
                fields.text(refused.method(), masker),
                refused.tls() ? "https" : "http",
                fields.text(authority.host(), masker),
                authority.port(),
                masker.text(refused.target()),
                refused.version(),
                fields.of(refused.fields(), http2, masker),
                FlowBody.EMPTY,
                List.of());
        return new Flow(
                0,
                refused.scan(),
                refused.time(),
                client(refused.downstream(), refused.from(), null),
                null,
                request,
                new Flow.Response(
                        refused.answered().code(),
                        http2 ? "" : refused.answered().reasonPhrase(),
                        fields.of(refused.answerFields(), http2, masker),
                        new FlowBody(refused.answer().length, false, masker.body(refused.answer()), false),
                        List.of()),
                new Flow.Decision("denied", refused.code(), null, null, masker.text(refused.words()), false),
                Flow.Connection.NONE,
                Flow.Timings.NONE,
                List.of(),
                List.of());
    }

    private Flow flow(
            Recording from,
            Flow.Request request,
            Flow.@Nullable Response response,
            Flow.Decision decision,
            Flow.Connection upstream,
            Flow.Timings timings,
            List<Flow.Finding> findings) {
        return new Flow(
                from.id,
                from.scan,
                from.time,
                client(from.downstream, from.caller, tls.read(from.callerTls, maskers.get())),
                null,
                request,
                response,
                decision,
                upstream,
                timings,
                findings,
                from.messages.kept());
    }

    private static boolean isHttp2(Recording from) {
        return from.version.equals("HTTP/2.0");
    }

    /** The request without its body, masked once. */
    private Flow.Request head(Recording from, SecretMasker masker) {
        Flow.Request known = from.masked;
        if (known == null) {
            known = new Flow.Request(
                    fields.text(from.method, masker),
                    from.tls ? "https" : "http",
                    fields.text(from.authority.host(), masker),
                    from.authority.port(),
                    masker.text(from.target),
                    from.version,
                    fields.of(from.requestFields, isHttp2(from), masker),
                    FlowBody.EMPTY,
                    List.of());
            from.masked = known;
        }
        return known;
    }

    private Flow.@Nullable Response response(
            Recording from, FlowBody body, List<Flow.Field> trailers, SecretMasker masker) {
        return from.answered == null
                ? null
                : new Flow.Response(
                        from.answered.code(),
                        isHttp2(from) ? "" : from.answered.reasonPhrase(),
                        fields.of(from.responseFields, isHttp2(from), masker),
                        body,
                        trailers);
    }

    private static Flow.Client client(SocketAddress address, Caller caller, Flow.@Nullable Tls tls) {
        String text = address instanceof InetSocketAddress inet && inet.getAddress() != null
                ? NetUtil.toSocketAddressString(inet)
                : String.valueOf(address);
        return new Flow.Client(
                text, caller.key().startsWith(USER) ? caller.key().substring(USER.length()) : null, tls);
    }

    private static Flow.Decision decision(Facts facts, SecretMasker masker) {
        Failure failure = facts.failure();
        String verdict = failure == null
                ? "allowed"
                : facts.isBlock() ? "denied" : failure instanceof Failure.DownstreamGone ? "aborted" : "failed";
        return new Flow.Decision(
                verdict,
                failure == null ? null : failure.code(),
                facts.route(),
                facts.rule() == null ? null : masker.text(facts.rule()),
                failure == null ? null : masker.text(failure.words()),
                facts.injected(),
                facts.ask());
    }

    private Flow.Connection connection(Recording from, Facts facts, SecretMasker masker) {
        return facts.upstreamAddress() == null
                ? Flow.Connection.NONE
                : new Flow.Connection(
                        facts.upstreamAddress(),
                        facts.upstreamVersion(),
                        facts.upstreamReused(),
                        tls.read(from.upstreamTls, masker));
    }

    private static Flow.Timings timings(Phases phases) {
        Map<String, Long> micros = new LinkedHashMap<>(16);
        put(micros, "accept", phases.caller().accept());
        put(micros, "hello", phases.caller().hello());
        put(micros, "mint", phases.caller().mint());
        put(micros, "handshake", phases.caller().handshake());
        put(micros, "verdict", phases.verdict());
        put(micros, "connect", phases.connect());
        put(micros, "tls", phases.tls());
        put(micros, "stream", phases.acquired());
        put(micros, "first_byte", phases.firstByte());
        put(micros, "last_byte", phases.lastByte());
        return new Flow.Timings(micros);
    }

    private static void put(Map<String, Long> micros, String phase, long nanos) {
        if (nanos >= 0) {
            micros.put(phase, nanos / 1_000);
        }
    }

    private static List<Flow.Finding> findings(Recording from, SecretMasker masker) {
        List<Inspection.Hit> hits = from.findings();
        if (hits.isEmpty()) {
            return List.of();
        }
        List<Flow.Finding> findings = new ArrayList<>(hits.size());
        for (Inspection.Hit hit : hits) {
            findings.add(new Flow.Finding(
                    hit.detector(),
                    masker.text(hit.place()),
                    hit.fingerprint(),
                    hit.effect().code()));
        }
        return findings;
    }
}
