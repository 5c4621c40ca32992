package egress.server.flows;

/** The URL that a request asked for. */
public final class FlowUrl {
    private FlowUrl() {}

    /** {@code https://api.example.com/v1}: without the port where it is the scheme's own. */
    public static String of(Flow.Request request) {
        String host = request.host();
        boolean bare = host.indexOf(':') >= 0 && !host.startsWith("[");
        int own = request.scheme().equals("https") ? 443 : 80;
        return request.scheme() + "://" + (bare ? "[" + host + "]" : host)
                + (request.port() == own ? "" : ":" + request.port()) + request.path();
    }
}
