package egress.server.evidence;

import egress.policy.Policy;
import egress.server.flows.Flow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * Requests like those of a log, and not among them: by another method, at a sibling of the path, at another host. A sibling differs in a segment in
 * which the log gives no reason to take any value: fewer than three stand there, and it holds no digit. What stands below places that are free
 * is one place.
 */
public final class Mutations {
    private static final List<String> METHODS = List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private final Random random;
    private final List<Flow> log;
    private final Set<String> asked = new HashSet<>();
    private final Set<String> methods = new HashSet<>();
    private final Map<String, Set<String>> values = new HashMap<>();

    public Mutations(List<Flow> log, long seed) {
        this.log = log.stream().filter(Flow::isExchange).toList();
        this.random = new Random(seed);
        Map<String, String> places = new HashMap<>(); // of each path's next segment
        for (Flow flow : this.log) {
            Flow.Request request = request(flow);
            asked.add(request.method() + " " + request.host() + path(request));
            methods.add(request.host() + request.method() + path(request).split("/", -1).length);
            places.put(request.host() + path(request), request.host());
        }
        for (int depth = 1; !places.isEmpty(); depth++) { // whether a place is free is known before what is below it
            int at = depth;
            places.keySet().removeIf(path -> path.split("/", -1).length <= at);
            places.forEach((path, place) ->
                    values.computeIfAbsent(place, any -> new HashSet<>()).add(path.split("/", -1)[at]));
            places.replaceAll((path, place) -> below(place, path.split("/", -1)[at]));
        }
    }

    /** The place of what follows a segment: the same for all that may stand in a free one. */
    private String below(String place, String segment) {
        return place + "/" + (isFree(place, segment) ? "*" : segment);
    }

    private boolean isFree(String place, String segment) {
        return values.getOrDefault(place, Set.of()).size() >= 3
                || segment.chars().anyMatch(c -> c >= '0' && c <= '9');
    }

    private static Flow.Request request(Flow flow) {
        Flow.Request request = flow.request();
        if (request == null) {
            throw new IllegalArgumentException("a ClientHello");
        }
        return request;
    }

    private static String path(Flow.Request request) {
        int query = request.path().indexOf('?');
        return query < 0 ? request.path() : request.path().substring(0, query);
    }

    /** Those of so many that the policy lets through. */
    public List<String> allowed(Policy policy, int count) {
        Judge judge = new Judge(policy);
        List<String> allowed = new ArrayList<>();
        for (int i = 0; i < count; ) {
            Flow flow = log.get(random.nextInt(log.size()));
            Optional<Flow> mutated = mutated(flow, i % 3);
            if (mutated.isEmpty()) {
                i += random.nextInt(50) == 0 ? 1 : 0; // a log may have no path that has a sibling
                continue;
            }
            RecordedRequest request = RecordedRequest.of(mutated.get()).orElseThrow();
            if (!(judge.judge(request) instanceof Outcome.Denied)) {
                allowed.add(request.head().method() + " " + request.url());
            }
            i++;
        }
        return allowed;
    }

    private Optional<Flow> mutated(Flow flow, int how) {
        Flow.Request request = request(flow);
        String method = request.method();
        String host = request.host();
        String path = path(request);
        switch (how) {
            case 0 -> {
                method = METHODS.get(random.nextInt(METHODS.size()));
                if (methods.contains(host + method + path.split("/", -1).length)) {
                    return Optional.empty(); // it was used on some path like this one
                }
            }
            case 1 -> host = "x" + random.nextInt(1000) + "." + host;
            default -> path = sibling(host, path);
        }
        if (asked.contains(method + " " + host + path)) {
            return Optional.empty();
        }
        Flow.Request other = new Flow.Request(
                method, request.scheme(), host, request.port(), path, "HTTP/1.1", List.of(), request.body(), List.of());
        return Optional.of(new Flow(
                flow.id(),
                "",
                flow.timestamp(),
                flow.client(),
                null,
                other,
                null,
                flow.decision(),
                flow.upstream(),
                flow.timings(),
                List.of(),
                List.of()));
    }

    private String sibling(String host, String path) {
        String[] segments = path.substring(1).split("/", -1);
        List<Integer> fixed = new ArrayList<>();
        String place = host;
        for (int i = 0; i < segments.length; i++) {
            if (!isFree(place, segments[i]) && !segments[i].isEmpty()) {
                fixed.add(i);
            }
            place = below(place, segments[i]);
        }
        if (fixed.isEmpty()) {
            return path;
        }
        int at = fixed.get(random.nextInt(fixed.size()));
        segments[at] = segments[at] + (random.nextBoolean() ? "x" : "-other");
        return "/" + String.join("/", segments);
    }
}
