package egress.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.server.flows.Flow;
import egress.server.flows.FlowBody;
import egress.testkit.GitHubToken;
import egress.testkit.Pattern251;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.WebSocketFrame;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the whole program records of real exchanges (docs/flows.md). */
final class FlowRecordTest extends FlowFixture {
    @Test
    void anExchangeIsALineWithItsHeadsBodiesAndOutcome() throws Exception {
        byte[] body = "{\"model\": \"m\"}".getBytes(UTF_8);
        try (ProxyUnderTest proxy = gate("--scan-id", "scan-7").start()) {
            send(proxy, post("/answer?a=b", body, "X-Own: one", "X-Own: two"));
            await(1, Flow::isExchange);
            assertThat(Files.readString(log())).endsWith("}\n");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(log())))
                    .isEqualTo("rw-------");
        }
        Flow hello = flows().getFirst();
        assertThat(hello.hello()).isEqualTo(new Flow.Hello("api.example", 443, "api.example", List.of("http/1.1")));
        assertThat(hello.scanId()).isEqualTo("scan-7");
        Flow flow = exchanges().getFirst();
        assertThat(flow.scanId()).isEqualTo("scan-7");
        assertThat(flow.id()).isPositive();
        assertThat(flow.client().address()).startsWith("127.0.0.1:");
        assertThat(request(flow).method()).isEqualTo("POST");
        assertThat(request(flow).scheme()).isEqualTo("https");
        assertThat(request(flow).host()).isEqualTo("api.example");
        assertThat(request(flow).port()).isEqualTo(443);
        assertThat(request(flow).path()).isEqualTo("/answer?a=b");
        assertThat(request(flow).httpVersion()).isEqualTo("HTTP/1.1");
        assertThat(request(flow).fields())
                .containsSubsequence(new Flow.Field("X-Own", "one"), new Flow.Field("X-Own", "two"));
        assertThat(request(flow).body().kept()).isEqualTo(body);
        assertThat(request(flow).body().length()).isEqualTo(body.length);
        assertThat(request(flow).body().truncated()).isFalse();
        assertThat(response(flow).status()).isEqualTo(200);
        assertThat(response(flow).reason()).isEqualTo("OK");
        assertThat(response(flow).fields())
                .containsSubsequence(new Flow.Field("x-twice", "1"), new Flow.Field("x-twice", "2"));
        assertThat(response(flow).body().kept()).isEqualTo(body);
        assertThat(flow.decision())
                .isEqualTo(new Flow.Decision(
                        "allowed", null, "api.example", "path_allowlist[3] prefix /answer", null, true));
        assertThat(flow.upstream().address()).isEqualTo("127.0.0.1:" + origin.port());
        assertThat(flow.timings().micros().keySet())
                .containsExactly(
                        "accept",
                        "hello",
                        "mint",
                        "handshake",
                        "verdict",
                        "connect",
                        "tls",
                        "stream",
                        "first_byte",
                        "last_byte");
    }

    @Test
    void anH2ExchangeHasItsNamesAsTheWireHadThemAndItsTrailers() throws Exception {
        origin.on("/trailing", exchange -> {
            exchange.head(200, "content-type", "text/plain");
            exchange.write("body");
            exchange.end(List.of(new Field("x-sum", "42")));
        });
        try (ProxyUnderTest proxy = gate().start()) {
            proxy.reload(ROUTES.replace("\"/echo\"", "\"/echo\", \"/trailing\""));
            try (H2Client client = H2Client.through(
                    proxy.port(), "api.example:443", proxy.client("api.example").alpn("h2"))) {
                assertThat(client.get("api.example", "/trailing").response().status())
                        .isEqualTo(200);
            }
            await(1, Flow::isExchange);
        }
        Flow flow = exchanges().getFirst();
        assertThat(request(flow).httpVersion()).isEqualTo("HTTP/2.0");
        assertThat(response(flow).reason()).isEmpty();
        assertThat(response(flow).fields()).doesNotContain(new Flow.Field("transfer-encoding", "chunked"));
        assertThat(response(flow).trailers()).containsExactly(new Flow.Field("x-sum", "42"));
        assertThat(response(flow).body().kept()).isEqualTo("body".getBytes(UTF_8));
    }

    @Test
    void aBlockIsRecordedWithTheStatusThatTheAgentGot() throws Exception {
        try (ProxyUnderTest proxy = gate().start()) {
            assertThat(ask(proxy, get("/secret")).status()).isEqualTo(403);
            try (RawClient client = proxy.connect()) {
                assertThat(client.connectMethod("api.example:22").status()).isEqualTo(403);
            }
            await(2, Flow::isExchange);
        }
        List<Flow> blocks = exchanges();
        assertThat(response(blocks.get(0)).status()).isEqualTo(403);
        assertThat(blocks.get(0).decision().verdict()).isEqualTo("denied");
        assertThat(blocks.get(0).decision().code()).isEqualTo("path_not_allowed");
        assertThat(new String(response(blocks.get(0)).body().kept(), UTF_8)).startsWith("egress: path \"/secret\"");
        assertThat(request(blocks.get(1)).method()).isEqualTo("CONNECT");
        assertThat(request(blocks.get(1)).host()).isEqualTo("api.example");
        assertThat(request(blocks.get(1)).port()).isEqualTo(22);
        assertThat(response(blocks.get(1)).status()).isEqualTo(403);
        assertThat(response(blocks.get(1)).fields()).contains(new Flow.Field("X-Egress-Deny", "port_not_allowed"));
        assertThat(new String(response(blocks.get(1)).body().kept(), UTF_8)).startsWith("egress: ");
        assertThat(blocks.get(1).decision().code()).isEqualTo("port_not_allowed");
    }

    @Test
    void aDeniedGrpcCallIsRecordedAsTheTrailersOnlyResponseThatItGot() throws Exception {
        try (ProxyUnderTest proxy = gate().start()) {
            send(proxy, post("/no.Service/Call", new byte[0], "Content-Type: application/grpc"));
            await(1, Flow::isExchange);
        }
        Flow flow = exchanges().getFirst();
        assertThat(response(flow).status()).isEqualTo(200);
        assertThat(response(flow).fields()).contains(new Flow.Field("grpc-status", "7"));
        assertThat(flow.decision().verdict()).isEqualTo("denied");
    }

    @Test
    void aClientHelloOfPassthroughAndOneWhoseHandshakeFailsAreRecorded() throws Exception {
        try (ProxyUnderTest proxy = gate().start()) {
            try (RawClient client = proxy.connect()
                    .tunnel("pass.example:443")
                    .tls(TlsClient.of("pass.example", authority.certificate()).alpn("h2", "http/1.1"))) {
                assertThat(client.applicationProtocol()).isEqualTo("h2");
            }
            RawClient distrusts = proxy.connect().tunnel("api.example:443");
            assertThatThrownBy(() -> distrusts.tls(TlsClient.of("api.example", authority.certificate())))
                    .isInstanceOf(IOException.class);
            distrusts.close();
            await(2, flow -> !flow.isExchange());
        }
        assertThat(flows())
                .extracting(Flow::hello)
                .containsExactly(
                        new Flow.Hello("pass.example", 443, "pass.example", List.of("h2", "http/1.1")),
                        new Flow.Hello("api.example", 443, "api.example", List.of()));
    }

    @Test
    @Row("31.xh")
    void noSecretStandsInTheLog() throws Exception {
        String github = GitHubToken.of(9);
        byte[] body = ("{\"key\": \"" + github + "\", \"own\": \"" + TOKEN + "\"}").getBytes(UTF_8);
        try (ProxyUnderTest proxy = gate().start()) {
            send(proxy, post("/answer?access_token=agents-own&q=" + TOKEN, body, "Authorization: Bearer agents-own"));
            await(1, Flow::isExchange);
            send(proxy, post("/answer?coding=gzip", gzip(body), "Content-Encoding: gzip"));
            await(2, Flow::isExchange);
            send(
                    proxy,
                    post(
                            "/answer?type=application/x-www-form-urlencoded",
                            "password=agents-own&x=1".getBytes(UTF_8),
                            "Content-Type: application/x-www-form-urlencoded"));
            await(3, Flow::isExchange);
        }
        String all = Files.readString(log());
        assertThat(all).doesNotContain(TOKEN).doesNotContain(github).doesNotContain("agents-own");
        List<Flow> flows = exchanges();
        assertThat(request(flows.get(0)).path()).isEqualTo("/answer?access_token=********&q=********");
        assertThat(new String(request(flows.get(0)).body().kept(), UTF_8))
                .isEqualTo("{\"key\": \"********\", \"own\": \"********\"}");
        Flow coded = flows.get(1);
        for (FlowBody each : List.of(request(coded).body(), response(coded).body())) {
            assertThat(each.decoded()).isTrue();
            assertThat(each.length()).isEqualTo(gzip(body).length);
            assertThat(new String(each.kept(), UTF_8)).isEqualTo("{\"key\": \"********\", \"own\": \"********\"}");
        }
        assertThat(new String(request(flows.get(2)).body().kept(), UTF_8)).isEqualTo("password=********&x=1");
    }

    /** The names of hosts are an agent's words too. */
    @Test
    void noSecretStandsInANameOfTheLogOrOfTheAudit() throws Exception {
        try (ProxyUnderTest proxy = ProxyUnderTest.with()
                .routes("log: 2\n" + ROUTES)
                .environment("EGRESS_TOKEN_0", TOKEN)
                .flags("--flows", log().toString(), "--flow-detail", "3", "-v")
                .start()) {
            String host = TOKEN + ".example";
            try (RawClient client =
                    proxy.connect().tunnel(host + ":443").tls(proxy.client(host).alpn("http/1.1", TOKEN))) {
                client.send(TOKEN + " / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
                assertThat(client.readResponse("GET").status()).isEqualTo(403);
            }
            await(2, flow -> true);
            proxy.awaitErr("egress_block");
            proxy.awaitOut("disconnected");
            assertThat(Files.readString(log())).doesNotContain(TOKEN).contains("********.example");
            assertThat(String.join("\n", proxy.out()) + String.join("\n", proxy.err()))
                    .doesNotContain(TOKEN);
        }
    }

    @Test
    void aCodedBodyInWhichNothingWasFoundIsKeptAsItStoodOnTheWire() throws Exception {
        byte[] body = gzip("nothing to hide, and quite ordinary".getBytes(UTF_8));
        try (ProxyUnderTest proxy = gate().start()) {
            send(proxy, post("/answer?coding=gzip", body, "Content-Encoding: gzip"));
            send(proxy, post("/answer?coding=x-unknown", "what it says nobody knows".getBytes(UTF_8)));
            await(2, Flow::isExchange);
        }
        FlowBody kept = response(exchanges().get(0)).body();
        assertThat(kept.kept()).isEqualTo(body);
        assertThat(kept.decoded()).isFalse();
        assertThat(new GZIPInputStream(new ByteArrayInputStream(kept.kept())).readAllBytes())
                .isEqualTo("nothing to hide, and quite ordinary".getBytes(UTF_8));
        FlowBody dropped = response(exchanges().get(1)).body();
        assertThat(dropped.kept()).isEmpty();
        assertThat(dropped.truncated()).isTrue();
        assertThat(dropped.length()).isEqualTo(25);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "br", "zstd", "br,gzip", "zstd,br"})
    void aBodyOfEachCodingIsKeptDecodedAndMaskedWhereASecretStandsInIt(String coding) throws Exception {
        String github = GitHubToken.of(10);
        byte[] plain = ("{\"key\": \"" + github + "\", \"own\": \"" + TOKEN + "\"}").getBytes(UTF_8);
        byte[] clean = "nothing to hide, and quite ordinary".getBytes(UTF_8);
        byte[] coded = BodyCodings.encode(coding, plain);
        byte[] cleanCoded = BodyCodings.encode(coding, clean);
        String target = "/answer?coding=" + coding;
        try (ProxyUnderTest proxy = gate().start()) {
            send(proxy, post(target, coded, "Content-Encoding: " + coding));
            await(1, Flow::isExchange);
            send(proxy, post(target, cleanCoded, "Content-Encoding: " + coding));
            await(2, Flow::isExchange);
        }
        assertThat(Files.readString(log())).doesNotContain(TOKEN).doesNotContain(github);
        List<Flow> flows = exchanges();
        for (FlowBody each :
                List.of(request(flows.get(0)).body(), response(flows.get(0)).body())) {
            assertThat(each.decoded()).isTrue();
            assertThat(each.truncated()).isFalse();
            assertThat(each.length()).isEqualTo(coded.length);
            assertThat(new String(each.kept(), UTF_8)).isEqualTo("{\"key\": \"********\", \"own\": \"********\"}");
        }
        for (FlowBody each :
                List.of(request(flows.get(1)).body(), response(flows.get(1)).body())) {
            assertThat(each.decoded()).isFalse();
            assertThat(each.kept()).isEqualTo(cleanCoded);
        }
    }

    /** What is kept ends within the coding: as much as can be decoded is kept decoded and masked. */
    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "br", "zstd"})
    void ofALongCodedBodyTheBeginningIsKeptDecodedAndMasked(String coding) throws Exception {
        byte[] noise = new byte[1 << 20];
        new Random(7).nextBytes(noise);
        byte[] plain = ("own=" + TOKEN + "; " + HexFormat.of().formatHex(noise)).getBytes(UTF_8);
        byte[] coded = BodyCodings.encode(coding, plain);
        try (ProxyUnderTest proxy = gate("--flow-body-limit", "300k").start()) {
            send(proxy, post("/answer?coding=" + coding, coded, "Content-Encoding: " + coding));
            await(1, Flow::isExchange);
        }
        FlowBody kept = response(exchanges().getFirst()).body();
        assertThat(kept.length()).isEqualTo(coded.length);
        assertThat(kept.truncated()).isTrue();
        assertThat(kept.decoded()).isTrue();
        assertThat(kept.kept().length).isBetween(100_000, 300 << 10);
        assertThat(new String(kept.kept(), UTF_8))
                .startsWith("own=********; ")
                .isEqualTo(new String(plain, UTF_8).replace(TOKEN, "********").substring(0, kept.kept().length));
    }

    /** What a decoder passes over: a name in gzip's head, a frame of zstd that is to be skipped. */
    @Test
    void aSecretThatStandsBesideWhatACodedBodySaysIsNotKept() throws Exception {
        byte[] clean = "nothing to hide, and quite ordinary".getBytes(UTF_8);
        byte[] gzip = gzip(clean);
        gzip[3] = 8; // FNAME
        byte[] name = (TOKEN + "\0").getBytes(UTF_8);
        byte[] named = concat(Arrays.copyOf(gzip, 10), name, Arrays.copyOfRange(gzip, 10, gzip.length));
        byte[] frame = {0x50, 0x2a, 0x4d, 0x18, (byte) TOKEN.length(), 0, 0, 0};
        byte[] framed = concat(BodyCodings.encode("zstd", clean), frame, TOKEN.getBytes(UTF_8));
        try (ProxyUnderTest proxy = gate().start()) {
            send(proxy, post("/answer?coding=gzip", named, "Content-Encoding: gzip"));
            await(1, Flow::isExchange);
            send(proxy, post("/answer?coding=zstd", framed, "Content-Encoding: zstd"));
            await(2, Flow::isExchange);
        }
        for (Flow flow : exchanges()) {
            for (FlowBody each : List.of(request(flow).body(), response(flow).body())) {
                assertThat(new String(each.kept(), UTF_8)).doesNotContain(TOKEN);
                assertThat(each.length()).isPositive();
            }
        }
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    @Test
    void ofALongBodyTheBeginningIsKeptAndTheRestCounted() throws Exception {
        try (ProxyUnderTest proxy = gate("--flow-body-limit", "64k").start()) {
            assertThat(ask(proxy, get("/bytes/1000000")).status()).isEqualTo(200);
            await(1, Flow::isExchange);
        }
        FlowBody body = response(exchanges().getFirst()).body();
        assertThat(body.length()).isEqualTo(1_000_000);
        assertThat(body.truncated()).isTrue();
        assertThat(body.kept()).isEqualTo(Pattern251.of(64 << 10));
    }

    @Test
    void messagesOfAWebSocketAreRecordedDecodedInBothDirections() throws Exception {
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        byte[] packed = deflated(deflater, "packed " + TOKEN);
        deflater.end();
        try (ProxyUnderTest proxy = gate().start()) {
            try (RawClient client = proxy.connect("api.example:443")) {
                client.send(upgrade("api.example"));
                assertThat(client.readHead().status()).isEqualTo(101);
                send(client, false, 0, WebSocketFrame.TEXT, "hal".getBytes(UTF_8));
                send(client, true, 0, WebSocketFrame.PING, new byte[0]);
                send(client, true, 0, WebSocketFrame.CONTINUATION, "lo".getBytes(UTF_8));
                send(client, true, 4, WebSocketFrame.BINARY, packed);
                for (int i = 0; i < 4; i++) {
                    WebSocketFrame.read(client.input());
                }
                client.send(WebSocketFrame.close(1000).bytes());
                WebSocketFrame.read(client.input());
            }
            await(1, Flow::isExchange);
        }
        Flow flow = exchanges().getFirst();
        assertThat(response(flow).status()).isEqualTo(101);
        assertThat(flow.messages())
                .extracting(message -> (message.fromCaller() ? "> " : "< ")
                        + (message.text() ? "text " : "binary ")
                        + new String(message.payload().kept(), UTF_8))
                .containsExactlyInAnyOrder(
                        "> text hallo", "< text hallo", "> binary packed ********", "< binary packed ********");
    }

    @Test
    void aMessageThatInspectionHoldsBackIsRecordedAsSentAndMasked() throws Exception {
        String github = GitHubToken.of(5);
        try (ProxyUnderTest proxy = gate().start()) {
            try (RawClient client = proxy.connect("guarded.example:443")) {
                client.send(upgrade("guarded.example"));
                assertThat(client.readHead().status()).isEqualTo(101);
                client.send(WebSocketFrame.text("hallo").bytes());
                assertThat(WebSocketFrame.read(client.input()).text()).isEqualTo("hallo");
                client.send(WebSocketFrame.text("take " + github).bytes());
                assertThat(WebSocketFrame.read(client.input()).closeCode()).isEqualTo(1008);
            }
            await(1, Flow::isExchange);
        }
        Flow flow = exchanges().getFirst();
        assertThat(flow.messages())
                .extracting(message -> (message.fromCaller() ? "> " : "< ")
                        + new String(message.payload().kept(), UTF_8))
                .containsExactly("> hallo", "< hallo", "> take ********");
        assertThat(flow.findings()).extracting(Flow.Finding::effect).contains("blocked");
    }

    private static String upgrade(String host) {
        return "GET /ws HTTP/1.1\r\nHost: " + host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    }

    private static void send(RawClient client, boolean fin, int rsv, int opcode, byte[] payload) throws IOException {
        client.send(new WebSocketFrame(fin, rsv, opcode, true, payload).bytes());
    }

    private static byte[] deflated(Deflater deflater, String text) {
        deflater.setInput(text.getBytes(UTF_8));
        byte[] out = new byte[1024];
        int n = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
        return Arrays.copyOf(out, n - 4);
    }

    @Test
    void whatInspectionFoundStandsInTheRecordAndItsValueDoesNot() throws Exception {
        String github = GitHubToken.of(3);
        try (ProxyUnderTest proxy = gate().start();
                RawClient client = proxy.connect("guarded.example:443")) {
            assertThat(client.get("/echo?t=" + github, "guarded.example").status())
                    .isEqualTo(403);
            await(1, Flow::isExchange);
        }
        Flow flow = exchanges().getFirst();
        assertThat(flow.decision().code()).isEqualTo("dlp_match");
        assertThat(flow.findings()).isNotEmpty();
        assertThat(flow.findings().getFirst().effect()).isEqualTo("blocked");
        assertThat(Files.readString(log())).doesNotContain(github);
    }

    @Test
    void h2StreamsOfOneConnectionAreFlowsOfTheirOwn() throws Exception {
        try (ProxyUnderTest proxy = gate().start();
                H2Client client = H2Client.through(
                        proxy.port(),
                        "api.example:443",
                        proxy.client("api.example").alpn("h2"))) {
            List<H2Stream> streams = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                streams.add(client.get("api.example", "/bytes/" + (1_000 + i)));
            }
            for (H2Stream stream : streams) {
                assertThat(stream.response().status()).isEqualTo(200);
            }
            await(20, Flow::isExchange);
        }
        assertThat(exchanges())
                .hasSize(20)
                .allSatisfy(flow -> assertThat(response(flow).body().length())
                        .isEqualTo(Long.parseLong(request(flow).path().substring("/bytes/".length()))));
    }
}
