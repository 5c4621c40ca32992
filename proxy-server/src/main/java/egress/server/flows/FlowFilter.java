package egress.server.flows;

/** A search of flows in mitmproxy's filter language, such as {@code ~d api.example.com & !~c 200}. */
@FunctionalInterface
public interface FlowFilter {
    FlowFilter ALL = flow -> true;

    boolean matches(Flow flow);
}
