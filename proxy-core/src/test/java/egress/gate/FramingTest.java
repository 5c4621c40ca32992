package egress.gate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.client.RawClient;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a message ends (RFC 9112 §6), for both sides and every version. */
class FramingTest extends TwoOriginsFixture {
    @Pairs
    void whatHasNoBodyHasNoneAndTheConnectionGoesOn(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            ReceivedResponse head = caller.request("HEAD", "/bytes/5").response();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.body()).isEmpty();
            assertThat(head.value("content-length")).contains("5");

            ReceivedResponse unsized =
                    caller.request("HEAD", "/bytes/5?chunked=1").response();
            assertThat(unsized.body()).isEmpty();
            assertThat(unsized.value("content-length")).isEmpty();

            ReceivedResponse empty = caller.get("/status/204").response();
            assertThat(empty.status()).isEqualTo(204);
            assertThat(empty.value("content-length")).isEmpty();
            assertThat(empty.value("transfer-encoding")).isEmpty();

            ReceivedResponse unmodified = caller.get("/status/304").response();
            assertThat(unmodified.status()).isEqualTo(304);
            assertThat(unmodified.value("content-length")).contains("5");
            assertThat(unmodified.value("etag")).contains("\"v1\"");

            assertThat(caller.get("/status/404").response().text()).isEqualTo("status 404");
            assertThat(caller.get("/bytes/0").response().body()).isEmpty();
            assertThat(caller.get("/echo").response().status()).isEqualTo(200);
        }
    }

    @Pairs
    void aBodyThatEndsWithTheOriginsConnectionIsWhole(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            assertThat(caller.get("/until-close").response().text()).isEqualTo("until the end");
            if (host.equals(TwoOrigins.H1)) {
                assertThat(caller.get("/http10").response().text()).isEqualTo("as in 1996");
                ReceivedResponse extended = caller.get("/chunk-extensions").response();
                assertThat(extended.text()).isEqualTo("hello world");
                assertThat(extended.trailers()).hasSize(1);
            }
            assertThat(caller.get("/echo").response().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {TwoOrigins.H1, TwoOrigins.H2})
    void anHttp10CallerGetsItsBodyUpToTheConnectionsEnd(String host) throws IOException {
        for (String fields : new String[] {"Host: " + host + "\r\n", "", "Connection: keep-alive\r\n"}) {
            try (RawClient client = origins.caller("h1", host).raw()) {
                client.send("GET /bytes/1000?chunked=1 HTTP/1.0\r\n" + fields + "\r\n");
                ReceivedResponse response = client.readResponse("GET");
                assertThat(response.body()).hasSize(1000);
                assertThat(response.value("transfer-encoding")).isEmpty();
            }
        }
        try (RawClient client = origins.caller("h1", host).raw()) {
            client.send("POST /echo HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello");
            assertThat(client.readResponse("POST").text()).isEqualTo("hello");
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {TwoOrigins.H1, TwoOrigins.H2})
    void pipelinedRequestsAreAnsweredInOrder(String host) throws IOException {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            all.append("POST /echo HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 2\r\n\r\n" + (10 + i));
        }
        try (RawClient client = origins.caller("h1", host).raw()) {
            client.send(all.toString());
            for (int i = 0; i < 20; i++) {
                assertThat(client.readResponse("POST").text()).isEqualTo(Integer.toString(10 + i));
            }
        }
    }

    @Test
    @Row(value = "22.xb", allowed = true)
    void aDeniedRequestInTheMiddleIsAnsweredInItsPlace() throws IOException {
        String host = "Host: h1.example\r\n";
        try (RawClient client = origins.caller("h1", TwoOrigins.H1).raw()) {
            client.send("GET /bytes/1 HTTP/1.1\r\n" + host
                    + "\r\nGET /r.git/info/refs?service=git-receive-pack HTTP/1.1\r\n" + host
                    + "\r\nGET /bytes/3 HTTP/1.1\r\n" + host + "\r\n");
            assertThat(client.readResponse("GET").body()).hasSize(1);
            assertThat(client.readResponse("GET").status()).isEqualTo(403);
            assertThat(client.readResponse("GET").body()).hasSize(3);
        }
    }

    @Test
    @Row("22.xa")
    void theBodyOfADeniedRequestIsNeverTheNextRequest() throws IOException {
        try (RawClient client = origins.caller("h1", TwoOrigins.H1).raw()) {
            String smuggled = "GET /smuggled HTTP/1.1\r\nHost: h1.example\r\n\r\n";
            client.send("POST /r.git/git-receive-pack HTTP/1.1\r\nHost: h1.example\r\nContent-Length: "
                    + smuggled.length() + "\r\n\r\n" + smuggled + smuggled);
            ReceivedResponse response = client.readResponse("POST");
            assertThat(response.status()).isEqualTo(403);
            assertThat(response.value("connection")).contains("close");
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
        assertThat(origins.origin(TwoOrigins.H1).requests())
                .noneMatch(request -> request.target().equals("/smuggled"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
                "Content-Length: 5, 5\r\n\r\nhello",
                "Content-Length: +5\r\n\r\nhello",
                "Content-Length: 0x5\r\n\r\nhello",
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
                "X: a\r\n b\r\n\r\n",
                "X: a\n\r\n",
                "X y: a\r\n\r\n",
                ": a\r\n\r\n",
                "X: a\0b\r\n\r\n",
                "Host: h1.example\r\n\r\n"
            })
    void whatTwoParsersCouldReadInTwoWaysIsA400AndTheEnd(String rest) throws IOException {
        int before = origins.origin(TwoOrigins.H1).requests().size();
        try (RawClient client = origins.caller("h1", TwoOrigins.H1).raw()) {
            client.send(("POST /echo HTTP/1.1\r\nHost: h1.example\r\n" + rest).getBytes(ISO_8859_1));
            assertThat(client.readResponse("POST").status()).isEqualTo(400);
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
        assertThat(origins.origin(TwoOrigins.H1).requests()).hasSize(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"zz\r\n", "5;\u0001\r\n", "5\nhello", "5\r\nhello!", "-5\r\n", "8000000000000000\r\n"})
    void aMalformedChunkEndsTheExchangeWithoutAWholeRequestAtTheOrigin(String chunk) throws IOException {
        String target = "/count?chunk=" + Integer.toHexString(chunk.hashCode());
        try (RawClient client = origins.caller("h1", TwoOrigins.H1).raw()) {
            client.send(
                    "POST " + target + " HTTP/1.1\r\nHost: h1.example\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk);
            assertThat(client.readResponse("POST").status()).isEqualTo(400);
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
        origins.origin(TwoOrigins.H1).requests().stream()
                .filter(request -> request.target().equals(target))
                .forEach(request -> assertThat(request.trailers()).isEmpty());
    }

    @Test
    void theConnectionsEndIsSaidAndCameAfterTheAnswer() throws IOException {
        try (RawClient client = origins.caller("h1", TwoOrigins.H1).raw()) {
            // What comes after a last request is not read as another one, nor does it cost the answer.
            client.send("GET /bytes/200000 HTTP/1.1\r\nHost: h1.example\r\nConnection: close\r\n\r\n"
                    + "GET /after HTTP/1.1\r\nHost: h1.example\r\n\r\n");
            ReceivedResponse response = client.readResponse("GET");
            assertThat(response.body()).hasSize(200_000);
            assertThat(response.value("connection")).contains("close");
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
        assertThat(origins.origin(TwoOrigins.H1).requests())
                .noneMatch(request -> request.target().equals("/after"));
    }
}
