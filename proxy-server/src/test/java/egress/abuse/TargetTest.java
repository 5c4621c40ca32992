package egress.abuse;

import egress.server.ProxyUnderTest;
import egress.testkit.client.RawClient;
import egress.testkit.scorecard.Case;
import egress.testkit.scorecard.Scorecard;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows 13 to 19: what a target and a method may be read as. */
class TargetTest extends SiteFixture {
    @ParameterizedTest
    @MethodSource({"segments", "octets", "forms", "prefixes", "methods", "regexes", "git"})
    void isJudgedByEveryReading(Case each, Scorecard scorecard) {
        scorecard.verify(each);
    }

    private static final class Cases {
        private final List<Case> all = new ArrayList<>();
        private final int row;
        private int next;

        Cases(int row) {
            this.row = row;
        }

        private String id() {
            return Case.id(row, next++);
        }

        private static String host(String leg) {
            return leg.equals("h2") ? Site.RULES_H2 : Site.RULES;
        }

        /** By h1 and by h2. */
        Cases stopped(String title, String method, String target, String[] h1, String[] h2, String... fields) {
            all.add(site.stopped(id(), title, "h1", () -> site.request("h1", host("h1"), method, target, fields), h1));
            all.add(site.stopped(id(), title, "h2", () -> site.request("h2", host("h2"), method, target, fields), h2));
            return this;
        }

        Cases stopped(String title, String method, String target, String outcome, String... fields) {
            return stopped(title, method, target, new String[] {outcome}, new String[] {outcome}, fields);
        }

        Cases through(String title, String method, String target, String... fields) {
            for (String leg : List.of("h1", "h2")) {
                all.add(Case.through(id(), title, leg, () -> site.request(leg, host(leg), method, target, fields)));
            }
            return this;
        }

        Stream<Case> stream() {
            return all.stream();
        }
    }

    static Stream<Case> segments() {
        Cases cases = new Cases(13);
        for (String target : List.of(
                "/v1/../admin",
                "/v1/%2e%2e/admin",
                "/v1/.%2e/admin",
                "/v1/%2E./admin",
                "/v1%2f..%2fadmin",
                "/v1//../admin",
                "/v1/..\\admin",
                "/v1\\..\\admin",
                "/v1/%5c../admin",
                "/v1/..%5cadmin",
                "/v1/%252e%252e/admin",
                "/v1/..;/admin",
                "/v1/..;x=y/admin",
                "/v1/.;/../admin",
                "/v1/x/../../admin",
                "/v1/./../admin",
                "/v1/%2e%2e%2fadmin",
                "/v1/..%252fadmin",
                "/../v1/../admin",
                "//admin",
                "/v1/../../../admin",
                "/V1",
                "/admin",
                "/v1;/../admin")) {
            cases.stopped(target, "GET", target, "403 path_not_allowed");
        }
        for (String target : List.of(
                "/v1",
                "/v1/",
                "/v1/a",
                "/v1/a.b..c",
                "/v1/...",
                "/v1/a%20b",
                "/v1/%E2%82%AC",
                "/v1/a?x=/../admin",
                "/v1/x/../y")) {
            cases.through(target, "GET", target);
        }
        return cases.stream();
    }

    static Stream<Case> octets() {
        Cases cases = new Cases(14);
        String[] bad = {"400"};
        String[] badH2 = {"400", "reset 1"};
        cases.stopped("an encoded NUL", "GET", "/v1/a%00b", bad, badH2);
        cases.stopped(
                "an encoded CR LF", "GET", "/v1/a%0d%0ab", new String[] {"400", "403"}, new String[] {"400", "403"});
        cases.stopped("a raw NUL", "GET", "/v1/a\0b", bad, badH2);
        cases.stopped("a raw control character", "GET", "/v1/a\u0001b", bad, badH2);
        cases.stopped("a raw DEL", "GET", "/v1/a\u007fb", bad, badH2);
        cases.stopped("a raw tab", "GET", "/v1/a\tb", bad, badH2);
        cases.stopped("a raw non-ASCII octet", "GET", "/v1/a\u00e9b", bad, badH2);
        cases.stopped("an overlong slash", "GET", "/v1/%c0%af", bad, badH2);
        cases.stopped("an overlong dot", "GET", "/v1/%c0%ae%c0%ae/admin", bad, badH2);
        cases.stopped("an overlong slash of three", "GET", "/v1/%e0%80%af", bad, badH2);
        cases.stopped("a surrogate in UTF-8", "GET", "/v1/%ed%a0%80", bad, badH2);
        cases.stopped("beyond Unicode", "GET", "/v1/%f4%90%80%80", bad, badH2);
        cases.stopped("a lone continuation octet", "GET", "/v1/%80", bad, badH2);
        cases.stopped("a percent without digits", "GET", "/v1/%", bad, badH2);
        cases.stopped("a percent with one digit", "GET", "/v1/%a", bad, badH2);
        cases.stopped("a percent with other letters", "GET", "/v1/%zz", bad, badH2);
        cases.stopped("a percent in the style of JavaScript", "GET", "/v1/%u002e", bad, badH2);
        cases.stopped("a broken percent in the query", "GET", "/v1/?a=%zz", bad, badH2);
        cases.through("octets that browsers leave as they are", "GET", "/v1/<\">|^`{}");
        cases.through("legal octets of a query", "GET", "/v1/?a=b&c=%20+/?:@!$'()*,;-._~");
        return cases.stream();
    }

    static Stream<Case> forms() {
        Cases cases = new Cases(15);
        cases.stopped("a fragment", "GET", "/v1/#/admin", new String[] {"400"}, new String[] {"400", "reset 1"});
        cases.stopped(
                "absolute form of http inside TLS",
                "GET",
                "http://rules.example/v1",
                new String[] {"421", "400"},
                new String[] {"reset 1", "400", "421"});
        cases.stopped("absolute form of ftp", "GET", "ftp://rules.example/v1", new String[] {"400"}, new String[] {
            "reset 1", "400"
        });
        cases.stopped("authority form on GET", "GET", "rules.example:443", new String[] {"400"}, new String[] {
            "reset 1", "400"
        });
        cases.stopped("asterisk form on GET", "GET", "*", new String[] {"400"}, new String[] {"reset 1", "400"});
        cases.stopped("no slash in front", "GET", "v1", new String[] {"400"}, new String[] {"reset 1", "400"});
        cases.stopped("an empty target", "GET", "", new String[] {"400"}, new String[] {"reset 1", "400"});
        cases.stopped("a query alone", "GET", "?x", new String[] {"400"}, new String[] {"reset 1", "400"});
        cases.stopped("OPTIONS * where paths are named", "OPTIONS", "*", "403");
        cases.stopped(
                "a path of absolute form that is not allowed",
                "GET",
                "https://rules.example/v1/../admin",
                new String[] {"403 path"},
                new String[] {"reset 1", "400", "421"});
        cases.all.add(Case.through(
                "15.y",
                "absolute form of https inside TLS",
                "h1",
                () -> site.h1(Site.RULES, "GET", "https://rules.example/v1")));
        cases.all.add(Case.through(
                "15.z", "OPTIONS * where every path is allowed", "h1", () -> site.h1(Site.H1, "OPTIONS", "*")));
        return cases.stream();
    }

    static Stream<Case> prefixes() {
        String long64 = "/v1/" + "x".repeat(65_536);
        Case h1 = site.stopped("16.za", "a target of 64 KiB", "h1", () -> site.h1(Site.RULES, "GET", long64), "414");
        Case h2 = site.stopped("16.zb", "a target of 64 KiB", "h2", () -> site.h2(Site.RULES_H2, "GET", long64), "414");
        Stream<Case> more = new Cases(16)
                        .stopped("a prefix ends with a segment", "GET", "/repos/ab", "403 path_not_allowed")
                        .stopped("a prefix and a dot", "GET", "/repos/a.git", "403 path_not_allowed")
                        .stopped("a prefix and an encoded slash", "GET", "/repos%2fab", "403 path_not_allowed")
                        .stopped("a prefix in capitals", "GET", "/REPOS/a", "403 path_not_allowed")
                        .stopped("above the prefix", "GET", "/repos", "403 path_not_allowed")
                        .stopped("a target of 33 KiB", "GET", "/v1/" + "x".repeat(33_000), "414")
                        .stopped("a query of 33 KiB", "GET", "/v1/?" + "x".repeat(33_000), "414")
                        .through("the prefix", "GET", "/repos/a")
                        .through("below the prefix", "GET", "/repos/a/b")
                        .through("a target of 30 KiB", "GET", "/v1/" + "x".repeat(30_000))
                        .stream();
        return Stream.concat(Stream.of(h1, h2), more);
    }

    static Stream<Case> methods() {
        Cases cases = new Cases(17);
        cases.stopped("TRACE", "TRACE", "/v1", "403 method_not_allowed");
        cases.stopped("TRACK", "TRACK", "/v1", "403 method_not_allowed");
        cases.stopped("trace in lower case", "trace", "/v1", "403 method_not_allowed");
        cases.stopped("CONNECT with a path", "CONNECT", "/v1", new String[] {"400", "403"}, new String[] {"reset 1"});
        cases.stopped("a method that is not named", "DELETE", "/v1", "403 method_not_allowed");
        cases.stopped("a method with a space", "GET /admin", "/v1", new String[] {"400"}, new String[] {"reset 1"});
        cases.stopped(
                "a method with a control character", "G\u0001T", "/v1", new String[] {"400"}, new String[] {"reset 1"});
        cases.stopped("a method with a tab", "GET\t", "/v1", new String[] {"400"}, new String[] {"reset 1"});
        cases.stopped("a method in parentheses", "(GET)", "/v1", new String[] {"400"}, new String[] {"reset 1", "400"});
        cases.stopped("an empty method", "", "/v1", new String[] {"400"}, new String[] {"reset 1", "400"});
        cases.stopped(
                "a method of 5,000 letters",
                "A".repeat(5_000),
                "/v1",
                new String[] {"400", "403", "414", "431"},
                new String[] {"reset 1", "400", "403"});
        for (String field : List.of("x-http-method-override", "x-http-method", "x-method-override")) {
            cases.stopped(field + ": DELETE", "POST", "/v1", "403 method_not_allowed", field, "DELETE");
            cases.stopped(
                    field + ", the second time DELETE",
                    "POST",
                    "/v1",
                    "403 method_not_allowed",
                    field,
                    "GET",
                    field,
                    "DELETE");
        }
        cases.stopped("_method=DELETE in the query", "POST", "/v1?_method=DELETE", "403 method_not_allowed");
        cases.stopped("_method=DELETE in the query, encoded", "POST", "/v1?%5fmethod=DELETE", "403 method_not_allowed");
        cases.through("an override that is allowed too", "POST", "/v1", "x-http-method-override", "PROPFIND");
        cases.through("another registered method that is named", "PROPFIND", "/v1");
        cases.all.add(site.stopped(
                "17.zy",
                "CONNECT to another host in a tunnel",
                "h1",
                () -> site.inside(Site.RULES, "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n"),
                "400",
                "403",
                "421"));
        cases.all.add(site.stopped(
                "17.zz",
                "extended CONNECT",
                "h2",
                () -> site.h2(Site.RULES_H2, Site.extendedConnect(Site.RULES_H2, "/v1")),
                "reset 1"));
        return cases.stream();
    }

    static Stream<Case> regexes() {
        String hostile = "/" + "a".repeat(30_000) + "!";
        return Stream.of("h1", "h2")
                .map(leg -> Case.stopped(
                        "18." + (leg.equals("h1") ? "a" : "b"),
                        "(a+)+$ against 30,000 letters, in less than 2 s",
                        leg,
                        () -> {
                            String host = leg.equals("h2") ? Site.RULES_H2 : Site.RULES;
                            String regex =
                                    "matches: [{paths: [{type: regex, value: \"/(a+)+$\"}, {type: regex, value: \"/(a|aa)+$\"}]}]";
                            try (ProxyUnderTest own = ProxyUnderTest.with()
                                    .routes("log: 1\nroutes: [{host: " + host + ", " + regex + "}]")
                                    .trust(site.ca)
                                    .origin(host + ":443", leg.equals("h2") ? site.h2 : site.h1)
                                    .start()) {
                                long began = System.nanoTime();
                                String got = ask(own, leg, host, hostile);
                                long millis = (System.nanoTime() - began) / 1_000_000;
                                if (!ask(own, leg, host, "/aaaa").equals("200")) {
                                    return "what the regex allows was denied";
                                }
                                return millis < 2_000 ? got : got + " after " + millis + " ms";
                            }
                        },
                        "403 path_not_allowed"));
    }

    private static String ask(ProxyUnderTest own, String leg, String host, String target) throws IOException {
        if (leg.equals("h2")) {
            try (var client = egress.testkit.client.H2Client.through(own.port(), host + ":443", own.client(host))) {
                return Site.answer(client.get(host, target));
            }
        }
        try (RawClient client = own.connect(host + ":443")) {
            return Site.answer(client.send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
        }
    }

    static Stream<Case> git() {
        Cases cases = new Cases(19);
        for (String target : List.of(
                "/v1/r.git/info/refs?service=git-receive-pack",
                "/v1/r.git/info/refs?x=y&service=git-receive-pack",
                "/v1/r.git/info/refs?service=git-receive-pack&x=y",
                "/v1/r.git/info/refs?service=git-upload-pack&service=git-receive-pack",
                "/v1/r.git/info/refs?%73ervice=git-receive-pack",
                "/v1/r.git/info/refs?service=git%2Dreceive-pack",
                "/v1/r.git/info/refs?service=git-receive-pack%00",
                "/v1/r.git/info/refs;?service=git-receive-pack",
                "/v1/r.git/info//refs?service=git-receive-pack",
                "/v1/r.git/info/%72efs?service=git-receive-pack",
                "/v1/r/../r.git/info/refs?service=git-receive-pack")) {
            cases.stopped(target, "GET", target, new String[] {"403 git_push", "400"}, new String[] {
                "403 git_push", "400", "reset 1"
            });
        }
        for (String target : List.of(
                "/v1/r.git/git-receive-pack",
                "/v1/r.git/git%2dreceive-pack",
                "/v1/r.git//git-receive-pack/",
                "/v1/r.git/git-receive-pack?x=y")) {
            cases.stopped(target, "POST", target, "403 git_push");
        }
        cases.stopped("fetch, without leave", "GET", "/v1/r.git/info/refs?service=git-upload-pack", "403 git_fetch");
        cases.stopped("fetch as a dumb server is asked, without leave", "GET", "/v1/r.git/info/refs", "403 git_fetch");
        cases.stopped("fetch by POST, without leave", "POST", "/v1/r.git/git-upload-pack", "403 git_fetch");
        cases.through("a path that only looks like it", "GET", "/v1/git-receive-packs");
        return cases.stream();
    }
}
