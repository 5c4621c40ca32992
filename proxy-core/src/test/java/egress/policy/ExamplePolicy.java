package egress.policy;

import egress.http.Authority;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Arrays;
import java.util.List;

/** One route of each kind, and what is judged by them in few words. */
final class ExamplePolicy {
    static final Policy POLICY = Policy.of(List.of(
            Route.named("open.example").build(),
            Route.named("ported.example:8443").build(),
            Route.named("plain.example:80").build(),
            Route.named("[2001:db8::1]").build(),
            Route.named("192.0.2.1:443").build(),
            Route.named("git.example").gitFetch(true).build(),
            Route.named("sealed.example").passthrough(true).build(),
            Route.named("token.example")
                    .credential(Credential.authorization("Bearer", "t0ken"))
                    .build(),
            Route.named("unset.example")
                    .credential(
                            Credential.unavailable("Authorization", "environment variable EGRESS_TOKEN_0 is not set"))
                    .build(),
            Route.named("listed.example")
                    .allowPath(new Matcher.Prefix("/api/v1/"))
                    .allowPath(new Matcher.Prefix("/didericis"))
                    .build(),
            Route.named("v1.example")
                    .match(entry(List.of(new Matcher.Prefix("/v1")), List.of(), List.of()))
                    .build(),
            Route.named("rules.example")
                    .match(entry(List.of(new Matcher.Exact("/read")), List.of("get", "HEAD"), List.of()))
                    .match(entry(List.of(new Matcher.Prefix("/write")), List.of("POST"), List.of()))
                    .match(entry(
                            List.of(Matcher.Regex.of("/team/[a-z]+")),
                            List.of(),
                            List.of(
                                    new Match.HeaderRule("x-team", Matcher.Regex.of("core|infra")),
                                    new Match.HeaderRule("X-Env", new Matcher.Exact("test")))))
                    .build(),
            Route.named("both.example")
                    .allowPath(new Matcher.Prefix("/a/"))
                    .match(entry(List.of(new Matcher.Exact("/a/b")), List.of(), List.of()))
                    .match(entry(List.of(new Matcher.Exact("/c")), List.of(), List.of()))
                    .build()));

    private ExamplePolicy() {}

    static Match entry(List<Matcher> paths, List<String> methods, List<Match.HeaderRule> headers) {
        return new Match(paths, methods, headers);
    }

    static HttpHeaders fields(String... pairs) {
        HttpHeaders fields = new DefaultHttpHeaders();
        Arrays.stream(pairs).map(p -> p.split(":", 2)).forEach(p -> fields.add(p[0], p[1].strip()));
        return fields;
    }

    static String judged(String method, String url, String... fields) {
        boolean tls = url.startsWith("https://");
        int slash = url.indexOf('/', 8);
        Authority authority = Authority.parse(url.substring(tls ? 8 : 7, slash), tls ? 443 : 80);
        String target = url.substring(slash).equals("/*") ? "*" : url.substring(slash);
        return code(POLICY.judge(new RequestHead(tls, authority, method, target, fields(fields))));
    }

    static String code(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Allow allow -> "allow";
            case Verdict.Inspect inspect -> "allow";
            case Verdict.Deny deny -> deny.why().code();
            case Verdict.Malformed malformed -> "malformed";
            case Verdict.Misdirected misdirected -> "misdirected";
        };
    }
}
