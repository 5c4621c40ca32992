package egress.server.inspect;

import com.fasterxml.jackson.core.JsonProcessingException;
import egress.http.Printable;
import egress.server.admin.AdminPages;
import egress.server.flows.BodyDecoder;
import egress.server.flows.FilterParser;
import egress.server.flows.FilterSyntaxException;
import egress.server.flows.Flow;
import egress.server.flows.FlowFilter;
import egress.server.inspect.FlowStore.Entry;
import egress.server.json.AsciiJson;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** What the page asks for: plain questions, each with one answer. May take its time, so it is not for an event loop. */
final class InspectApi {
    /** Of a body, decoded, as it is shown. */
    private static final int MOST_SHOWN = 16 << 20;

    private final FlowStore store;
    private final FlowJson json;
    private final PolicyPage policy;
    private final AskPage asks;
    private final Supplier<Optional<Replay>> replay;
    private final String version;

    /** @param replay gives none where requests of the page's own must not leave */
    InspectApi(
            FlowStore store,
            FlowJson json,
            PolicyPage policy,
            AskPage asks,
            Supplier<Optional<Replay>> replay,
            String version) {
        this.store = store;
        this.json = json;
        this.policy = policy;
        this.asks = asks;
        this.replay = replay;
        this.version = version;
    }

    /** @param path below {@code /inspect/api/} */
    Answer answer(String path, AdminPages.Request request) {
        QueryStringDecoder query = new QueryStringDecoder(request.uri());
        boolean reads = request.method().equals(HttpMethod.GET);
        boolean posts = request.method().equals(HttpMethod.POST);
        return switch (path) {
            case "about" -> reads ? about() : wrongMethod("GET");
            case "filter" -> reads ? filter(parameter(query, "q")) : wrongMethod("GET");
            case "clear" -> {
                if (!posts) {
                    yield wrongMethod("POST");
                }
                store.clear();
                yield Answer.json("{}");
            }
            case "policy" -> reads ? Answer.json(policy.whole()) : wrongMethod("GET");
            case "explain" -> posts ? explain(request.body()) : wrongMethod("POST");
            case "asks" -> reads ? Answer.json(asks.open()) : wrongMethod("GET");
            case "asks/answer" -> posts ? asks.answer(request.body()) : wrongMethod("POST");
            case "replay" -> posts ? replay(request.body()) : wrongMethod("POST");
            default -> reads ? flow(path.split("/", -1)) : wrongMethod("GET");
        };
    }

    /** @throws FilterSyntaxException where {@code filter} cannot be read */
    static FlowFilter filterOf(QueryStringDecoder query) throws FilterSyntaxException {
        FlowFilter filter = FilterParser.parse(parameter(query, "filter"));
        FlowFilter text = FilterParser.text(parameter(query, "text"));
        return flow -> filter.matches(flow) && text.matches(flow);
    }

    private static String parameter(QueryStringDecoder query, String name) {
        return query.parameters().getOrDefault(name, List.of("")).getFirst();
    }

    private static Answer wrongMethod(String expected) {
        return Answer.text(HttpResponseStatus.METHOD_NOT_ALLOWED, expected + " only")
                .with("allow", expected);
    }

    private Answer about() {
        return Answer.json(AsciiJson.object(out -> {
            out.writeStringField("version", version);
            out.writeBooleanField("replay", replay.get().isPresent());
            // The debugging proxy denies nothing that could be asked for.
            out.writeBooleanField("asks", asks.isOn() && replay.get().isEmpty());
            if (replay.get().isPresent()) {
                out.writeStringField("proxy", replay.get().get().gate());
            }
        }));
    }

    private Answer filter(String text) {
        try {
            FilterParser.parse(text);
            return Answer.json(AsciiJson.object(out -> out.writeBooleanField("valid", true)));
        } catch (FilterSyntaxException e) {
            return Answer.json(AsciiJson.object(out -> {
                out.writeBooleanField("valid", false);
                out.writeNumberField("position", e.position());
                out.writeStringField("words", e.getMessage());
            }));
        }
    }

    /** {@code flows/7}, {@code flows/7/rule}, {@code flows/7/request}, {@code flows/7/response} or {@code flows/7/message/0}. */
    private Answer flow(String[] path) {
        Optional<Entry> found = path.length < 2 || !path[0].equals("flows")
                ? Optional.empty()
                : number(path[1]).flatMap(store::entry);
        if (found.isEmpty()) {
            return notFound();
        }
        Entry entry = found.get();
        if (path.length == 2) {
            return Answer.json(json.detail(entry, store.hello(entry)));
        }
        if (path.length == 3 && path[2].equals("rule")) {
            return Answer.json(policy.narrowest(entry.flow()));
        }
        return body(entry.flow(), path).map(InspectApi::shown).orElseGet(InspectApi::notFound);
    }

    private static Answer notFound() {
        return Answer.text(HttpResponseStatus.NOT_FOUND, "not there (any more)");
    }

    private static Optional<BodyDecoder.Coded> body(Flow flow, String[] path) {
        Flow.Request request = flow.request();
        Flow.Response response = flow.response();
        if (path.length == 3 && path[2].equals("request") && request != null) {
            return Optional.of(new BodyDecoder.Coded(request.body(), request.fields()));
        }
        if (path.length == 3 && path[2].equals("response") && response != null) {
            return Optional.of(new BodyDecoder.Coded(response.body(), response.fields()));
        }
        if (path.length == 4 && path[2].equals("message")) {
            return number(path[3])
                    .filter(index -> index < flow.messages().size())
                    .map(index -> new BodyDecoder.Coded(
                            flow.messages().get(index.intValue()).payload(), List.of()));
        }
        return Optional.empty();
    }

    /** As bytes that no browser shows by itself. */
    private static Answer shown(BodyDecoder.Coded body) {
        BodyDecoder.Decoded decoded = BodyDecoder.decode(body, MOST_SHOWN);
        Answer answer = Answer.bytes("application/octet-stream", decoded.bytes())
                .with("content-disposition", "attachment; filename=\"body.bin\"")
                .with("x-body-cut", Boolean.toString(decoded.cut()));
        return decoded.fault() == null ? answer : answer.with("x-body-fault", Printable.line(decoded.fault()));
    }

    private static Optional<Long> number(String digits) {
        return digits.isEmpty() || digits.length() > 15 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')
                ? Optional.empty()
                : Optional.of(Long.valueOf(digits));
    }

    private Answer explain(byte[] body) {
        try {
            return Answer.json(policy.explain(body));
        } catch (IOException e) {
            return Answer.text(HttpResponseStatus.BAD_REQUEST, "not a request to explain: no such JSON");
        } catch (IllegalArgumentException e) {
            return Answer.text(HttpResponseStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
        }
    }

    private Answer replay(byte[] body) {
        Optional<Replay> by = replay.get();
        if (by.isEmpty()) {
            return Answer.text(
                    HttpResponseStatus.FORBIDDEN,
                    "the gate has routes: what it lets out is what callers send (expected: a debugging proxy)");
        }
        try {
            String client = by.get().send(ReplayRequest.read(body));
            return Answer.json(AsciiJson.object(out -> out.writeStringField("client", client)));
        } catch (JsonProcessingException e) {
            return Answer.text(HttpResponseStatus.BAD_REQUEST, "not a request to send: no such JSON");
        } catch (IllegalArgumentException e) {
            return Answer.text(HttpResponseStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            return Answer.text(
                    HttpResponseStatus.BAD_GATEWAY, "not sent: " + Printable.line(String.valueOf(e.getMessage())));
        }
    }
}
