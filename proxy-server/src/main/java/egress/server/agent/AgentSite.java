package egress.server.agent;

import egress.exchange.LocalSite;
import egress.server.ask.Asks;
import egress.server.json.AsciiJson;
import egress.share.Caller;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/** {@code http://_egress.local/} with what belongs to its caller alone: the answers to its questions, and the MCP server. */
public final class AgentSite implements LocalSite {
    /** Where the MCP server is. */
    static final String MCP = "/mcp";

    private static final String ASKS = "/asks/";
    private static final Page ONLY_POST = new Page(
            HttpResponseStatus.METHOD_NOT_ALLOWED,
            "text/plain; charset=utf-8",
            Map.of("allow", "POST"),
            "egress: an MCP server, which takes POST and offers no stream\n".getBytes(StandardCharsets.UTF_8));

    private final LocalSite pages;
    private final Asks asks;
    private final McpEndpoint mcp;

    /** @param pages that are the same for everybody */
    public AgentSite(LocalSite pages, Asks asks, McpEndpoint mcp) {
        this.pages = pages;
        this.asks = asks;
        this.mcp = mcp;
    }

    @Override
    public Optional<Page> page(Caller caller, String path) {
        if (path.equals(MCP)) {
            return Optional.of(ONLY_POST);
        }
        if (path.startsWith(ASKS)) {
            return asks.state(caller, path.substring(ASKS.length()))
                    .map(state -> AsciiJson.object(json -> StateJson.write(json, state)) + "\n")
                    .map(text -> new Page("application/json", text.getBytes(StandardCharsets.UTF_8)));
        }
        return pages.page(caller, path);
    }

    @Override
    public Optional<Posting> posting(String path) {
        return path.equals(MCP) ? Optional.of(mcp) : Optional.empty();
    }
}
