package egress.server.agent;

import egress.exchange.LocalSite;
import egress.exchange.LocalSite.Page;
import egress.exchange.LocalSite.Posted;
import egress.policy.Policy;
import egress.server.ask.Asks;
import egress.server.config.Endpoint;
import egress.share.FairExecutor;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/**
 * The MCP server's side of HTTP (MCP's Streamable HTTP): JSON in, JSON out, no stream and no session. A page of a browser
 * in the bottle may not use it. Works off the event loops, in the callers' turns.
 */
public final class McpEndpoint implements LocalSite.Posting {
    private static final String JSON = "application/json";
    /** They compute for a millisecond at most. */
    private static final int AT_A_TIME = 2;

    private static final int MOST_WAITING = 64;
    private static final List<String> OWN = List.of("http://" + LocalSite.HOST, "https://" + LocalSite.HOST);

    private final Supplier<McpProtocol> protocol;
    private final FairExecutor turns = FairExecutor.computing(
            AT_A_TIME,
            MOST_WAITING,
            work -> Thread.ofVirtual().name("egress-mcp").start(work));

    /**
     * @param policy the one in force
     * @param version of the program
     */
    public McpEndpoint(Supplier<Policy> policy, PastDenials denials, Asks asks, String version) {
        this.protocol = new Once(() -> new McpProtocol(
                List.of(
                        new StatusTool(policy, asks),
                        new ExplainTool(policy, denials),
                        new AskTool(asks),
                        new ResultTool(asks)),
                version));
    }

    /** Made with the first request: it loads Jackson's binding, which no start should wait for. */
    private static final class Once implements Supplier<McpProtocol> {
        private final Supplier<McpProtocol> maker;
        private Optional<McpProtocol> made = Optional.empty();

        Once(Supplier<McpProtocol> maker) {
            this.maker = maker;
        }

        @Override
        public synchronized McpProtocol get() {
            if (made.isEmpty()) {
                made = Optional.of(maker.get());
            }
            return made.get();
        }
    }

    @Override
    public Optional<Page> refusal(HttpHeaders fields) {
        if (!fields.getAll(HttpHeaderNames.ORIGIN).stream()
                        .allMatch(origin -> OWN.contains(origin.toLowerCase(Locale.ROOT)))
                || !List.of("same-origin", "none").contains(fields.get("sec-fetch-site", "none"))) {
            return refused(HttpResponseStatus.FORBIDDEN, "asked for by a page of another site");
        }
        String type =
                fields.get(HttpHeaderNames.CONTENT_TYPE, "").split(";", 2)[0].strip();
        if (!type.equalsIgnoreCase(JSON) || fields.contains(HttpHeaderNames.CONTENT_ENCODING)) {
            return refused(
                    HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE, "expected: " + JSON + " without a content coding");
        }
        String accepted =
                String.join(",", fields.getAll(HttpHeaderNames.ACCEPT)).toLowerCase(Locale.ROOT);
        boolean takesJson = accepted.isEmpty()
                || List.of(JSON, "application/*", "*/*").stream().anyMatch(accepted::contains);
        return takesJson ? Optional.empty() : refused(HttpResponseStatus.NOT_ACCEPTABLE, "answers are " + JSON);
    }

    @Override
    public CompletionStage<Page> answer(Posted posted) {
        CompletableFuture<Page> answer = new CompletableFuture<>();
        try {
            turns.execute(posted.who(), _ -> {
                try {
                    answer.complete(page(posted));
                } catch (RuntimeException | Error e) {
                    answer.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            answer.complete(
                    page(HttpResponseStatus.SERVICE_UNAVAILABLE, "too many questions at once: try again later"));
        }
        return answer;
    }

    private Page page(Posted posted) {
        Tool.Asker asker = new Tool.Asker(posted.who().caller(), client(posted.client()));
        McpProtocol.Reply reply = protocol.get().answer(asker, posted.fields(), posted.body());
        return new Page(
                HttpResponseStatus.valueOf(reply.status()),
                reply.body().isEmpty() ? "" : JSON,
                Map.of(),
                reply.body().getBytes(StandardCharsets.UTF_8));
    }

    private static String client(SocketAddress address) {
        return address instanceof InetSocketAddress inet ? Endpoint.text(inet) : address.toString();
    }

    private static Optional<Page> refused(HttpResponseStatus status, String words) {
        return Optional.of(page(status, words));
    }

    private static Page page(HttpResponseStatus status, String words) {
        return new Page(
                status,
                "text/plain; charset=utf-8",
                Map.of(),
                ("egress: " + words + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
