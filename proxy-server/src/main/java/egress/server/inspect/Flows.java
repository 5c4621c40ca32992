package egress.server.inspect;

import egress.server.flows.Flow;
import egress.server.flows.FlowBody;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Copies of flows with another part in them. */
final class Flows {
    private Flows() {}

    static Flow withMessages(Flow flow, List<Flow.Message> messages) {
        return copy(flow, flow.request(), flow.response(), messages);
    }

    /** With the bodies' lengths alone. */
    static Flow withoutBodies(Flow flow) {
        Flow.Request request = flow.request();
        Flow.Response response = flow.response();
        return copy(
                flow,
                request == null
                        ? null
                        : new Flow.Request(
                                request.method(),
                                request.scheme(),
                                request.host(),
                                request.port(),
                                request.path(),
                                request.httpVersion(),
                                request.fields(),
                                without(request.body()),
                                request.trailers()),
                response == null
                        ? null
                        : new Flow.Response(
                                response.status(),
                                response.reason(),
                                response.fields(),
                                without(response.body()),
                                response.trailers()),
                flow.messages());
    }

    private static FlowBody without(FlowBody body) {
        return body.isEmpty() ? body : new FlowBody(body.length(), true, new byte[0], body.decoded());
    }

    private static Flow copy(
            Flow flow, Flow.@Nullable Request request, Flow.@Nullable Response response, List<Flow.Message> messages) {
        return new Flow(
                flow.id(),
                flow.scanId(),
                flow.timestamp(),
                flow.client(),
                flow.hello(),
                request,
                response,
                flow.decision(),
                flow.upstream(),
                flow.timings(),
                flow.findings(),
                messages);
    }
}
