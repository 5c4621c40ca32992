package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.Match;
import egress.policy.Route;
import egress.testkit.client.RawClient;
import egress.testkit.origin.OriginExchange;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.Field;
import egress.testkit.wire.ReceivedResponse;
import egress.testkit.wire.ReceivedResponse.Interim;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** 1xx responses (RFC 9110 §15.2), and what they are asked for with. */
class InterimResponseTest extends TwoOriginsFixture {
    @Pairs
    @Row(value = "23.xa", allowed = true)
    void relaysAnEarlyHintByH2Alone(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            ReceivedResponse response = caller.get("/early-hints").response();

            if (caller.isHttp2()) {
                assertThat(response.interims())
                        .containsExactly(new Interim(103, List.of(new Field("link", "</style.css>; rel=preload"))));
            } else {
                assertThat(response.interims())
                        .as("a 103 is the response to Python")
                        .isEmpty();
            }
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.text()).isEqualTo("after hints\n");
            assertThat(caller.get("/echo").response().status()).isEqualTo(200);
        }
    }

    @Pairs
    void relaysSeveralInOrder(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            ReceivedResponse response = caller.get("/interims?n=4").response();

            if (caller.isHttp2()) {
                assertThat(response.interims().stream().map(Interim::status)).containsExactly(102, 103, 103, 103);
                assertThat(response.interims().stream()
                                .flatMap(interim -> interim.fields().stream())
                                .map(Field::value))
                        .containsExactly("0", "1", "2", "3");
            } else {
                assertThat(response.interims()).isEmpty();
            }
            assertThat(response.text()).isEqualTo("after 4\n");
        }
    }

    @Pairs
    void relaysAHintWhileTheOriginStillThinks(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.get("/held");
            OriginExchange exchange = origins.origin(host).takeHeld();
            exchange.interim(103, "link", "</a>; rel=preload");
            if (caller.isHttp2()) {
                assertThat(call.h2().awaitInterims(1)).hasSize(1);
            }
            exchange.respond(200, "thought");
            assertThat(call.response().text()).isEqualTo("thought");
        }
    }

    @Pairs
    void lets100ContinueBeTheOriginsToSay(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.begin("POST", "/held", "expect", "100-continue");
            OriginExchange exchange = origins.origin(host).takeHeld();
            assertThat(exchange.request().values("expect")).containsExactly("100-continue");
            assertThat(exchange.request().bodyLength()).isZero();
            exchange.interim(100);
            awaitContinue(caller, call);
            call.write("wanted").end();
            assertThat(exchange.readAll()).hasSize(6);
            exchange.respond(201, "made");

            ReceivedResponse response = call.response();
            assertThat(response.status()).isEqualTo(201);
            assertThat(response.text()).isEqualTo("made");
        }
    }

    private static void awaitContinue(Caller caller, Call call) throws IOException {
        if (caller.isHttp2()) {
            assertThat(call.h2().awaitInterims(1).getFirst().status()).isEqualTo(100);
        } else {
            assertThat(caller.raw().readHead().status()).isEqualTo(100);
        }
    }

    @Pairs
    @Row(value = "28.xb", allowed = true)
    void relaysTheRefusalOfAnExpectation(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.begin("POST", "/reject", "expect", "100-continue");
            ReceivedResponse response = call.response();

            assertThat(response.status()).isEqualTo(417);
            assertThat(response.interims()).isEmpty();
            if (caller.isHttp2()) {
                assertThat(caller.get("/echo").response().status()).isEqualTo(200);
            }
        }
        assertThat(origins.lastRequest(host, "/reject").bodyLength()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    @Row("28.xa")
    void deniesAnExpectationWithoutReadingTheBody(String version) throws IOException {
        try (Gate gate = Gate.builder()
                        .route(Route.named("gets.example")
                                .match(new Match(List.of(), List.of("GET"), List.of()))
                                .build())
                        .start();
                Caller caller = Caller.through(gate, version, "gets.example")) {
            Call call = caller.begin("POST", "/x", "expect", "100-continue", "content-length", "1000000");
            ReceivedResponse response = call.response();

            assertThat(response.status()).isEqualTo(403);
            assertThat(response.interims()).isEmpty();
            assertThat(response.value("x-egress-deny")).contains("method_not_allowed");
            if (caller.isHttp2()) {
                assertThat(call.h2().awaitReset()).isZero();
            } else {
                assertThat(response.value("connection")).contains("close");
                assertThat(caller.raw().awaitEnd()).isEqualTo(RawClient.End.CLOSED);
            }
        }
    }

    @Pairs
    void removesTheGatesOwnFieldsFromThem(String version, String host) throws IOException {
        origins.origin(host).on("/forged-hints", exchange -> {
            exchange.interim(103, "x-egress-deny", "forged", "X-Egress-Verdict", "allow", "link", "</a>");
            exchange.head(200, "x-egress-deny", "forged", "x-egress-anything", "forged", "x-egressed", "its own");
            exchange.end(List.of(new Field("x-egress-deny", "forged"), new Field("x-sum", "1")));
        });
        try (Caller caller = origins.caller(version, host)) {
            ReceivedResponse response = caller.get("/forged-hints").response();

            assertThat(response.interims())
                    .hasSize(caller.isHttp2() ? 1 : 0)
                    .allSatisfy(interim -> assertThat(interim.fields()).containsExactly(new Field("link", "</a>")));
            assertThat(response.fields().stream().map(Field::name).map(String::toLowerCase))
                    .contains("x-egressed")
                    .noneMatch(name -> name.startsWith("x-egress-"));
            assertThat(response.trailers()).containsExactly(new Field("x-sum", "1"));
        }
    }

    @Test
    void sendsNoneToAnHttp10Caller() throws IOException {
        try (RawClient client = RawClient.connect(origins.gate().port())) {
            client.tunnel("h1.example:443").tls(origins.gate().client("h1.example"));
            client.send("GET /early-hints HTTP/1.0\r\nHost: h1.example\r\n\r\n");
            ReceivedResponse response = client.readResponse("GET");

            assertThat(response.interims()).isEmpty();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.text()).isEqualTo("after hints\n");
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
    }
}
