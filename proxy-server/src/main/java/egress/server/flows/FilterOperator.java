package egress.server.flows;

import com.google.re2j.Pattern;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What stands behind a {@code ~}. */
sealed interface FilterOperator {
    /** Takes nothing. */
    record Plain(FlowFilter filter) implements FilterOperator {}

    /** Takes a regular expression. */
    record OfPattern(Function<Pattern, FlowFilter> filter) implements FilterOperator {}

    /** Takes a status. */
    record OfStatus() implements FilterOperator {}

    /** Decoded bytes of one body that are searched. */
    int MOST_SEARCHED = 1 << 20;

    Map<String, FilterOperator> ALL = all();

    String NAMES = String.join(" ", ALL.keySet());

    static Optional<FilterOperator> named(String name) {
        return Optional.ofNullable(ALL.get(name));
    }

    private static Map<String, FilterOperator> all() {
        Map<String, FilterOperator> by = new LinkedHashMap<>();
        by.put("~d", text(FilterOperator::host));
        by.put("~m", text(flow -> ofRequest(flow, Flow.Request::method)));
        by.put("~c", new OfStatus());
        by.put("~u", new OfPattern(FilterOperator::url));
        by.put("~q", new Plain(flow -> flow.isExchange() && flow.response() == null));
        by.put("~s", new Plain(flow -> flow.response() != null));
        by.put("~b", body(FilterOperator::bodies));
        by.put("~bq", body(FilterOperator::ofRequest));
        by.put("~bs", body(FilterOperator::ofResponse));
        by.put("~h", lines(FilterOperator::fields));
        by.put("~hq", lines(FilterOperator::requestFields));
        by.put("~hs", lines(FilterOperator::responseFields));
        by.put("~t", types(FilterOperator::fields));
        by.put("~tq", types(FilterOperator::requestFields));
        by.put("~ts", types(FilterOperator::responseFields));
        by.put(
                "~e",
                new Plain(flow -> flow.decision().verdict().equals("failed")
                        || flow.decision().verdict().equals("aborted")));
        by.put("~http", new Plain(Flow::isExchange));
        by.put("~websocket", new Plain(FilterOperator::isWebSocket));
        by.put("~src", text(flow -> flow.client().address()));
        by.put("~dst", text(flow -> flow.upstream().address()));
        by.put(
                "~v",
                new OfPattern(pattern -> flow -> finds(pattern, flow.decision().verdict())
                        || finds(pattern, flow.decision().code())));
        by.put("~r", text(flow -> flow.decision().route()));
        by.put("~dlp", new Plain(flow -> !flow.findings().isEmpty()));
        by.put("~all", new Plain(FlowFilter.ALL));
        return by;
    }

    /** The pattern is found in the URL. */
    static FlowFilter url(Pattern pattern) {
        return flow -> finds(pattern, ofRequest(flow, FlowUrl::of));
    }

    /** The pattern is found in the URL, in a field or in a body. */
    static FlowFilter anywhere(Pattern pattern) {
        List<FlowFilter> places = Stream.of(
                        text(FilterOperator::host), lines(FilterOperator::fields), body(FilterOperator::bodies))
                .map(place -> place.filter().apply(pattern))
                .toList();
        FlowFilter url = url(pattern);
        return flow -> url.matches(flow) || places.stream().anyMatch(place -> place.matches(flow));
    }

    private static OfPattern text(Function<Flow, @Nullable String> part) {
        return new OfPattern(pattern -> flow -> finds(pattern, part.apply(flow)));
    }

    private static OfPattern lines(Function<Flow, Stream<Flow.Field>> fields) {
        return new OfPattern(pattern ->
                flow -> fields.apply(flow).anyMatch(field -> finds(pattern, field.name() + ": " + field.value())));
    }

    private static OfPattern types(Function<Flow, Stream<Flow.Field>> fields) {
        return new OfPattern(pattern -> flow -> fields.apply(flow)
                .anyMatch(field -> field.name().equalsIgnoreCase("content-type") && finds(pattern, field.value())));
    }

    private static OfPattern body(Function<Flow, Stream<BodyDecoder.Coded>> bodies) {
        return new OfPattern(pattern -> flow -> bodies.apply(flow)
                .anyMatch(body -> finds(
                        pattern,
                        new String(BodyDecoder.decode(body, MOST_SEARCHED).bytes(), StandardCharsets.UTF_8))));
    }

    private static boolean finds(Pattern pattern, @Nullable String text) {
        return text != null && pattern.matcher(text).find();
    }

    private static @Nullable String host(Flow flow) {
        Flow.Hello hello = flow.hello();
        return hello == null ? ofRequest(flow, Flow.Request::host) : hello.sni() == null ? hello.host() : hello.sni();
    }

    private static @Nullable String ofRequest(Flow flow, Function<Flow.Request, String> part) {
        return flow.request() == null ? null : part.apply(flow.request());
    }

    private static Stream<BodyDecoder.Coded> ofRequest(Flow flow) {
        Flow.Request request = flow.request();
        return request == null ? Stream.of() : Stream.of(new BodyDecoder.Coded(request.body(), request.fields()));
    }

    private static Stream<BodyDecoder.Coded> ofResponse(Flow flow) {
        Flow.Response response = flow.response();
        return response == null ? Stream.of() : Stream.of(new BodyDecoder.Coded(response.body(), response.fields()));
    }

    private static Stream<BodyDecoder.Coded> bodies(Flow flow) {
        return Stream.concat(Stream.concat(ofRequest(flow), ofResponse(flow)), messages(flow));
    }

    private static Stream<BodyDecoder.Coded> messages(Flow flow) {
        return flow.messages().stream().map(message -> new BodyDecoder.Coded(message.payload(), List.of()));
    }

    private static Stream<Flow.Field> fields(Flow flow) {
        return Stream.concat(requestFields(flow), responseFields(flow));
    }

    private static Stream<Flow.Field> requestFields(Flow flow) {
        return flow.request() == null ? Stream.of() : flow.request().fields().stream();
    }

    private static Stream<Flow.Field> responseFields(Flow flow) {
        return flow.response() == null ? Stream.of() : flow.response().fields().stream();
    }

    private static boolean isWebSocket(Flow flow) {
        return !flow.messages().isEmpty()
                || requestFields(flow)
                        .anyMatch(field -> (field.name().equalsIgnoreCase("upgrade")
                                        || field.name().equals(":protocol"))
                                && field.value().equalsIgnoreCase("websocket"));
    }
}
