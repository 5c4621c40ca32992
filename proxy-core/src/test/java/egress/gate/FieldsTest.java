package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.client.RawClient;
import egress.testkit.origin.RecordedRequest;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.Field;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What changes in a head on its way, and that nothing else does. */
class FieldsTest extends TwoOriginsFixture {
    @Test
    void fromH1ToH1OrderAndCaseStayAsTheyCame() throws IOException {
        try (Caller caller = origins.caller("h1", TwoOrigins.H1)) {
            caller.get(
                            "/echo?a=%2f&b=../c",
                            "X-zULU", "1", "accept", "*/*", "X-Alpha", "2", "X-zULU", "3", "X-Empty", "")
                    .response();
        }
        RecordedRequest seen = origins.lastRequest(TwoOrigins.H1, "/echo?a=%2f&b=../c");
        assertThat(seen.fields())
                .containsExactly(
                        new Field("Host", "h1.example"),
                        new Field("X-zULU", "1"),
                        new Field("accept", "*/*"),
                        new Field("X-Alpha", "2"),
                        new Field("X-zULU", "3"),
                        new Field("X-Empty", ""),
                        new Field("Authorization", TwoOrigins.INJECTED));
    }

    @Pairs
    @Row("29.xa")
    void whatBelongsToOneConnectionEndsHere(String version, String host) throws IOException {
        boolean h1 = version.equals("h1");
        String target = "/echo?hop=" + version;
        try (Caller caller = origins.caller(version, host)) {
            String[] both = {
                "proxy-authorization",
                "Basic YTpi",
                "authorization",
                "Bearer agents-own",
                "authorization",
                "Basic eDp5",
                "x-http2-stream-id",
                "7",
                "te",
                "trailers"
            };
            String[] onlyH1 = {
                "Connection", "keep-alive, x-listed, authorization", "Keep-Alive", "timeout=5", "Proxy-Connection",
                "keep-alive", "X-Listed", "1", "TE", "trailers, deflate"
            };
            Call call = h1 ? caller.get(target, onlyH1) : caller.get(target, both);
            assertThat(call.response().status()).isEqualTo(200);
        }
        RecordedRequest seen = origins.lastRequest(host, target);
        for (String gone : List.of(
                "proxy-authorization",
                "proxy-connection",
                "keep-alive",
                "x-listed",
                "x-http2-stream-id",
                "via",
                "forwarded",
                "x-forwarded-for")) {
            assertThat(seen.value(gone)).as(gone).isEmpty();
        }
        assertThat(seen.values("authorization")).containsExactly(TwoOrigins.INJECTED);
        assertThat(seen.values("te")).containsExactly("trailers");
        assertThat(seen.values("connection")).isEqualTo(host.equals(TwoOrigins.H1) ? List.of("TE") : List.of());
    }

    @Pairs
    void cookiesAreOneFieldWhereTheOriginSpeaksH1(String version, String host) throws IOException {
        String target = "/echo?cookies=" + version;
        try (Caller caller = origins.caller(version, host)) {
            if (caller.isHttp2()) {
                caller.get(target, "cookie", "a=1", "cookie", "b=2", "cookie", "c=3")
                        .response();
            } else {
                caller.get(target, "cookie", "a=1; b=2; c=3").response();
            }
        }
        assertThat(origins.lastRequest(host, target).values("cookie")).containsExactly("a=1; b=2; c=3");
    }

    @Pairs
    @Row("41.xa")
    void theWaysRoundTheGateAndItsOwnWordAreTakenOut(String version, String host) throws IOException {
        origins.origin(host)
                .on(
                        "/forged",
                        exchange -> exchange.respond(
                                200,
                                "ok",
                                "alt-svc",
                                "h3=\":443\"",
                                "x-egress-deny",
                                "host_not_allowed",
                                "x-kept",
                                "1"));
        try (Caller caller = origins.caller(version, host)) {
            ReceivedResponse response = caller.get("/forged").response();
            assertThat(response.value("alt-svc")).isEmpty();
            assertThat(response.value("x-egress-deny")).isEmpty();
            assertThat(response.value("via")).isEmpty();
            assertThat(response.value("x-kept")).contains("1");
        }
    }

    @Pairs
    void anotherHostIsMisdirected(String version, String host) throws IOException {
        String evil = "evil.example";
        if (version.equals("h2")) {
            try (Caller caller = origins.caller(version, host)) {
                assertThat(caller.http2().get(evil, "/").response().status()).isEqualTo(421);
                assertThat(caller.http2().get(host + ":444", "/").response().status())
                        .isEqualTo(421);
                assertThat(caller.http2().get(host + ":443", "/echo").response().status())
                        .isEqualTo(200);
                assertThat(caller.get("/echo", "host", evil).h2().awaitReset()).isEqualTo(1);
                assertThat(caller.get("/echo").response().status()).isEqualTo(200);
            }
            return;
        }
        for (String head : List.of(
                "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: " + host + ":444\r\n\r\n",
                "GET https://evil.example/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
                "GET https://" + host + "/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
                "GET http://" + host + "/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n")) {
            try (RawClient client = origins.caller("h1", host).raw()) {
                client.send(head);
                assertThat(client.readResponse("GET").status()).as(head).isEqualTo(421);
                assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
            }
        }
        try (RawClient client = origins.caller("h1", host).raw()) {
            client.send("GET https://" + host + "/echo?absolute HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
            assertThat(client.readResponse("GET").status()).isEqualTo(200);
        }
        assertThat(origins.lastRequest(host, "/echo?absolute").method()).isEqualTo("GET");
    }

    @Pairs
    void theServerAsAWholeIsAskedAboutByOptionsAlone(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            assertThat(caller.request("OPTIONS", "*").response().status()).isEqualTo(200);
            assertThat(origins.lastRequest(host, "*").method()).isEqualTo("OPTIONS");
        }
        try (Caller caller = origins.caller(version, host)) {
            Call get = caller.request("GET", "*");
            if (caller.isHttp2()) {
                assertThat(get.h2().awaitReset()).isEqualTo(1);
            } else {
                assertThat(get.response().status()).isEqualTo(400);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRACE", "CONNECT"})
    void methodsThatShowCredentialsOrTunnelAreDenied(String method) throws IOException {
        try (RawClient client = origins.caller("h1", TwoOrigins.H1).raw()) {
            client.send(method + " /x HTTP/1.1\r\nHost: h1.example\r\n\r\n");
            assertThat(client.readResponse("GET").status()).isIn(403, 400);
        }
        try (Caller caller = origins.caller("h2", TwoOrigins.H2)) {
            Call call = caller.request(method, "/x");
            if (method.equals("TRACE")) {
                assertThat(call.response().status()).isEqualTo(403);
            } else {
                assertThat(call.h2().awaitReset()).isEqualTo(1);
            }
        }
    }
}
