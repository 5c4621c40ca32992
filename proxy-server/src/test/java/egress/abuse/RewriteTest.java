package egress.abuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.origin.RecordedRequest;
import egress.testkit.scorecard.Case;
import egress.testkit.scorecard.Scorecard;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Stream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows 47 and 48: what fields, forms and bodies make of a request behind the gate, and git by every way. */
class RewriteTest {
    private static final String OID = "0123456789abcdef".repeat(4);
    private static final String BATCH = "/v1/r.git/info/lfs/objects/batch";
    private static final String KEYED = "other.example";
    private static final String KEYS = "agents-own-key";

    private static Site site;

    @BeforeAll
    static void start() throws IOException {
        String routes = Site.ROUTES
                .replace("matches: [{methods", "git: {fetch: true}\n    matches: [{methods")
                .replace(
                        "- host: " + KEYED,
                        "- host: " + KEYED
                                + "\n    auth: {header: x-api-key, token_env: EGRESS_TOKEN_0}"
                                + "\n    matches: [{headers: [{name: x-team, value: core}]}]");
        // Without a scanner, which would hold every body: what policy holds must be enough.
        site = new Site(builder -> builder.routes(routes).flags("--dlp", "off"));
    }

    @AfterAll
    static void stop() throws IOException {
        site.close();
    }

    @ParameterizedTest
    @MethodSource({"paths", "hosts", "methods", "forms", "trailers", "keys", "pushes", "batches", "fetches"})
    void isJudgedAsWhatItMakesOfTheRequest(Case each, Scorecard scorecard) {
        scorecard.verify(each);
    }

    private static final class Cases {
        private final List<Case> all = new ArrayList<>();
        private final String prefix;
        private int next;

        /** @param letter of this group of cases, within the row */
        Cases(int row, char letter) {
            this.prefix = row + "." + letter;
        }

        private String id() {
            int n = next++;
            return prefix + (char) ('a' + n / 26) + (char) ('a' + n % 26);
        }

        void stopped(String title, String host, String method, String target, String outcome, String... fields) {
            for (String leg : List.of("h1", "h2")) {
                Case.Probe probe = () -> site.request(leg, at(host, leg), method, target, fields);
                all.add(site.stopped(id(), title + " at " + at(host, leg), leg, probe, outcome));
            }
        }

        void through(String title, String host, String method, String target, String... fields) {
            for (String leg : List.of("h1", "h2")) {
                Case.Probe probe = () -> site.request(leg, at(host, leg), method, target, fields);
                all.add(Case.through(id(), title + " at " + at(host, leg), leg, probe));
            }
        }

        void stoppedPost(String title, String host, String target, String body, String outcome, String... fields) {
            for (String leg : List.of("h1", "h2")) {
                Case.Probe probe = () -> post(leg, at(host, leg), target, body, fields);
                all.add(site.stopped(id(), title, leg, probe, outcome));
            }
        }

        void throughPost(String title, String host, String target, String body, String... fields) {
            for (String leg : List.of("h1", "h2")) {
                Case.Probe probe = () -> post(leg, at(host, leg), target, body, fields);
                all.add(Case.through(id(), title, leg, probe));
            }
        }

        /** Routes come in pairs, one behind each kind of origin. */
        private static String at(String host, String leg) {
            if (leg.equals("h1")) {
                return host;
            }
            return host.equals(Site.RULES) ? Site.RULES_H2 : host.equals(Site.H1) ? Site.H2 : host;
        }
    }

    private static String post(String leg, String host, String target, String body, String... fields)
            throws IOException {
        byte[] octets = body.getBytes(ISO_8859_1);
        if (leg.equals("h2")) {
            try (H2Client client = site.h2Client(host)) {
                H2Stream stream = client.request("POST", host, target, false, fields);
                stream.write(octets, true);
                return Site.answer(stream);
            }
        }
        StringBuilder head = new StringBuilder("POST " + target + " HTTP/1.1\r\nHost: " + host + "\r\n");
        for (int i = 0; i < fields.length; i += 2) {
            head.append(fields[i]).append(": ").append(fields[i + 1]).append("\r\n");
        }
        return site.inside(host, head + "Content-Length: " + octets.length + "\r\n\r\n" + body);
    }

    static Stream<Case> paths() {
        Cases cases = new Cases(47, 'a');
        for (String field : List.of(
                "x-original-url",
                "x-rewrite-url",
                "x_rewrite_url",
                "x.original.url",
                "x-forwarded-uri",
                "x-forwarded-path",
                "x-forwarded-prefix",
                "x-request-uri",
                "x-original-uri",
                "x-envoy-original-path",
                "x-replaced-path",
                "x-accel-redirect",
                "x-script-name",
                "destination")) {
            cases.stopped(field, Site.RULES, "GET", "/v1/x", "403 path_not_allowed", field, "/admin");
        }
        for (String path : List.of("/v1/../admin", "/v1/%2e%2e/admin", "admin", "/v1/..%252fadmin", "/v1/x,/admin")) {
            cases.stopped(path, Site.RULES, "GET", "/v1/x", "403 path_not_allowed", "x-original-url", path);
        }
        cases.stopped(
                "a good one, and a bad one",
                Site.RULES,
                "GET",
                "/v1/x",
                "403 path_not_allowed",
                "x-original-url",
                "/v1/y",
                "x-original-url",
                "/admin");
        cases.stopped("no path", Site.RULES, "GET", "/v1/x", "400", "x-original-url", "/v1/%00");
        cases.through("a path that is allowed", Site.RULES, "GET", "/v1/x", "x-original-url", "/v1/y?z");
        cases.through("a prefix that is allowed", Site.RULES, "GET", "/v1/x", "x-forwarded-prefix", "/v1");
        cases.through("any path without path rules", Site.H1, "GET", "/x", "x-original-url", "/admin");
        cases.through("any prefix without path rules", Site.H1, "GET", "/x", "x-forwarded-prefix", "/admin");
        return cases.all.stream();
    }

    static Stream<Case> hosts() {
        Cases cases = new Cases(47, 'b');
        for (String host : List.of(Site.RULES, Site.H1)) {
            for (String field : List.of(
                    "x-forwarded-host",
                    "x_forwarded_host",
                    "x-host",
                    "x-http-host-override",
                    "x-original-host",
                    "x-forwarded-server")) {
                cases.stopped(field, host, "GET", "/v1/x", "421 misdirected", field, "evil.example");
            }
            cases.stopped("two", host, "GET", "/v1/x", "421", "x-forwarded-host", host + ", evil.example");
            cases.stopped("a port", host, "GET", "/v1/x", "421", "x-forwarded-host", host + ":8443");
            cases.stopped("Forwarded", host, "GET", "/v1/x", "421", "forwarded", "for=a;host=evil.example");
            cases.stopped(
                    "Forwarded, quoted", host, "GET", "/v1/x", "421", "forwarded", "for=a, Host=\"evil.example\"");
            cases.stopped("a URL", host, "GET", "/v1/x", "421", "x-original-url", "https://evil.example/v1/x");
            cases.stopped("a reference", host, "GET", "/v1/x", "421", "x-rewrite-url", "//evil.example/v1/x");
        }
        cases.through("Forwarded without a host", Site.H1, "GET", "/x", "forwarded", "for=192.0.2.1");
        cases.all.add(Case.through(
                "47.z",
                "its own host",
                "h1",
                () -> site.h1(Site.RULES, "GET", "/v1/x", "X-Forwarded-Host: rules.example:443")));
        return cases.all.stream();
    }

    static Stream<Case> methods() {
        Cases cases = new Cases(47, 'c');
        for (String method : List.of("TRACE", "track", "CONNECT")) {
            for (String host : List.of(Site.RULES, Site.H1)) {
                for (String field : List.of("x-http-method-override", "x-http-method", "x_method_override")) {
                    cases.stopped(field + ": " + method, host, "POST", "/v1", "403 method_not_allowed", field, method);
                }
                cases.stopped("_method=" + method, host, "POST", "/v1?a=b&_method=" + method, "403 method_not_allowed");
                cases.stopped("%5Fmethod=" + method, host, "GET", "/v1?%5Fmethod=" + method, "403 method_not_allowed");
            }
        }
        cases.through(
                "PATCH by field on a route without rules", Site.H1, "POST", "/x", "x-http-method-override", "PATCH");
        return cases.all.stream();
    }

    static Stream<Case> forms() {
        Cases cases = new Cases(47, 'd');
        String type = "content-type";
        String pairs = "application/x-www-form-urlencoded";
        for (String form :
                List.of("_method=TRACE", "a=b&%5Fmethod=connect", "x=" + "y".repeat(30_000) + "&_method=TRACK")) {
            cases.stoppedPost(Case.shown(form), Site.H1, "/x", form, "403 method_not_allowed", type, pairs);
            cases.stoppedPost(Case.shown(form), Site.RULES, "/v1", form, "403 method_not_allowed", type, pairs);
        }
        String parts = "--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nTRACE\r\n--b--\r\n";
        cases.stoppedPost(
                "in parts", Site.H1, "/x", parts, "403 method_not_allowed", type, "multipart/form-data; boundary=b");
        cases.stoppedPost(
                "a method that no rule names", Site.RULES, "/v1", "_method=PUT", "403 method_not_allowed", type, pairs);
        cases.throughPost("a form that asks for nothing", Site.H1, "/x", "a=b&method=TRACE", type, pairs);
        return cases.all.stream();
    }

    static Stream<Case> trailers() {
        List<Case> all = new ArrayList<>();
        for (String leg : List.of("h1", "h2")) {
            all.add(Case.stopped(
                    "47.e" + leg.charAt(1),
                    "a field of a rule, again in the trailers",
                    leg,
                    () -> trailed(leg),
                    "gone"));
        }
        return all.stream();
    }

    private static String trailed(String leg) throws IOException {
        String target = "/echo?trailers=" + leg;
        String[] dropped = {
            "x-team", "X_Team", "x-original-url", "X_Forwarded_Host", "x-http-method-override", "forwarded"
        };
        if (leg.equals("h2")) {
            try (H2Client client = site.h2Client(KEYED)) {
                H2Stream stream = client.request("POST", KEYED, target, false, "x-team", "core");
                stream.write("x".getBytes(ISO_8859_1), false);
                List<Field> trailers = new ArrayList<>(Field.list("x-kept", "1"));
                for (String name : dropped) {
                    trailers.addAll(Field.list(name.toLowerCase(java.util.Locale.ROOT), "infra"));
                }
                stream.headers(trailers, true);
                stream.response();
            }
        } else {
            StringBuilder trailers = new StringBuilder("x-kept: 1\r\n");
            for (String name : dropped) {
                trailers.append(name).append(": infra\r\n");
            }
            try (RawClient client = site.proxy.connect(KEYED + ":443")) {
                client.send("POST " + target + " HTTP/1.1\r\nHost: " + KEYED
                        + "\r\nx-team: core\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n" + trailers + "\r\n");
                client.readResponse("POST");
            }
        }
        List<Field> left = seen(target).awaitComplete().trailers();
        return left.equals(Field.list("x-kept", "1")) ? "gone" : "left: " + left;
    }

    private static RecordedRequest seen(String target) {
        return site.h1.requests().stream()
                .filter(request -> request.target().equals(target))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + target));
    }

    /** A name that a server may take for the credential's. */
    static Stream<Case> keys() {
        List<Case> all = new ArrayList<>();
        int n = 0;
        for (String name : List.of("x-api-key", "X_Api_Key", "X.Api.Key", "x!api-key", "x-api~key")) {
            for (String leg : List.of("h1", "h2")) {
                String lower = leg.equals("h2") ? name.toLowerCase(java.util.Locale.ROOT) : name;
                String target = "/echo?key=" + n;
                all.add(Case.stopped(
                        "47.f" + (char) ('a' + n++),
                        name,
                        leg,
                        () -> {
                            site.request(leg, KEYED, "GET", target, lower, KEYS, "x-team", "core");
                            String seen = seen(target).toString();
                            return seen.contains(KEYS) ? "left: " + seen : "gone";
                        },
                        "gone"));
            }
        }
        return all.stream();
    }

    static Stream<Case> pushes() {
        Cases cases = new Cases(48, 'a');
        for (String host : List.of(Site.RULES, Site.H1)) {
            for (String request : List.of(
                    "PUT /v1/r.git/info/lfs/objects/" + OID,
                    "PUT /v1/r/objects/" + OID,
                    "PUT /v1/r.git/gitlab-lfs/objects/" + OID + "/12",
                    "POST /v1/r.git/info/lfs/verify",
                    "POST /v1/r.git/info/lfs/locks",
                    "POST /v1/r/info/lfs/locks/verify",
                    "GET /v1/r.git/info/lfs/locks",
                    "PUT /v1/r.git/refs/heads/main",
                    "MKCOL /v1/r.git/objects/ab/",
                    "LOCK /v1/r.git/info/refs",
                    "MOVE /v1/r.git/objects/ab/cd_x",
                    "DELETE /v1/r.git/refs/heads/main",
                    "PROPPATCH /v1/r.git/HEAD",
                    "PUT /v1/r/refs/heads/main",
                    "MKCOL /v1/r/objects/ab",
                    "LOCK /v1/r/info/refs",
                    "PUT /v1/r%2egit/refs%2fheads/main",
                    "PUT /v1/x/../r/refs/heads/main")) {
                String[] asked = request.split(" ", 2);
                cases.stopped(request, host, asked[0], asked[1], "403 git_push");
            }
            cases.stopped(
                    "a push in a field",
                    host,
                    "POST",
                    "/v1/x",
                    "403 git_push",
                    "x-original-url",
                    "/v1/r.git/git-receive-pack");
            cases.stopped(
                    "a MOVE to a repository",
                    host,
                    "MOVE",
                    "/v1/x",
                    "403 git_push",
                    "destination",
                    "/v1/r.git/refs/heads/main");
            cases.stopped(
                    "a PUT by field", host, "POST", "/v1/r/refs/heads/main", "403 git_push", "x-http-method", "PUT");
        }
        return cases.all.stream();
    }

    static Stream<Case> batches() {
        Cases cases = new Cases(48, 'b');
        for (String body : List.of(
                "{\"operation\":\"upload\",\"objects\":[]}",
                "{\"operation\":\"download\",\"operation\":\"upload\"}",
                "{\"operation\":\"download\",\"Operation\":\"upload\"}",
                "{\"\\u006fperation\":\"upload\",\"operation\":\"download\"}",
                "{\"operation\":\"download\"}{\"operation\":\"upload\"}",
                "{\"operation\":\"download\"",
                "{\"objects\":[{\"operation\":\"download\"}]}",
                "{\"pad\":\"" + "x".repeat(40_000) + "\",\"operation\":\"upload\"}",
                "")) {
            cases.stoppedPost(Case.shown(body), Site.RULES, BATCH, body, "403 git_push");
        }
        String download = "{\"operation\":\"download\",\"objects\":[{\"oid\":\"" + OID + "\",\"size\":1}]}";
        cases.stoppedPost("in a coding", Site.RULES, BATCH, download, "403 git_push", "content-encoding", "gzip");
        cases.stoppedPost(
                "by a field",
                Site.RULES,
                "/v1/x",
                "{\"operation\":\"upload\"}",
                "403 git_push",
                "x-original-url",
                BATCH);
        cases.stoppedPost("without leave", Site.H1, BATCH, download, "403 git_fetch");
        cases.throughPost("a download", Site.RULES, BATCH, download);
        return cases.all.stream();
    }

    static Stream<Case> fetches() {
        Cases cases = new Cases(48, 'c');
        for (String request : List.of(
                "GET /v1/r.git/HEAD",
                "GET /v1/r.git/info/refs",
                "GET /v1/r/objects/info/packs",
                "GET /v1/r/objects/ab/0123456789012345678901234567890123456a",
                "GET /v1/r.git/objects/pack/pack-1.pack",
                "PROPFIND /v1/r.git/refs/",
                "GET /v1/r.git/info/lfs/objects/" + OID)) {
            String[] asked = request.split(" ", 2);
            cases.stopped(request + ", without leave", Site.H1, asked[0], asked[1], "403 git_fetch");
            cases.through(request, Site.RULES, asked[0], asked[1]);
        }
        cases.through("other files of a share", Site.H1, "PUT", "/v1/a.txt");
        cases.through("other objects", Site.H1, "PUT", "/v1/objects/Article/7");
        return cases.all.stream();
    }
}
