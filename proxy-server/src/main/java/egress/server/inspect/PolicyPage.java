package egress.server.inspect;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.policy.ConnectionRoute;
import egress.policy.Credential;
import egress.policy.Explanation;
import egress.policy.Policy;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.policy.RuleNames;
import egress.policy.Verdict;
import egress.server.evidence.NarrowestRule;
import egress.server.flows.Flow;
import egress.server.flows.FlowUrl;
import egress.server.inspect.FlowStore.Entry;
import egress.server.inspect.PolicyTally.Count;
import egress.server.json.AsciiJson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What the routes say and what came of it: rules with their hits, denials by reason, and what would become of a request. */
final class PolicyPage {
    /** Of each reason, the latest. */
    private static final int MOST_SHOWN = 50;

    private final Supplier<Policy> policy;
    private final PolicyTally tally;
    private final FlowStore store;

    /** @param policy the one in force */
    PolicyPage(Supplier<Policy> policy, PolicyTally tally, FlowStore store) {
        this.policy = policy;
        this.tally = tally;
        this.store = store;
    }

    /** Everything of it. */
    String whole() {
        return AsciiJson.object(out -> {
            out.writeArrayFieldStart("routes");
            for (Route route : policy.get().routes()) {
                route(out, route);
            }
            out.writeEndArray();
            out.writeArrayFieldStart("denials");
            List<Map.Entry<String, Count>> reasons =
                    new ArrayList<>(tally.denials().entrySet());
            reasons.sort(Comparator.comparingLong(reason -> -reason.getValue().count()));
            List<Entry> held = store.entries().reversed();
            for (Map.Entry<String, Count> reason : reasons) {
                denials(out, reason.getKey(), reason.getValue(), held);
            }
            out.writeEndArray();
            flips(out, held);
        });
    }

    private void route(JsonGenerator out, Route route) throws IOException {
        out.writeStartObject();
        out.writeStringField("name", route.name());
        out.writeBooleanField("passthrough", route.passthrough());
        out.writeStringField(
                "credential",
                route.credential()
                        .map(credential -> credential.isAvailable() ? credential.shown() : credential.words())
                        .orElse(""));
        out.writeArrayFieldStart("rules");
        for (String rule : RuleNames.of(route)) {
            out.writeStartObject();
            out.writeStringField("name", rule);
            count(out, tally.hits(route.name(), rule));
            out.writeEndObject();
        }
        out.writeEndArray();
        out.writeEndObject();
    }

    private static void count(JsonGenerator out, Count count) throws IOException {
        out.writeNumberField("count", count.count());
        out.writeNumberField("last", count.last());
    }

    /** The latest that the shadow routes would decide otherwise. */
    private static void flips(JsonGenerator out, List<Entry> held) throws IOException {
        out.writeArrayFieldStart("flips");
        int shown = 0;
        for (Entry entry : held) {
            FlowStore.ShadowVerdict shadow = entry.shadow();
            Flow.Request request = entry.flow().request();
            if (shown < MOST_SHOWN && shadow != null && request != null) {
                shown++;
                out.writeStartObject();
                request(out, entry, request);
                out.writeStringField("from", shadow.from());
                out.writeStringField("to", shadow.to());
                out.writeStringField("rule", shadow.rule() == null ? "" : shadow.rule());
                out.writeEndObject();
            }
        }
        out.writeEndArray();
    }

    private static void request(JsonGenerator out, Entry entry, Flow.Request request) throws IOException {
        out.writeNumberField("number", entry.number());
        out.writeNumberField("time", entry.flow().timestamp().toEpochMilli());
        out.writeStringField("method", request.method());
        out.writeStringField("url", FlowUrl.of(request));
    }

    private static void denials(JsonGenerator out, String code, Count count, List<Entry> held) throws IOException {
        out.writeStartObject();
        out.writeStringField("code", code);
        count(out, count);
        out.writeArrayFieldStart("flows");
        int shown = 0;
        for (Entry entry : held) {
            Flow flow = entry.flow();
            if (shown < MOST_SHOWN
                    && flow.request() != null
                    && code.equals(flow.decision().code())) {
                shown++;
                out.writeStartObject();
                request(out, entry, flow.request());
                out.writeStringField(
                        "why",
                        flow.decision().why() == null ? "" : flow.decision().why());
                out.writeEndObject();
            }
        }
        out.writeEndArray();
        out.writeEndObject();
    }

    /** What to write into the routes file for a request that was denied. */
    String narrowest(Flow flow) {
        return AsciiJson.object(out -> {
            switch (NarrowestRule.of(flow)) {
                case NarrowestRule.Answer.Rule rule -> {
                    out.writeStringField("yaml", rule.yaml());
                    out.writeStringField("words", rule.words());
                }
                case NarrowestRule.Answer.None none -> out.writeStringField("words", none.words());
            }
        });
    }

    /**
     * What would become of {@code {"method": …, "url": …}}.
     *
     * @throws IllegalArgumentException with what was expected
     */
    String explain(byte[] asked) throws IOException {
        JsonNode root = new ObjectMapper().readTree(asked);
        RequestHead head = RequestHead.of(
                root.path("method").asText("GET"), root.path("url").asText());
        Policy now = policy.get();
        Explanation explanation = Explanation.of(now, head);
        ConnectionRoute connection = now.route(head.authority());
        return AsciiJson.object(out -> {
            verdict(out, connection, explanation.verdict());
            out.writeStringField("route", explanation.route().map(Route::name).orElse(""));
            out.writeStringField(
                    "credential",
                    explanation
                            .route()
                            .flatMap(Route::credential)
                            .map(Credential::shown)
                            .orElse(""));
            out.writeArrayFieldStart("readings");
            for (Explanation.Reading reading : explanation.readings()) {
                out.writeStartObject();
                out.writeStringField("path", reading.path());
                out.writeBooleanField("allowed", reading.isAllowed());
                out.writeStringField("rules", String.join(", ", reading.rules()));
                out.writeEndObject();
            }
            out.writeEndArray();
        });
    }

    private static void verdict(JsonGenerator out, ConnectionRoute connection, Verdict verdict) throws IOException {
        if (connection instanceof ConnectionRoute.Refuse refuse) {
            said(out, false, refuse.why().code(), refuse.words());
            return;
        }
        if (connection instanceof ConnectionRoute.Passthrough) {
            said(out, true, "", "the connection is passed through: nothing inside it is read");
            return;
        }
        switch (verdict) {
            case Verdict.Allow allow -> said(out, true, "", "by the rule " + allow.rule());
            case Verdict.Inspect inspect ->
                said(out, true, "", "by the rule " + inspect.rule() + ", unless its body asks for what is not allowed");
            case Verdict.Deny deny -> said(out, false, deny.why().code(), deny.words());
            case Verdict.Malformed malformed -> said(out, false, "malformed", malformed.words());
            case Verdict.Misdirected misdirected -> said(out, false, "misdirected", misdirected.words());
        }
    }

    private static void said(JsonGenerator out, boolean allowed, String code, String words) throws IOException {
        out.writeBooleanField("allowed", allowed);
        out.writeStringField("code", code);
        out.writeStringField("words", words);
    }
}
