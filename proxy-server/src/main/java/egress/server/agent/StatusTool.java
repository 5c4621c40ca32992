package egress.server.agent;

import com.fasterxml.jackson.core.JsonGenerator;
import egress.policy.Match;
import egress.policy.Matcher;
import egress.policy.Policy;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.policy.Verdict;
import egress.server.ask.Asks;
import egress.server.ask.Question;
import egress.server.ask.State;
import egress.server.json.AsciiJson;
import egress.share.Caller;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What the routes allow: hosts, paths, methods and the names of fields that must be there, all of which a caller would learn by
 * trying. Nothing of credentials or of DLP.
 */
final class StatusTool implements Tool {
    private static final int MOST_ROUTES = 100;
    private static final int MOST_RULES = 50;
    private static final int MOST_QUESTIONS = 20;
    private static final int LONGEST_HOST = 260;
    private static final int LONGEST_VALUE = 200;

    private final Supplier<Policy> policy;
    private final Asks asks;

    StatusTool(Supplier<Policy> policy, Asks asks) {
        this.policy = policy;
        this.asks = asks;
    }

    @Override
    public String name() {
        return "egress_status";
    }

    @Override
    public String title() {
        return "What is allowed";
    }

    @Override
    public String description() {
        return "Which hosts, paths and methods the egress gate lets through, and which of your questions are open."
                + " With host: only what concerns that host.";
    }

    @Override
    public String schema() {
        return "{\"type\":\"object\",\"properties\":{\"host\":{\"type\":\"string\",\"maxLength\":" + LONGEST_HOST
                + ",\"description\":\"such as api.example.com\"}},\"additionalProperties\":false}";
    }

    @Override
    public boolean isReadOnly() {
        return true;
    }

    @Override
    public Result call(Asker asker, Arguments arguments) {
        arguments.only("host");
        Optional<String> host = arguments
                .optional("host", LONGEST_HOST)
                .map(name -> name.strip().toLowerCase(Locale.ROOT));
        Policy now = policy.get();
        List<Route> routes = now.routes().stream()
                .filter(route -> host.isEmpty() || serves(route, host.get()))
                .toList();
        List<Question> open = open(asker.caller());
        return new Result(
                AsciiJson.object(json -> {
                    json.writeStringField("caller", asker.caller().key());
                    json.writeBooleanField("everything_is_allowed", isOpen(now));
                    json.writeArrayFieldStart("routes");
                    for (Route route : routes.subList(0, Math.min(MOST_ROUTES, routes.size()))) {
                        route(json, route);
                    }
                    json.writeEndArray();
                    json.writeNumberField("routes_left_out", Math.max(0, routes.size() - MOST_ROUTES));
                    json.writeArrayFieldStart("open_questions");
                    for (Question question : open) {
                        json.writeStartObject();
                        StateJson.write(json, new State.Pending(question));
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                }),
                false);
    }

    private List<Question> open(Caller caller) {
        return asks.open().stream()
                .filter(question -> question.who().caller().equals(caller))
                .limit(MOST_QUESTIONS)
                .toList();
    }

    private static boolean serves(Route route, String host) {
        return route.name().equals(host)
                || route.serves().stream()
                        .anyMatch(served -> served.authority().host().equals(host)
                                || served.authority().toString().equals(host))
                || route.patterns().stream().anyMatch(pattern -> pattern.names().matches(host));
    }

    /** Whether it is the debugging proxy's policy: it allows what no route could name. */
    private static boolean isOpen(Policy now) {
        return now.judge(RequestHead.of("GET", "https://nothing.invalid/")) instanceof Verdict.Allow;
    }

    private static void route(JsonGenerator json, Route route) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("serves");
        for (Route.Served served : route.serves()) {
            json.writeString(
                    (served.tls() ? "https://" : "http://") + served.authority().toHostField(served.tls()));
        }
        for (Route.ServedNames served : route.patterns()) {
            boolean usual = served.port() == (served.tls() ? 443 : 80);
            json.writeString(
                    (served.tls() ? "https://" : "http://") + served.names() + (usual ? "" : ":" + served.port()));
        }
        json.writeEndArray();
        if (route.passthrough()) {
            json.writeBooleanField("everything_inside_tls", true);
        }
        values(
                json,
                "only_paths",
                route.pathAllowlist().stream().map(StatusTool::words).toList());
        json.writeBooleanField("git_fetch", route.gitFetch());
        json.writeArrayFieldStart("any_of");
        for (Match match :
                route.matches().subList(0, Math.min(MOST_RULES, route.matches().size()))) {
            json.writeStartObject();
            values(json, "paths", match.paths().stream().map(StatusTool::words).toList());
            values(json, "methods", match.methods());
            values(
                    json,
                    "with_fields",
                    match.headers().stream().map(Match.HeaderRule::name).toList());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /** A field that is left out where there is nothing to say. */
    private static void values(JsonGenerator json, String name, List<String> values) throws IOException {
        if (values.isEmpty()) {
            return;
        }
        json.writeArrayFieldStart(name);
        for (String value : values.subList(0, Math.min(MOST_RULES, values.size()))) {
            json.writeString(value);
        }
        json.writeEndArray();
    }

    private static String words(Matcher matcher) {
        String words = switch (matcher) {
            case Matcher.Exact exact -> "exact " + exact.value();
            case Matcher.Prefix prefix -> "prefix " + prefix.value();
            case Matcher.Regex regex -> "regex " + regex.source();
        };
        return words.length() <= LONGEST_VALUE ? words : words.substring(0, LONGEST_VALUE) + "…";
    }
}
