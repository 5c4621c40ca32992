package egress.bench;

import egress.http.Authority;
import egress.http.HopByHop;
import egress.policy.Match;
import egress.policy.Matcher;
import egress.policy.Policy;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.policy.Verdict;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The price of one decision: 100 routes of 20 rules each. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 4, time = 1)
public class PolicyBenchmark {
    private static final int ROUTES = 100;
    private static final int RULES = 20;

    private final Policy policy = Policy.of(routes());
    private final HttpHeaders fields = new DefaultHttpHeaders()
            .add("host", "host50.example")
            .add("user-agent", "agent/1.0")
            .add("accept", "application/json")
            .add("content-type", "application/json")
            .add("content-length", "1024")
            .add("x-request-id", "f00");

    private final RequestHead lastPrefix = head("host50.example", "/v1/resource19/items/4711?page=2");
    private final RequestHead noRule = head("host50.example", "/v2/resource19/items/4711");
    private final RequestHead encoded = head("host50.example", "/v1/resource19/@scope%2fname");
    private final RequestHead lastRegex = head("regex.example", "/repos/owner-name/project/kind19/4711/comments");
    private final RequestHead noRegex = head("regex.example", "/repos/owner-name/project/other/4711/comments");
    private final RequestHead lastAlike = head("alike.example", "/objects/0123456789/abcdefabcdefabcdefg");
    private final RequestHead noAlike = head("alike.example", "/objects/0123456789/abcdefabcdefabcdefx9");

    private static List<Route> routes() {
        List<Route> routes = new ArrayList<>();
        for (int r = 0; r < ROUTES; r++) {
            Route.Builder route = Route.named("host" + r + ".example");
            for (int i = 0; i < RULES; i++) {
                String path = "/v1/resource" + i;
                route.match(entry(i % 2 == 0 ? new Matcher.Exact(path) : new Matcher.Prefix(path)));
            }
            routes.add(route.build());
        }
        Route.Builder regex = Route.named("regex.example");
        Route.Builder alike = Route.named("alike.example");
        for (int i = 0; i < RULES; i++) {
            regex.match(entry(Matcher.Regex.of("/repos/[^/]+/[^/]+/kind" + i + "(/.*)?")));
            alike.match(entry(Matcher.Regex.of("/objects/[0-9]+/[a-z]{" + i + "}")));
        }
        routes.add(regex.build());
        routes.add(alike.build());
        return routes;
    }

    private static Match entry(Matcher path) {
        return new Match(List.of(path), List.of("GET", "POST"), List.of());
    }

    private RequestHead head(String host, String target) {
        return new RequestHead(true, new Authority(host, 443), "POST", target, fields);
    }

    @Benchmark
    public Verdict prefixAllowed() {
        return policy.judge(lastPrefix);
    }

    @Benchmark
    public Verdict prefixDenied() {
        return policy.judge(noRule);
    }

    @Benchmark
    public Verdict encodedPath() {
        return policy.judge(encoded);
    }

    @Benchmark
    public Verdict regexAllowed() {
        return policy.judge(lastRegex);
    }

    @Benchmark
    public Verdict regexDenied() {
        return policy.judge(noRegex);
    }

    /** Expressions without a literal that tells them apart. */
    @Benchmark
    public Verdict alikeRegexAllowed() {
        return policy.judge(lastAlike);
    }

    @Benchmark
    public Verdict alikeRegexDenied() {
        return policy.judge(noAlike);
    }

    @Benchmark
    public Authority authority() {
        return Authority.parse("api.github.com:443", 0);
    }

    @Benchmark
    public HttpHeaders stripNothing() {
        HopByHop.stripRequest(fields);
        return fields;
    }
}
