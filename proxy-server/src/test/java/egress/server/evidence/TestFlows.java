package egress.server.evidence;

import egress.server.flows.Flow;
import egress.server.flows.FlowBody;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Flows as a recorder would have made them. */
final class TestFlows {
    private static final Instant START = Instant.parse("2026-11-30T04:00:00Z");

    private long count;

    /** One that was allowed. */
    Flow allowed(String method, String url, String... fields) {
        return flow(method, url, null, null, FlowBody.EMPTY, fields);
    }

    /** One that was denied. */
    Flow denied(String code, String method, String url, String... fields) {
        return flow(method, url, code, null, FlowBody.EMPTY, fields);
    }

    /** One that was denied on a listed host. */
    Flow denied(String code, String route, @Nullable String rule, String method, String url) {
        Flow flow = flow(method, url, code, route, FlowBody.EMPTY);
        return with(flow, new Flow.Decision("denied", code, route, rule, "no", false), List.of());
    }

    static Flow with(Flow flow, Flow.Decision decision, List<Flow.Finding> findings) {
        return new Flow(
                flow.id(),
                flow.scanId(),
                flow.timestamp(),
                flow.client(),
                flow.hello(),
                flow.request(),
                flow.response(),
                decision,
                flow.upstream(),
                flow.timings(),
                findings,
                flow.messages());
    }

    static FlowBody body(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new FlowBody(bytes.length, false, bytes, false);
    }

    /** @param fields names and values by turns */
    Flow flow(
            String method, String url, @Nullable String code, @Nullable String route, FlowBody body, String... fields) {
        boolean tls = url.startsWith("https://");
        String rest = url.substring(url.indexOf("//") + 2);
        int slash = rest.indexOf('/');
        String authority = rest.substring(0, slash);
        int colon = authority.indexOf(':');
        List<Flow.Field> sent = new ArrayList<>();
        sent.add(new Flow.Field("host", authority));
        for (int i = 0; i < fields.length; i += 2) {
            sent.add(new Flow.Field(fields[i], fields[i + 1]));
        }
        Flow.Request request = new Flow.Request(
                method,
                tls ? "https" : "http",
                colon < 0 ? authority : authority.substring(0, colon),
                colon < 0 ? tls ? 443 : 80 : Integer.parseInt(authority.substring(colon + 1)),
                rest.substring(slash),
                "HTTP/1.1",
                sent,
                body,
                List.of());
        Flow.Decision decision = code == null
                ? new Flow.Decision("allowed", null, route, null, null, false)
                : new Flow.Decision("denied", code, route, null, "no", false);
        return flow(null, request, decision);
    }

    Flow hello(String host, int port) {
        return flow(
                new Flow.Hello(host, port, host, List.of("h2")),
                null,
                new Flow.Decision("pending", null, null, null, null, false));
    }

    private Flow flow(Flow.@Nullable Hello hello, Flow.@Nullable Request request, Flow.Decision decision) {
        count++;
        return new Flow(
                count,
                "",
                START.plusSeconds(count),
                new Flow.Client("127.0.0.1:1", null),
                hello,
                request,
                null,
                decision,
                Flow.Connection.NONE,
                Flow.Timings.NONE,
                List.of(),
                List.of());
    }
}
