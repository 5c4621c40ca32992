package egress.server.evidence;

import egress.http.FieldNames;
import egress.http.RewriteFields;
import egress.policy.BodyJudge;
import egress.policy.ConnectionRoute;
import egress.policy.Match;
import egress.policy.Matcher;
import egress.policy.Policy;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.policy.Verdict;
import egress.server.flows.Flow;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The verdict of a policy on a recorded request, by the gate's own matcher, the body included where it decides.
 *
 * <p>A mask stands for one value, which ends no segment of a path and no parameter. Where such a value could turn the decision, or the part of
 * a body that was not kept could, the answer is {@link Outcome.Undecidable}: the request is judged once without every rule that looks at what
 * is masked, and once as though each of them held. It is allowed only where the first allows it, and denied only where the second denies it.
 */
final class Judge {
    static final String PASSTHROUGH = "tls passthrough";

    /** What a masked value may stand for that means nothing to any rule. */
    private static final String ANYTHING = "x";

    /** Holds for no path. */
    private static final Matcher NEVER = new Matcher.Exact("");

    private final Policy policy;

    Judge(Policy policy) {
        this.policy = policy;
    }

    Policy policy() {
        return policy;
    }

    Outcome judge(RecordedRequest request) {
        RequestHead head = request.head();
        switch (policy.route(head.authority())) {
            case ConnectionRoute.Passthrough passthrough -> {
                if (head.tls()) {
                    return new Outcome.Allowed(passthrough.route().name(), PASSTHROUGH);
                }
            }
            case ConnectionRoute.Refuse refuse -> {
                Route route = policy.routeOf(head.authority());
                return new Outcome.Denied(
                        refuse.why().code(), route == null ? null : route.name(), "default", refuse.words());
            }
            case ConnectionRoute.Bump _ -> {}
        }
        Optional<Route> route = policy.routeAt(head.authority());
        if (request.isConnect()) { // the tunnel is made; what is asked for in it was not
            return new Outcome.Allowed(route.map(Route::name).orElse("none"), "default");
        }
        List<String> masked = maskedFields(request, route);
        if (!request.isTargetMasked() && masked.isEmpty()) {
            return judge(policy, head, request);
        }
        return judgeMasked(request, route, masked);
    }

    private Outcome judgeMasked(RecordedRequest request, Optional<Route> route, List<String> masked) {
        HttpHeaders fields = request.head().fields().copy();
        masked.forEach(fields::remove);
        boolean rewrites = masked.stream().anyMatch(name -> RewriteFields.kindOf(name) != null);
        Policy least = route.map(it -> only(least(it, request, masked))).orElse(policy);
        Policy most = route.map(it -> only(most(it, request, masked))).orElse(policy);
        Outcome asked = null;
        boolean allowed = !rewrites;
        boolean denied = true;
        for (String value : values(request, request.isTargetMasked())) {
            RequestHead head = head(request, value, fields);
            Outcome strict = judge(least, head, request);
            Outcome lenient = judge(most, head, request);
            allowed &= strict instanceof Outcome.Allowed;
            denied &= lenient instanceof Outcome.Denied;
            asked = asked == null ? (lenient instanceof Outcome.Denied ? lenient : strict) : asked;
        }
        if (asked != null && (allowed || denied)) {
            return asked;
        }
        return new Outcome.Undecidable(
                request.isTargetMasked()
                        ? "a masked value of the target decides"
                        : "a masked field decides: " + String.join(", ", masked));
    }

    /** What a masked parameter may stand for: nothing of note, a method that is allowed, one that no host allows, git's push. */
    private static List<String> values(RecordedRequest request, boolean masked) {
        return masked ? List.of(ANYTHING, request.head().method(), "TRACE", "git-receive-pack") : List.of(ANYTHING);
    }

    /** The values of a path are no method and no service: only those of the query are tried as one. */
    private static RequestHead head(RecordedRequest request, String value, HttpHeaders fields) {
        RequestHead head = request.head();
        String path = request.path();
        String query = head.target().substring(path.length());
        String target = path.replace(RecordedRequest.MASK, ANYTHING) + query.replace(RecordedRequest.MASK, value);
        return new RequestHead(head.tls(), head.authority(), head.method(), target, fields);
    }

    private static Policy only(Route route) {
        return Policy.of(List.of(route));
    }

    /** The masked fields that a decision may look at: those of rules, and those that change what a request asks for. */
    private static List<String> maskedFields(RecordedRequest request, Optional<Route> route) {
        List<String> names = new ArrayList<>();
        for (Flow.Field field : request.request().fields()) {
            if (field.value().contains(RecordedRequest.MASK)
                    && (RewriteFields.kindOf(field.name()) != null
                            || isRead(field.name())
                            || route.map(it -> hasRule(it, field.name())).orElse(false))) {
                names.add(field.name());
            }
        }
        return names;
    }

    private static boolean isRead(String name) {
        return name.equalsIgnoreCase("accept")
                || name.equalsIgnoreCase("content-type")
                || name.equalsIgnoreCase("content-encoding");
    }

    private static boolean hasRule(Route route, String name) {
        return route.matches().stream()
                .flatMap(match -> match.headers().stream())
                .anyMatch(rule -> FieldNames.same(name, rule.name()));
    }

    /** The route without each rule that looks at what is masked. */
    private static Route least(Route route, RecordedRequest request, List<String> masked) {
        List<Match> matches = new ArrayList<>();
        for (Match match : route.matches()) {
            boolean hidden = match.headers().stream().anyMatch(rule -> isMasked(rule, masked));
            List<Matcher> paths = hidden ? List.of(NEVER) : known(match.paths(), request);
            matches.add(new Match(paths, match.methods(), match.headers()));
        }
        return route.withRules(matches, known(route.pathAllowlist(), request));
    }

    /** The others hold for nothing, and keep their places, by which they are named. */
    private static List<Matcher> known(List<Matcher> rules, RecordedRequest request) {
        return rules.stream()
                .map(rule -> dependsOn(rule, request) ? NEVER : rule)
                .toList();
    }

    private static boolean isMasked(Match.HeaderRule rule, List<String> masked) {
        return masked.stream().anyMatch(name -> FieldNames.same(name, rule.name()));
    }

    /** The route as though each rule that looks at what is masked held. */
    private static Route most(Route route, RecordedRequest request, List<String> masked) {
        List<Match> matches = new ArrayList<>();
        for (Match match : route.matches()) {
            boolean any = match.paths().stream().anyMatch(path -> dependsOn(path, request) && mayHold(path, request));
            List<Match.HeaderRule> headers = match.headers().stream()
                    .filter(rule -> !isMasked(rule, masked))
                    .toList();
            matches.add(new Match(any ? List.of() : match.paths(), match.methods(), headers));
        }
        boolean any =
                route.pathAllowlist().stream().anyMatch(path -> dependsOn(path, request) && mayHold(path, request));
        return route.withRules(matches, any ? List.of() : route.pathAllowlist());
    }

    /** Whether a rule of a path looks at a masked segment of it. */
    private static boolean dependsOn(Matcher rule, RecordedRequest request) {
        if (!request.isPathMasked()) {
            return false;
        }
        int segment = request.path().lastIndexOf('/', request.path().indexOf(RecordedRequest.MASK)) + 1;
        return switch (rule) {
            case Matcher.Prefix prefix -> prefix.value().length() > segment;
            case Matcher.Exact _, Matcher.Regex _ -> true;
        };
    }

    /** False where the rule cannot hold, whatever the mask stands for. */
    private static boolean mayHold(Matcher rule, RecordedRequest request) {
        String known = request.path().substring(0, request.path().indexOf(RecordedRequest.MASK));
        return switch (rule) {
            case Matcher.Prefix prefix -> prefix.value().startsWith(known) || known.startsWith(prefix.value());
            case Matcher.Exact exact -> exact.value().startsWith(known);
            case Matcher.Regex _ -> true;
        };
    }

    private Outcome judge(Policy by, RequestHead head, RecordedRequest request) {
        boolean coded = request.request().body().decoded(); // what was masked in it was kept without its coding
        HttpHeaders fields = head.fields();
        if (coded) {
            fields = fields.copy();
            fields.remove("content-encoding");
        }
        RequestHead asked = new RequestHead(head.tls(), head.authority(), head.method(), head.target(), fields);
        return switch (by.judge(asked)) {
            case Verdict.Allow allow -> new Outcome.Allowed(allow.route().name(), allow.rule());
            case Verdict.Inspect inspect -> inspected(by, asked, inspect, request);
            case Verdict.Deny deny -> denied(head, deny);
            case Verdict.Malformed malformed ->
                new Outcome.Denied("malformed", routeName(head), null, malformed.words());
            case Verdict.Misdirected misdirected ->
                new Outcome.Denied("misdirected", routeName(head), null, misdirected.words());
        };
    }

    private Outcome inspected(Policy by, RequestHead head, Verdict.Inspect first, RecordedRequest request) {
        Outcome.Allowed allowed = new Outcome.Allowed(first.route().name(), first.rule());
        Outcome outcome = allowed;
        for (String value : values(request, request.isBodyMasked())) {
            // A judge of a body reads one: each value needs its own.
            if (!(by.judge(head) instanceof Verdict.Inspect inspect)) {
                return allowed;
            }
            Verdict.Deny deny = read(inspect.body(), request, value);
            Outcome now = deny == null ? allowed : denied(head, deny);
            if (!value.equals(ANYTHING) && now.getClass() != outcome.getClass()) {
                return new Outcome.Undecidable("a masked value of the body decides");
            }
            outcome = now;
        }
        return outcome.equals(allowed) && request.request().body().truncated()
                ? new Outcome.Undecidable("the body decides, and was not kept whole")
                : outcome;
    }

    private static Verdict.@Nullable Deny read(BodyJudge judge, RecordedRequest request, String value) {
        byte[] kept = request.request().body().kept();
        if (request.isBodyMasked()) {
            kept = new String(kept, StandardCharsets.ISO_8859_1)
                    .replace(RecordedRequest.MASK, value)
                    .getBytes(StandardCharsets.ISO_8859_1);
        }
        try {
            Verdict.Deny deny = judge.take(Unpooled.wrappedBuffer(kept));
            return deny != null || request.request().body().truncated() ? deny : judge.end();
        } finally {
            judge.close();
        }
    }

    private Outcome.Denied denied(RequestHead head, Verdict.Deny deny) {
        return new Outcome.Denied(deny.why().code(), routeName(head), deny.rule(), deny.words());
    }

    private @Nullable String routeName(RequestHead head) {
        Route route = policy.routeOf(head.authority());
        return route == null ? null : route.name();
    }
}
