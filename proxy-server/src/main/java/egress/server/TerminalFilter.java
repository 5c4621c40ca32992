package egress.server;

import egress.exchange.Failure;
import egress.server.flows.FilterParser;
import egress.server.flows.FilterSyntaxException;
import egress.server.flows.Flow;
import egress.server.flows.FlowBody;
import egress.server.flows.FlowFilter;
import egress.server.log.ExchangeFilter;
import egress.server.log.LogEvent.Facts;
import egress.server.log.SecretMasker;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code --filter}: what the terminal shows, by what it knows of exchanges, which are no bodies. */
final class TerminalFilter implements ExchangeFilter {
    /** An operator that asks for more than a request's head. */
    private static final Pattern OF_MORE = Pattern.compile("~(?!(d|m|u|hq|tq|src|http|all)\\b)");

    private final FlowFilter filter;
    private final boolean isAboutRequests;

    private TerminalFilter(FlowFilter filter, boolean isAboutRequests) {
        this.filter = filter;
        this.isAboutRequests = isAboutRequests;
    }

    /**
     * Reads it.
     *
     * @throws IllegalArgumentException saying where it cannot be read; the flag was checked, so it does not come here
     */
    static ExchangeFilter of(Optional<String> expression) {
        if (expression.isEmpty()) {
            return ExchangeFilter.ALL;
        }
        try {
            String text = expression.get();
            return new TerminalFilter(
                    FilterParser.parse(text), !OF_MORE.matcher(text).find());
        } catch (FilterSyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Override
    public boolean isAboutRequests() {
        return isAboutRequests;
    }

    @Override
    public boolean matches(Facts facts, SecretMasker masker) {
        return filter.matches(flow(facts, masker));
    }

    static Flow flow(Facts facts, SecretMasker masker) {
        Flow.Request request = new Flow.Request(
                facts.method(),
                facts.tls() ? "https" : "http",
                facts.authority().host(),
                facts.authority().port(),
                masker.text(facts.target()),
                facts.version(),
                fields(facts.requestFields(), masker),
                FlowBody.EMPTY,
                List.of());
        Flow.Response response = facts.status() == 0
                ? null
                : new Flow.Response(
                        facts.status(), "", fields(facts.responseFields(), masker), FlowBody.EMPTY, List.of());
        return new Flow(
                facts.id(),
                "",
                Instant.ofEpochMilli(facts.time()),
                new Flow.Client(facts.caller(), null),
                null,
                request,
                response,
                decision(facts, masker),
                new Flow.Connection(facts.upstreamAddress(), facts.upstreamVersion(), facts.upstreamReused()),
                Flow.Timings.NONE,
                List.of(),
                List.of());
    }

    private static Flow.Decision decision(Facts facts, SecretMasker masker) {
        Failure failure = facts.failure();
        String code = failure == null ? null : failure.code();
        String why = failure == null ? null : masker.text(failure.words());
        return new Flow.Decision(
                verdict(facts, failure), code, facts.route(), facts.rule(), why, facts.injected(), facts.ask());
    }

    private static String verdict(Facts facts, @Nullable Failure failure) {
        if (failure == null) {
            return facts.route() == null ? "pending" : "allowed";
        }
        if (failure instanceof Failure.DownstreamGone) {
            return "aborted";
        }
        return facts.isBlock() ? "denied" : "failed";
    }

    private static List<Flow.Field> fields(List<Map.Entry<String, String>> fields, SecretMasker masker) {
        return fields.stream()
                .map(field -> new Flow.Field(field.getKey(), masker.field(field.getKey(), field.getValue())))
                .toList();
    }
}
