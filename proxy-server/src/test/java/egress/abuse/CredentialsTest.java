package egress.abuse;

import static java.nio.charset.StandardCharsets.UTF_8;

import egress.server.ProxyUnderTest;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.TestLeaf;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.origin.RecordedRequest;
import egress.testkit.scorecard.Case;
import egress.testkit.scorecard.Scorecard;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows 29 to 32: whose credential goes where. */
class CredentialsTest {
    private static final String AGENTS = "agents-own-credential";
    /** Of one case alone: others put theirs into fields that no record takes for a credential. */
    private static final String COOKIE = "agents-own-session";

    private static Site site;
    private static ProxyUnderTest untrusting;
    private static final Map<String, Origin> liars = new LinkedHashMap<>();

    @BeforeAll
    static void start() throws IOException {
        site = new Site(builder -> builder.flags("--dlp", "off", "--flow-detail", "4", "-v"));
        TestCa stranger = TestCa.create("nobody we know");
        Duration day = Duration.ofDays(1);
        liar("expired.example", site.ca.expired("expired.example"));
        liar("early.example", site.ca.notYetValid("early.example"));
        liar("wrong-host.example", site.ca.leaf("right-host.example"));
        liar("self-signed.example", TestCa.selfSigned("self-signed.example"));
        liar("untrusted.example", stranger.leaf("untrusted.example"));
        liar("one.wild.example", site.ca.leaf("*.wild.example"));
        liar("wildcard.example", site.ca.leaf("*.example"));
        liar("two.labels.wild.example", site.ca.leaf("*.wild.example"));
        liar("ended-a-day-ago.example", site.ca.leaf(day.multipliedBy(-9), day.negated(), "ended-a-day-ago.example"));
        StringBuilder routes = new StringBuilder("log: 2\nroutes:\n");
        ProxyUnderTest.Builder builder = ProxyUnderTest.with().trust(site.ca).environment("EGRESS_TOKEN_0", Site.TOKEN);
        liars.forEach((host, origin) -> {
            routes.append("  - {host: ").append(host).append(", auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}}\n");
            builder.origin(host + ":443", origin);
        });
        untrusting = builder.routes(routes.toString()).start();
    }

    private static void liar(String host, TestLeaf leaf) throws IOException {
        liars.put(host, Origin.tls(leaf, Alpn.H2_AND_H1));
    }

    @AfterAll
    static void stop() throws IOException {
        untrusting.close();
        for (Origin liar : liars.values()) {
            liar.close();
        }
        site.close();
    }

    @ParameterizedTest
    @MethodSource({"agentsOwn", "unproven", "writtenDown", "notThere"})
    void goWhereTheyBelong(Case each, Scorecard scorecard) {
        scorecard.verify(each);
    }

    private static RecordedRequest seen(String host, String target) {
        Origin origin = host.equals(Site.H2) ? site.h2 : site.h1;
        return origin.requests().stream()
                .filter(request -> request.target().equals(target))
                .reduce((first, second) -> second)
                .orElseThrow(() -> new AssertionError("the origin saw no " + target));
    }

    private static Case stripped(String id, String title, String leg, String host, String... fields) {
        return Case.stopped(
                id,
                title,
                leg,
                () -> {
                    String target = "/echo?" + id;
                    String got = site.request(leg, host, "GET", target, fields);
                    if (!got.equals("200")) {
                        return got;
                    }
                    RecordedRequest request = seen(host, target);
                    String left = String.valueOf(request.fields());
                    List<String> authorization = request.values("authorization");
                    boolean credential = host.equals(Site.H1) || host.equals(Site.H2);
                    boolean right = credential
                            ? authorization.equals(List.of("Bearer " + Site.TOKEN))
                            : authorization.isEmpty();
                    return right && !left.contains(AGENTS) ? "gone" : "left: " + left;
                },
                "gone");
    }

    static Stream<Case> agentsOwn() {
        List<Case> all = new ArrayList<>();
        char letter = 'a';
        for (String leg : List.of("h1", "h2")) {
            String host = leg.equals("h2") ? Site.H2 : Site.H1;
            all.add(stripped("29." + letter++, "Authorization", leg, host, "authorization", "Bearer " + AGENTS));
            all.add(stripped(
                    "29." + letter++,
                    "Authorization twice",
                    leg,
                    host,
                    "authorization",
                    "Bearer " + AGENTS,
                    "authorization",
                    "Basic " + AGENTS));
            all.add(stripped(
                    "29." + letter++, "Proxy-Authorization", leg, host, "proxy-authorization", "Basic " + AGENTS));
            all.add(Case.stopped(
                    "29." + letter++, "Authorization in the trailers", leg, () -> trailers(leg, host), "gone"));
        }
        all.add(stripped(
                "29." + letter++,
                "Authorization in capitals",
                "h1",
                Site.H1,
                "AUTHORIZATION",
                AGENTS,
                "aUTHORIZATION",
                AGENTS));
        all.add(stripped(
                "29." + letter++,
                "Authorization to a route without a credential",
                "h1",
                "api.github.com",
                "authorization",
                AGENTS));
        all.add(stripped("29." + letter++, "Proxy-Connection", "h1", Site.H1, "Proxy-Connection", AGENTS));
        all.add(stripped(
                "29." + letter++,
                "what Connection lists",
                "h1",
                Site.H1,
                "Connection",
                "x-hop, authorization",
                "X-Hop",
                AGENTS,
                "Authorization",
                AGENTS));
        all.add(stripped(
                "29." + letter++,
                "what a second Connection lists",
                "h1",
                Site.H1,
                "Connection",
                "close",
                "Connection",
                ", x-hop ,",
                "X-Hop",
                AGENTS));
        all.add(site.stopped(
                "29." + letter++,
                "Authorization with a space before the colon",
                "h1",
                () -> site.h1(Site.H1, "GET", "/echo", "Authorization : Bearer " + AGENTS),
                "400"));
        all.add(Case.through("29." + letter, "a field that looks like one, X-Authorization", "h1", () -> {
            String got = site.h1(Site.H1, "GET", "/echo?x-authorization", "X-Authorization: kept");
            return seen(Site.H1, "/echo?x-authorization")
                            .value("x-authorization")
                            .isPresent()
                    ? got
                    : "taken out";
        }));
        return all.stream();
    }

    private static String trailers(String leg, String host) throws IOException {
        String target = "/echo?trailers=" + leg;
        if (leg.equals("h2")) {
            try (H2Client client = site.h2Client(host)) {
                H2Stream stream = client.request("POST", host, target, false, "trailer", "authorization");
                stream.write("x".getBytes(UTF_8), false);
                stream.headers(Field.list("authorization", AGENTS, "proxy-authorization", AGENTS, "x-kept", "1"), true);
                stream.response();
            }
        } else {
            try (RawClient client = site.proxy.connect(host + ":443")) {
                client.send("POST " + target + " HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "1\r\nx\r\n0\r\nAuthorization: " + AGENTS + "\r\nProxy-Authorization: " + AGENTS
                        + "\r\nx-kept: 1\r\n\r\n");
                client.readResponse("POST");
            }
        }
        List<Field> trailers = seen(host, target).awaitComplete().trailers();
        return trailers.equals(Field.list("x-kept", "1")) ? "gone" : "left: " + trailers;
    }

    static Stream<Case> unproven() {
        List<Case> all = new ArrayList<>();
        char letter = 'a';
        for (String host : liars.keySet()) {
            for (String leg : List.of("h1", "h2")) {
                boolean fine = host.equals("one.wild.example");
                BiFunction<String, Case.Probe, Case> kind = fine
                        ? (id, probe) -> Case.through(id, "a wildcard for one label", leg, probe)
                        : (id, probe) -> Case.stopped(id, host, leg, probe, "502 upstream_untrusted");
                all.add(kind.apply("30." + letter++, () -> liar(leg, host)));
            }
        }
        all.add(site.stopped(
                "30." + letter++,
                "plain http to a route with a credential",
                "absolute",
                () -> site.listener("GET http://h1.example/ HTTP/1.1\r\nHost: h1.example\r\n\r\n"),
                "403 credential_needs_tls"));
        all.add(Case.stopped(
                "30." + letter,
                "a redirect to another host takes no credential along",
                "h1",
                () -> {
                    try (RawClient client = site.proxy.connect(Site.H1 + ":443")) {
                        ReceivedResponse response = client.get("/redirect?to=https://evil.example/", Site.H1);
                        return response.status()
                                + (response.toString().contains(Site.TOKEN) ? " with the token" : " alone");
                    }
                },
                "302 alone"));
        return all.stream();
    }

    private static String liar(String leg, String host) throws IOException {
        String got;
        if (leg.equals("h2")) {
            try (H2Client client = H2Client.through(untrusting.port(), host + ":443", untrusting.client(host))) {
                got = Site.answer(client.get(host, "/echo"));
            }
        } else {
            try (RawClient client = untrusting.connect(host + ":443")) {
                got = Site.answer(client.send("GET /echo HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
            }
        }
        Origin liar = java.util.Objects.requireNonNull(liars.get(host));
        return got.startsWith("502") && !liar.requests().isEmpty() ? "the credential was sent, then " + got : got;
    }

    private static String written() {
        return String.join("\n", site.proxy.out()) + "\n" + String.join("\n", site.proxy.err());
    }

    static Stream<Case> writtenDown() {
        return Stream.of(
                site.stopped(
                        "31.a",
                        "a block says nothing of the route's token, nor of what fields held",
                        "h1",
                        () -> {
                            try (RawClient client = site.proxy.connect(Site.H1 + ":443")) {
                                client.send("GET /r.git/git-receive-pack HTTP/1.1\r\nHost: h1.example\r\nCookie: a="
                                        + AGENTS + "\r\nAuthorization: " + AGENTS + "\r\n\r\n");
                                String shown = client.readResponse("GET").toString();
                                return shown.contains(Site.TOKEN) || shown.contains(AGENTS)
                                        ? "shown: " + shown
                                        : "403 hidden";
                            }
                        },
                        "403 hidden"),
                Case.stopped(
                        "31.b",
                        "a token in target and fields is in no log",
                        "h1",
                        () -> {
                            site.h1(
                                    Site.H1,
                                    "GET",
                                    "/echo?31b&q=" + Site.TOKEN,
                                    "X-Copy: " + Site.TOKEN,
                                    "Cookie: a=" + COOKIE);
                            site.proxy.awaitOut("31b");
                            return written().contains(Site.TOKEN) || written().contains(COOKIE)
                                    ? "written down"
                                    : "masked";
                        },
                        "masked"),
                Case.stopped(
                        "31.c",
                        "a token is in no metric, page or probe",
                        "admin",
                        () -> {
                            StringBuilder all = new StringBuilder();
                            for (String page : List.of("/metrics", "/readyz", "/healthz")) {
                                try (RawClient client = RawClient.connect(site.proxy.admin())) {
                                    all.append(client.get(page, "localhost").text());
                                }
                            }
                            for (String page : List.of("/", "/allowlist", "/ca.pem")) {
                                try (RawClient client = site.proxy.connect()) {
                                    all.append(client.get("http://_egress.local" + page, "_egress.local")
                                            .text());
                                }
                            }
                            return all.indexOf(Site.TOKEN) >= 0 || all.indexOf("PRIVATE") >= 0 ? "shown" : "hidden";
                        },
                        "hidden"),
                Case.stopped(
                        "31.d",
                        "ANSI, quotes and line breaks in a field are escaped in the log",
                        "h1",
                        () -> {
                            site.h1(
                                    Site.H1,
                                    "GET",
                                    "/echo?31d=%0d%0aegress:%1b[31m",
                                    "X-Note: \u0080\"}\u009b[31m{\"event\":\"forged\"");
                            site.proxy.awaitOut("31d");
                            boolean raw = written().chars().anyMatch(c -> (c < 32 && c != '\n') || (c > 126 && c < 160))
                                    || written()
                                            .lines()
                                            .anyMatch(line -> line.startsWith("egress:") && line.contains("31m"));
                            return raw ? "raw" : "escaped";
                        },
                        "escaped"),
                Case.stopped(
                        "31.e",
                        "an origin's control characters are escaped in the log",
                        "h1",
                        () -> {
                            site.h1.on("/ansi", exchange -> exchange.respond(200, "ok", "x-note", "\u009b[31mred"));
                            site.h1(Site.H1, "GET", "/ansi");
                            site.proxy.awaitOut("/ansi");
                            return written().indexOf('\u009b') >= 0 ? "raw" : "escaped";
                        },
                        "escaped"));
    }

    static Stream<Case> notThere() {
        List<Case> all = new ArrayList<>();
        char letter = 'a';
        for (String leg : List.of("h1", "h2")) {
            all.add(Case.stopped(
                    "32." + letter++,
                    "a token that is unset",
                    leg,
                    () -> token(leg, null),
                    "403 credential_unavailable"));
            all.add(Case.stopped(
                    "32." + letter++,
                    "a token that is empty",
                    leg,
                    () -> token(leg, ""),
                    "403 credential_unavailable"));
            all.add(Case.stopped(
                    "32." + letter++,
                    "a token with CR LF",
                    leg,
                    () -> token(leg, "a\r\nX-Forged: 1"),
                    "403 policy_unavailable"));
            all.add(Case.stopped(
                    "32." + letter++, "a token with a NUL", leg, () -> token(leg, "a\0b"), "403 policy_unavailable"));
            all.add(Case.through("32." + letter++, "a token", leg, () -> token(leg, "whole")));
        }
        return all.stream();
    }

    private static String token(String leg, @org.jspecify.annotations.Nullable String token) throws IOException {
        String host = leg.equals("h2") ? Site.H2 : Site.H1;
        Origin origin = leg.equals("h2") ? site.h2 : site.h1;
        ProxyUnderTest.Builder builder = ProxyUnderTest.with()
                .routes("log: 1\nroutes: [{host: " + host + ", auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}}]")
                .trust(site.ca)
                .origin(host + ":443", origin);
        if (token != null) {
            builder.environment("EGRESS_TOKEN_0", token);
        }
        int before = origin.requests().size();
        try (ProxyUnderTest own = builder.start()) {
            String got;
            if (leg.equals("h2")) {
                try (H2Client client = H2Client.through(own.port(), host + ":443", own.client(host))) {
                    got = Site.answer(client.get(host, "/echo"));
                }
            } else {
                try (RawClient client = own.connect(host + ":443")) {
                    got = Site.answer(client.send("GET /echo HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
                }
            }
            return got.startsWith("403") && origin.requests().size() != before ? "sent, then " + got : got;
        }
    }
}
