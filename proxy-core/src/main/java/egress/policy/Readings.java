package egress.policy;

import egress.http.RequestTarget;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything that a request may be taken for: by what its path can be read as, and by what its fields and query make of it.
 *
 * @param methods the request's own first
 * @param paths the readings of its own path first
 * @param queries in the order of the paths
 */
record Readings(List<String> methods, List<List<String>> paths, List<String> queries, boolean isMisdirected) {
    /** Of all paths together: what fields make of a request costs little more than the request. */
    private static final int MOST = 256;

    /** @throws IllegalArgumentException with a sentence, where the target, or one that a field names, is none */
    static Readings of(RequestHead head) {
        RequestTarget target = RequestTarget.parse(head.target());
        List<String> own = PathReadings.of(target.path());
        Recasts recasts = Recasts.of(head.fields(), head.authority(), target);
        List<String> methods = MethodOverrides.all(head.method(), recasts.methods());
        if (recasts.targets().isEmpty()) {
            return new Readings(methods, List.of(own), List.of(target.query()), recasts.misdirected());
        }
        List<List<String>> paths = new ArrayList<>(List.of(own));
        List<String> queries = new ArrayList<>(List.of(target.query()));
        int count = own.size();
        for (RequestTarget each : recasts.targets()) {
            List<String> readings = PathReadings.of(each.path());
            count += readings.size();
            if (count > MOST) {
                throw new IllegalArgumentException(
                        "fields that rewrite the path: more than " + MOST + " ways to read them");
            }
            paths.add(readings);
            queries.add(each.query());
        }
        return new Readings(methods, paths, queries, recasts.misdirected());
    }

    boolean isAsterisk() {
        return paths.getFirst().getFirst().equals("*");
    }

    /** The most that git may be asked for; a path of one target may go with the query of another. */
    GitRules.Use git(List<String> by, HttpHeaders fields) {
        String query = queries.size() == 1 ? queries.getFirst() : String.join("&", queries);
        GitRules.Use most = GitRules.Use.NONE;
        for (int i = 0; i < paths.size(); i++) {
            most = most.or(GitRules.of(by, paths.get(i), query, fields));
        }
        return most;
    }

    boolean isLfsBatch() {
        for (int i = 0; i < paths.size(); i++) {
            if (GitRules.isBatch(paths.get(i))) {
                return true;
            }
        }
        return false;
    }
}
