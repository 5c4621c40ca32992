package egress.server.cli;

import egress.http.Authority;
import egress.policy.Ask;
import egress.policy.ConnectionRoute;
import egress.policy.Credential;
import egress.policy.Explanation;
import egress.policy.Match;
import egress.policy.Matcher;
import egress.policy.Policy;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.policy.Verdict;
import egress.server.routes.RoutesFile;
import egress.server.routes.TokenSource;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code egress-proxy explain --routes FILE URL}: what would become of a request, and by which rule. */
@Command(
        name = "explain",
        description = "Say which route and rule decide a request, and why it would be denied.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:allowed", "1:denied, or the file does not hold", "2:wrong usage"})
final class ExplainCommand implements Callable<Integer> {
    @Option(names = "--routes", required = true, paramLabel = "FILE", description = "the routes file")
    @SuppressWarnings("NullAway.Init")
    private Path routes;

    @Option(names = "-X", paramLabel = "METHOD", defaultValue = "GET", description = "default: ${DEFAULT-VALUE}")
    private String method = "GET";

    @Option(names = "-H", paramLabel = "'NAME: VALUE'", description = "a field of the request; may come several times")
    private List<String> fields = new ArrayList<>();

    @Parameters(index = "0", paramLabel = "URL", description = "https://host/path, as the agent would ask for it")
    @SuppressWarnings("NullAway.Init")
    private String url;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        RequestHead head = head();
        switch (RoutesFile.load(routes, TokenSource.of(System.getenv()), List.of())) {
            case RoutesFile.Result.Invalid invalid -> {
                PrintWriter err = spec.commandLine().getErr();
                invalid.errors().forEach(err::println);
                err.flush();
                return 1;
            }
            case RoutesFile.Result.Valid valid -> {
                return explain(valid.loaded().policy(), head, spec.commandLine().getOut());
            }
        }
    }

    private RequestHead head() {
        boolean tls = url.toLowerCase(Locale.ROOT).startsWith("https://");
        if (!tls && !url.toLowerCase(Locale.ROOT).startsWith("http://")) {
            throw usage("URL: " + url + " (expected: one that begins with https:// or http://)");
        }
        int from = tls ? 8 : 7;
        int to = from;
        while (to < url.length() && "/?#".indexOf(url.charAt(to)) < 0) {
            to++;
        }
        Authority authority;
        try {
            authority = Authority.parse(url.substring(from, to), tls ? 443 : 80);
        } catch (IllegalArgumentException e) {
            throw usage("URL: " + e.getMessage());
        }
        String rest = url.substring(to);
        int fragment = rest.indexOf('#');
        String target = fragment < 0 ? rest : rest.substring(0, fragment); // a caller keeps it to itself
        HttpHeaders headers = DefaultHttpHeadersFactory.headersFactory().newHeaders();
        headers.set(HttpHeaderNames.HOST, authority.toHostField(tls));
        for (String field : fields) {
            int colon = field.indexOf(':');
            if (colon < 1) {
                throw usage("-H: " + field + " (expected: 'name: value')");
            }
            try {
                headers.add(
                        field.substring(0, colon), field.substring(colon + 1).strip());
            } catch (IllegalArgumentException e) {
                throw usage("-H: " + field.substring(0, colon) + " (expected: a field name and value)");
            }
        }
        return new RequestHead(tls, authority, method, target.startsWith("/") ? target : "/" + target, headers);
    }

    private ParameterException usage(String words) {
        return new ParameterException(spec.commandLine(), words);
    }

    private static int explain(Policy policy, RequestHead head, PrintWriter out) {
        Explanation explanation = Explanation.of(policy, head);
        out.println("request     " + head.method() + " " + (head.tls() ? "https" : "http") + "://"
                + head.authority().toHostField(head.tls()) + head.target());
        out.println("connection  " + connection(policy.route(head.authority())));
        boolean allowed =
                isAllowed(explanation.verdict()) && !(policy.route(head.authority()) instanceof ConnectionRoute.Refuse);
        explanation
                .route()
                .ifPresentOrElse(
                        route -> explain(route, head.authority(), explanation, allowed, out),
                        () -> out.println("route       none"));
        out.println("verdict     " + verdict(policy.route(head.authority()), explanation.verdict()));
        out.flush();
        return allowed ? 0 : 1;
    }

    private static boolean isAllowed(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Allow allow -> true;
            case Verdict.Inspect inspect -> true;
            case Verdict.Deny deny -> false;
            case Verdict.Malformed malformed -> false;
            case Verdict.Misdirected misdirected -> false;
        };
    }

    private static String connection(ConnectionRoute route) {
        return switch (route) {
            case ConnectionRoute.Bump bump -> "bumped: each request inside is judged";
            case ConnectionRoute.Passthrough passthrough -> "passed through: nothing inside is read";
            case ConnectionRoute.Refuse refuse -> "refused: " + refuse.words();
        };
    }

    private static void explain(
            Route route, Authority authority, Explanation explanation, boolean allowed, PrintWriter out) {
        out.println("route       " + route.name());
        if (route.isPattern()) {
            out.println("pattern     the longest that holds for " + authority + ", which no entry names; its first "
                    + route.openLabels(authority.host()) + " label(s) are scanned, and count as one of "
                    + route.dlp().names() + " new names in 10 minutes");
        }
        for (Explanation.Reading reading : explanation.readings()) {
            out.println("reading     " + reading.path() + "  " + entry(route, reading));
        }
        if (!explanation.overrides().isEmpty()) {
            out.println("overrides   the request asks its origin to use " + String.join(", ", explanation.overrides()));
        }
        String injected = route.credential().map(ExplainCommand::injected).orElse("nothing");
        out.println("injects     " + (allowed ? injected : "nothing, since it is denied"));
        out.println("strips      Authorization"
                + route.credential()
                        .map(Credential::field)
                        .filter(field -> !field.equalsIgnoreCase("Authorization"))
                        .map(field -> ", " + field)
                        .orElse(""));
    }

    private static String injected(Credential credential) {
        return credential.isAvailable() ? credential.shown() : credential.words();
    }

    private static String entry(Route route, Explanation.Reading reading) {
        if (!reading.inAllowlist()) {
            return "not in path_allowlist";
        }
        if (route.matches().isEmpty()) {
            return "allowed: the route has no rules";
        }
        return reading.entry() < 0
                ? "no entry of matches holds"
                : "allowed by matches[" + reading.entry() + "]: "
                        + words(route.matches().get(reading.entry()));
    }

    private static String words(Match match) {
        List<String> parts = new ArrayList<>();
        if (!match.paths().isEmpty()) {
            parts.add(
                    "path " + match.paths().stream().map(ExplainCommand::words).collect(Collectors.joining(" or ")));
        }
        if (!match.methods().isEmpty()) {
            parts.add("method " + String.join(" or ", match.methods()));
        }
        for (Match.HeaderRule rule : match.headers()) {
            parts.add("header " + rule.name() + " " + words(rule.value()));
        }
        return String.join(", ", parts);
    }

    private static String words(Matcher matcher) {
        return switch (matcher) {
            case Matcher.Exact exact -> "exact " + exact.value();
            case Matcher.Prefix prefix -> "prefix " + prefix.value();
            case Matcher.Regex regex -> "regex " + regex.source();
        };
    }

    private static String verdict(ConnectionRoute connection, Verdict verdict) {
        if (connection instanceof ConnectionRoute.Refuse refuse) {
            return "denied (" + refuse.why().code() + "): " + refuse.words();
        }
        return switch (verdict) {
            case Verdict.Allow allow -> "allowed";
            case Verdict.Inspect inspect -> "allowed, unless its body asks for what is not";
            case Verdict.Deny deny -> "denied (" + deny.why().code() + "): " + deny.words()
                    + (deny.ask() == Ask.NEVER ? "" : "; an operator is asked (docs/ask.md)");
            case Verdict.Malformed malformed -> "malformed (400): " + malformed.words();
            case Verdict.Misdirected misdirected -> "misdirected (421): " + misdirected.words();
        };
    }
}
