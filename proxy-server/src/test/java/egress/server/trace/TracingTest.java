package egress.server.trace;

import static egress.server.trace.OtlpReceiver.attributes;
import static egress.server.trace.OtlpReceiver.hex;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.server.ProxyUnderTest;
import egress.testkit.Alpn;
import egress.testkit.GitHubToken;
import egress.testkit.TestCa;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.origin.RecordedRequest;
import egress.testkit.wire.ReceivedResponse;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Spans of exchanges as a receiver gets them: through the whole gate, on real sockets, decoded from what is on the wire. */
final class TracingTest {
    private static final String HOST = "api.example";
    private static final String TOLD = "told.example";
    private static final String LLM = "api.anthropic.com";
    private static final String ROUTES = """
            routes:
              - {host: api.example, path_allowlist: [/status/, /echo, /bytes/, /v1/, /bot]}
              - {host: told.example, trace: true}
              - {host: api.anthropic.com}
            """;
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String SPAN = "b7ad6b7169203331";
    private static final String TALK = "the-words-of-the-conversation";

    @TempDir
    private Path directory;

    private TestCa ca = TestCa.create("origins");
    private OtlpReceiver receiver;
    private Origin origin;
    private Origin told;
    private Origin llm;

    @BeforeEach
    void start() throws IOException {
        receiver = OtlpReceiver.start();
        origin = Origin.tls(ca.leaf(HOST), Alpn.H1);
        told = Origin.tls(ca.leaf(TOLD), Alpn.H1);
        llm = Origin.tls(ca.leaf(LLM), Alpn.H1);
    }

    @AfterEach
    void stop() throws IOException {
        receiver.close();
        origin.close();
        told.close();
        llm.close();
    }

    private ProxyUnderTest.Builder untraced() {
        return ProxyUnderTest.with()
                .routes(ROUTES)
                .origin(HOST + ":443", origin)
                .origin(TOLD + ":443", told)
                .origin(LLM + ":443", llm)
                .trust(ca)
                .environment("OTEL_BSP_SCHEDULE_DELAY", "20");
    }

    private ProxyUnderTest.Builder traced() {
        return untraced().environment("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url());
    }

    private static ReceivedResponse get(ProxyUnderTest proxy, String host, String target, String... fields)
            throws IOException {
        try (RawClient client = proxy.connect(host + ":443")) {
            return get(client, host, target, fields);
        }
    }

    private static ReceivedResponse get(RawClient client, String host, String target, String... fields)
            throws IOException {
        String lines = fields.length == 0 ? "" : String.join("\r\n", fields) + "\r\n";
        return client.send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + lines + "\r\n")
                .readResponse("GET");
    }

    private static ReceivedResponse post(ProxyUnderTest proxy, String host, String target, String body)
            throws IOException {
        try (RawClient client = proxy.connect(host + ":443")) {
            client.send("POST " + target + " HTTP/1.1\r\nHost: " + host
                    + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            return client.readResponse("POST");
        }
    }

    private static long metric(ProxyUnderTest proxy, String name) {
        try (RawClient client = RawClient.connect(proxy.admin())) {
            return client.get("/metrics", "localhost")
                    .text()
                    .lines()
                    .filter(line -> line.startsWith(name + " "))
                    .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length() + 1)))
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void anExchangeIsASpanAndEachPhaseOneBelowIt() throws Exception {
        Instant before = Instant.now();
        try (ProxyUnderTest proxy = traced().start();
                RawClient client = proxy.connect(HOST + ":443")) {
            get(client, HOST, "/bytes/1000?access=" + "0123456789");
            get(client, HOST, "/status/404");
            List<Span> spans = receiver.awaitRoots(2);
            Instant after = Instant.now();

            Span first = spans.getFirst();
            assertThat(first.getName()).isEqualTo("GET");
            assertThat(first.getParentSpanId().isEmpty()).isTrue();
            assertThat(attributes(first))
                    .containsEntry("http.request.method", "GET")
                    .containsEntry("url.full", "https://api.example/bytes/1000")
                    .containsEntry("url.scheme", "https")
                    .containsEntry("server.address", HOST)
                    .containsEntry("server.port", "443")
                    .containsEntry("client.address", "127.0.0.1")
                    .containsEntry("network.protocol.name", "http")
                    .containsEntry("network.protocol.version", "1.1")
                    .containsEntry("network.peer.address", "127.0.0.1")
                    .containsEntry("network.peer.port", Integer.toString(origin.port()))
                    .containsEntry("http.response.status_code", "200")
                    .containsEntry("http.response.body.size", "1000")
                    .containsEntry("egress.route", HOST)
                    .containsEntry("egress.injected", "false")
                    .containsEntry("egress.upstream.reused", "false")
                    .doesNotContainKey("error.type");
            Map<String, Span> phases = receiver.below(first);
            assertThat(phases)
                    .containsOnlyKeys(
                            "accept",
                            "hello",
                            "mint",
                            "handshake",
                            "verdict",
                            "stream",
                            "connect",
                            "tls",
                            "first_byte",
                            "body");
            for (Span span : receiver.spans()) {
                assertThat(span.getStartTimeUnixNano()).isLessThanOrEqualTo(span.getEndTimeUnixNano());
                assertThat(span.getStartTimeUnixNano()).isGreaterThanOrEqualTo(nanos(before.minusMillis(50)));
                assertThat(span.getEndTimeUnixNano()).isLessThanOrEqualTo(nanos(after.plusMillis(50)));
            }
            assertThat(phase(phases, "handshake").getEndTimeUnixNano())
                    .isLessThanOrEqualTo(first.getStartTimeUnixNano());
            assertThat(phase(phases, "verdict").getStartTimeUnixNano()).isEqualTo(first.getStartTimeUnixNano());
            assertThat(phase(phases, "connect").getEndTimeUnixNano())
                    .isEqualTo(phase(phases, "tls").getStartTimeUnixNano());
            assertThat(phase(phases, "tls").getEndTimeUnixNano())
                    .isEqualTo(phase(phases, "first_byte").getStartTimeUnixNano());
            assertThat(phase(phases, "body").getEndTimeUnixNano()).isEqualTo(first.getEndTimeUnixNano());

            Span second = spans.get(1);
            assertThat(receiver.below(second)).containsOnlyKeys("verdict", "stream", "first_byte", "body");
            assertThat(attributes(second))
                    .containsEntry("egress.upstream.reused", "true")
                    .containsEntry("error.type", "404");
            assertThat(second.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
            assertThat(second.getTraceId()).isNotEqualTo(first.getTraceId());
        }
    }

    private static Span phase(Map<String, Span> phases, String name) {
        return Objects.requireNonNull(phases.get(name), name);
    }

    private static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000 + time.getNano();
    }

    @Test
    void theCallersSpanIsTheParent() throws Exception {
        try (ProxyUnderTest proxy = traced().start()) {
            get(proxy, HOST, "/status/200", "traceparent: 00-" + TRACE + "-" + SPAN + "-01", "tracestate: a=1");
            Span span = receiver.awaitRoots(1).getFirst();

            assertThat(hex(span.getTraceId())).isEqualTo(TRACE);
            assertThat(hex(span.getParentSpanId())).isEqualTo(SPAN);
            // It passes as any other field does.
            RecordedRequest request = origin.takeRequest();
            assertThat(request.values("traceparent")).containsExactly("00-" + TRACE + "-" + SPAN + "-01");
            assertThat(request.values("tracestate")).containsExactly("a=1");
        }
    }

    @Test
    void aCallersFlagDecidesUnlessTheSamplerSaysOtherwise() throws Exception {
        String unsampled = "traceparent: 00-" + TRACE + "-" + SPAN + "-00";
        try (ProxyUnderTest proxy = traced().start()) {
            get(proxy, HOST, "/status/200", unsampled);
            get(proxy, HOST, "/status/201");
            assertThat(attributes(receiver.awaitRoots(1).getFirst())).containsEntry("http.response.status_code", "201");
        }
        try (ProxyUnderTest proxy =
                traced().environment("OTEL_TRACES_SAMPLER", "always_on").start()) {
            get(proxy, HOST, "/status/202", unsampled);
            Span span = receiver.awaitRoot(each -> "202".equals(attributes(each).get("http.response.status_code")));
            assertThat(hex(span.getTraceId())).isEqualTo(TRACE);
        }
        assertThat(receiver.roots()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "traceparent: 00-" + TRACE + "-" + SPAN,
                "traceparent: ff-" + TRACE + "-" + SPAN + "-01",
                "traceparent: 00-00000000000000000000000000000000-" + SPAN + "-01",
                "traceparent: 00-" + TRACE + "-0000000000000000-01",
                "traceparent: 00-0AF7651916CD43DD8448EB211C80319C-" + SPAN + "-01",
                "traceparent: 00-" + TRACE + "-" + SPAN + "-01\r\ntraceparent: 00-" + TRACE + "-" + SPAN + "-01",
                "traceparent: 00-" + TRACE + "-" + SPAN + "-01-more"
            })
    void whatIsNoTraceparentIsNoParent(String field) throws Exception {
        try (ProxyUnderTest proxy = traced().start()) {
            get(proxy, TOLD, "/status/200", field, "tracestate: a=1");
            Span span = receiver.awaitRoots(1).getFirst();

            assertThat(span.getParentSpanId().isEmpty()).isTrue();
            assertThat(hex(span.getTraceId())).isNotEqualTo(TRACE);
            RecordedRequest request = told.takeRequest();
            assertThat(request.values("traceparent"))
                    .containsExactly("00-" + hex(span.getTraceId()) + "-" + hex(span.getSpanId()) + "-01");
            assertThat(request.values("tracestate")).isEmpty(); // of a trace that does not go on
        }
    }

    @Test
    void anOriginIsToldTheSpanWhereTheRouteSaysSo() throws Exception {
        try (ProxyUnderTest proxy = traced().start()) {
            get(proxy, TOLD, "/status/200", "traceparent: 00-" + TRACE + "-" + SPAN + "-01", "tracestate: a=1");
            Span span = receiver.awaitRoots(1).getFirst();
            RecordedRequest request = told.takeRequest();
            assertThat(request.values("traceparent"))
                    .containsExactly("00-" + TRACE + "-" + hex(span.getSpanId()) + "-01");
            assertThat(request.values("tracestate")).containsExactly("a=1");

            get(proxy, TOLD, "/status/200", "traceparent: 00-" + TRACE + "-" + SPAN + "-00");
            assertThat(told.takeRequest().value("traceparent").orElseThrow())
                    .matches("00-" + TRACE + "-[0-9a-f]{16}-00")
                    .doesNotContain(SPAN);

            get(proxy, TOLD, "/status/200");
            assertThat(told.takeRequest().value("traceparent").orElseThrow())
                    .matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01");

            get(proxy, HOST, "/status/200");
            assertThat(origin.takeRequest().value("traceparent")).isEmpty();
        }
    }

    @Test
    void withoutTracingTheCallersFieldsPassEverywhere() throws Exception {
        try (ProxyUnderTest proxy = untraced().start()) {
            get(proxy, TOLD, "/status/200", "traceparent: 00-" + TRACE + "-" + SPAN + "-01", "tracestate: a=1");
            RecordedRequest request = told.takeRequest();
            assertThat(request.values("traceparent")).containsExactly("00-" + TRACE + "-" + SPAN + "-01");
            assertThat(request.values("tracestate")).containsExactly("a=1");
            get(proxy, TOLD, "/status/200");
            assertThat(told.takeRequest().value("traceparent")).isEmpty();
        }
    }

    @Test
    void aDenialIsAnErrorWithItsCode() throws Exception {
        try (ProxyUnderTest proxy = traced().start()) {
            assertThat(get(proxy, HOST, "/elsewhere").status()).isEqualTo(403);
            Span span = receiver.awaitRoots(1).getFirst();
            assertThat(attributes(span))
                    .containsEntry("error.type", "path_not_allowed")
                    .containsEntry("http.response.status_code", "403")
                    .doesNotContainKey("network.peer.address");
            assertThat(span.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
            assertThat(receiver.below(span)).containsKey("verdict").doesNotContainKeys("connect", "stream");

            assertThat(get(proxy, "evil.example", "/").status()).isEqualTo(403);
            assertThat(attributes(receiver.awaitRoots(2).get(1)))
                    .containsEntry("server.address", "evil.example")
                    .containsEntry("error.type", "host_not_allowed")
                    .doesNotContainKey("egress.route");
        }
    }

    @Test
    void aConnectThatIsRefusedIsASpanToo() throws Exception {
        try (ProxyUnderTest proxy = traced().start();
                RawClient client = proxy.connect()) {
            assertThat(client.connectMethod("nowhere").status()).isEqualTo(400);
            Span connect = receiver.awaitRoots(1).getFirst();
            assertThat(connect.getName()).isEqualTo("CONNECT");
            assertThat(attributes(connect))
                    .containsEntry("error.type", "malformed")
                    .containsEntry("http.response.status_code", "400");
            assertThat(connect.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
        }
    }

    @Test
    void aFindingIsAnEventAndNoSecretIsInAnySpan() throws Exception {
        try (ProxyUnderTest proxy = traced().start()) {
            assertThat(post(proxy, HOST, "/echo", "token=" + GitHubToken.of(1)).status())
                    .isEqualTo(403);
            get(proxy, HOST, "/bot" + GitHubToken.of(2) + "/send?key=" + GitHubToken.of(3));
            List<Span> spans = receiver.awaitRoots(2);

            assertThat(spans.getFirst().getEventsList()).isNotEmpty().allSatisfy(finding -> {
                assertThat(finding.getName()).isEqualTo("egress.dlp.finding");
                assertThat(attributes(finding.getAttributesList()).get("egress.dlp.fingerprint"))
                        .startsWith("fp:");
            });
            assertThat(spans.getFirst().getEventsList())
                    .anySatisfy(finding -> assertThat(attributes(finding.getAttributesList()))
                            .containsEntry("egress.dlp.detector", "github_token")
                            .containsEntry("egress.dlp.place", "body")
                            .containsEntry("egress.dlp.effect", "blocked"));
            assertThat(attributes(spans.get(1)).get("url.full"))
                    .startsWith("https://api.example/bot")
                    .contains("********")
                    .doesNotContain("?");
            String all = new String(receiver.everything(), StandardCharsets.ISO_8859_1);
            assertThat(all)
                    .contains("api.example")
                    .doesNotContain(GitHubToken.of(1))
                    .doesNotContain(GitHubToken.of(2))
                    .doesNotContain(GitHubToken.of(3));
        }
    }

    @Test
    void aCallOfALanguageModelTellsItsTokensAndNeverItsWords() throws Exception {
        llm.on("/v1/messages", exchange -> {
            exchange.readAll();
            exchange.head(200, "content-type", "text/event-stream");
            exchange.write("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\","
                    + "\"model\":\"claude-a-20\",\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}\n\n");
            for (int i = 0; i < 50; i++) {
                exchange.write("data: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"" + TALK + "\"}}\n\n");
            }
            exchange.write("data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
                    + "\"usage\":{\"output_tokens\":15}}\n\n");
            exchange.end();
        });
        try (ProxyUnderTest proxy = traced().start()) {
            post(
                    proxy,
                    LLM,
                    "/v1/messages",
                    "{\"model\":\"claude-a\",\"max_tokens\":64,\"stream\":true,\"messages\":[{\"role\":\"user\","
                            + "\"content\":\"" + TALK + "\"}]}");
            Span span = receiver.awaitRoots(1).getFirst();

            assertThat(span.getName()).isEqualTo("chat claude-a");
            assertThat(attributes(span))
                    .containsEntry("http.request.method", "POST")
                    .containsEntry("gen_ai.operation.name", "chat")
                    .containsEntry("gen_ai.provider.name", "anthropic")
                    .containsEntry("gen_ai.system", "anthropic")
                    .containsEntry("gen_ai.request.model", "claude-a")
                    .containsEntry("gen_ai.request.max_tokens", "64")
                    .containsEntry("gen_ai.response.model", "claude-a-20")
                    .containsEntry("gen_ai.response.id", "msg_1")
                    .containsEntry("gen_ai.response.finish_reasons", "[end_turn]")
                    .containsEntry("gen_ai.usage.input_tokens", "25")
                    .containsEntry("gen_ai.usage.output_tokens", "15");
            assertThat(new String(receiver.everything(), StandardCharsets.ISO_8859_1))
                    .doesNotContain(TALK);
            ProxyUnderTest.await(
                    "memory given back", () -> metric(proxy, "egress_budget_used{budget=\"traces\"}") == 0);
        }
    }

    @Test
    void theVariablesNameTheServiceAndItsReceiver() throws Exception {
        try (ProxyUnderTest proxy = traced().environment("OTEL_SERVICE_NAME", "gate-of-team-a")
                .environment("OTEL_RESOURCE_ATTRIBUTES", "k8s.pod.name=pod-1,deployment.environment=test")
                .environment("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20receiver-secret-123,x-team=blue")
                .environment("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
                .flags("--flow-detail", "3")
                .start()) {
            get(proxy, HOST, "/status/200", "X-Note: receiver-secret-123");
            receiver.awaitRoots(1);
            OtlpReceiver.Export export = receiver.exports().getFirst();

            assertThat(export.path()).isEqualTo("/v1/traces");
            assertThat(export.value("Content-type")).isEqualTo("application/x-protobuf");
            assertThat(export.value("Content-encoding")).isEqualTo("gzip");
            assertThat(export.value("Authorization")).isEqualTo("Bearer receiver-secret-123");
            assertThat(export.value("X-team")).isEqualTo("blue");
            assertThat(attributes(export.spans().getFirst().getResource().getAttributesList()))
                    .containsEntry("service.name", "gate-of-team-a")
                    .containsEntry("k8s.pod.name", "pod-1")
                    .containsEntry("deployment.environment", "test")
                    .containsEntry("telemetry.sdk.language", "java")
                    .containsKey("service.version");
            assertThat(export.spans().getFirst().getScopeSpans(0).getScope().getName())
                    .isEqualTo("egress-proxy");
            proxy.awaitOut("X-Note: ********");
            assertThat(String.join("\n", proxy.out()) + String.join("\n", proxy.err()))
                    .doesNotContain("receiver-secret-123");
        }
    }

    @Test
    void aReceiverThatRefusesIsSaidOnceAndCounted() throws Exception {
        receiver.answer(400);
        try (ProxyUnderTest proxy = traced().start()) {
            for (int i = 1; i <= 3; i++) {
                int count = i;
                assertThat(get(proxy, HOST, "/status/200").status()).isEqualTo(200);
                ProxyUnderTest.await("a loss", () -> metric(proxy, "egress_traces_lost_total") == count);
            }
            assertThat(proxy.err().stream().filter(line -> line.contains("traces cannot be sent")))
                    .singleElement()
                    .asString()
                    .contains(receiver.url() + "/v1/traces: ")
                    .contains("400");
            receiver.answer(200);
            get(proxy, HOST, "/status/201");
            receiver.awaitRoots(1);
            ProxyUnderTest.await("one sent", () -> metric(proxy, "egress_traces_sent_total") == 1);
        }
    }

    @Test
    void aReceiverThatIsNotThereDelaysNothing() throws Exception {
        receiver.close();
        try (ProxyUnderTest proxy = traced().environment("OTEL_EXPORTER_OTLP_TIMEOUT", "300")
                        .start();
                ProxyUnderTest control = untraced().start()) {
            median(proxy); // both warm
            long without = median(control);
            long with = median(proxy);
            assertThat(with).as("against " + without + " ns without").isLessThan(3 * without + 5_000_000);
            proxy.awaitErr("traces cannot be sent to " + receiver.url() + "/v1/traces: ");
            ProxyUnderTest.await("losses", () -> metric(proxy, "egress_traces_lost_total") > 0);
        }
    }

    /** Nanoseconds that half of a hundred exchanges take at most. */
    private static long median(ProxyUnderTest proxy) throws IOException {
        long[] took = new long[100];
        try (RawClient client = proxy.connect(HOST + ":443")) {
            for (int i = 0; i < took.length; i++) {
                long began = System.nanoTime();
                assertThat(get(client, HOST, "/status/200").status()).isEqualTo(200);
                took[i] = System.nanoTime() - began;
            }
        }
        Arrays.sort(took);
        return took[took.length / 2];
    }

    @Test
    void whatDoesNotFitIntoTheQueueIsLostAndNothingWaits() throws Exception {
        receiver.hold();
        try (ProxyUnderTest proxy =
                traced().environment("OTEL_BSP_MAX_QUEUE_SIZE", "4").start()) {
            try (RawClient client = proxy.connect(HOST + ":443")) {
                for (int i = 0; i < 50; i++) {
                    assertThat(get(client, HOST, "/status/200").status()).isEqualTo(200);
                }
            }
            ProxyUnderTest.await("losses", () -> metric(proxy, "egress_traces_lost_total") >= 30);
            receiver.release();
            proxy.awaitErr("traces are lost: there are more than can be sent");
            ProxyUnderTest.await(
                    "the rest",
                    () -> metric(proxy, "egress_traces_lost_total") + metric(proxy, "egress_traces_sent_total") == 50);
        }
    }

    @Test
    void whatWaitsIsSentWhenTheGateStops() throws Exception {
        try (ProxyUnderTest proxy = untraced()
                .environment("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", receiver.url() + "/own/path")
                .environment("OTEL_BSP_SCHEDULE_DELAY", "60000")
                .start()) {
            get(proxy, HOST, "/status/200");
            proxy.awaitExchanges(1);
            assertThat(receiver.spans()).isEmpty();
        }
        assertThat(receiver.roots()).hasSize(1);
        assertThat(receiver.exports().getFirst().path()).isEqualTo("/own/path");
    }

    @Test
    void aReceiverOnTlsIsVerified() throws Exception {
        Path pem = ca.writePem(directory.resolve("receiver.pem"));
        try (OtlpReceiver secure = OtlpReceiver.start(ca.leaf("localhost").serverContext())) {
            String url = "https://localhost:" + secure.port();
            try (ProxyUnderTest proxy = untraced()
                    .environment("OTEL_EXPORTER_OTLP_ENDPOINT", url)
                    .environment("OTEL_EXPORTER_OTLP_CERTIFICATE", pem.toString())
                    .start()) {
                get(proxy, HOST, "/status/200");
                secure.awaitRoots(1);
            }
            try (ProxyUnderTest proxy =
                    untraced().environment("OTEL_EXPORTER_OTLP_ENDPOINT", url).start()) {
                get(proxy, HOST, "/status/200");
                assertThat(proxy.awaitErr("traces cannot be sent to " + url)).contains("CertPath");
            }
            assertThat(secure.roots()).hasSize(1);
        }
    }

    @Test
    void aShareOfTheTracesIsSampledByTheirIds() throws Exception {
        try (ProxyUnderTest proxy = traced().environment("OTEL_TRACES_SAMPLER", "traceidratio")
                .environment("OTEL_TRACES_SAMPLER_ARG", "0.5")
                .start()) {
            get(proxy, HOST, "/status/200", "traceparent: 00-0af7651916cd43dd7fffffffffffffff-" + SPAN + "-01");
            get(proxy, HOST, "/status/201", "traceparent: 00-0af7651916cd43dd0000000000000001-" + SPAN + "-00");
            Span span = receiver.awaitRoots(1).getFirst();
            assertThat(attributes(span)).containsEntry("http.response.status_code", "201");
        }
        assertThat(receiver.roots()).hasSize(1);
    }

    @Test
    void aMethodThatNobodyRegisteredIsNoName() throws Exception {
        try (ProxyUnderTest proxy = traced().start();
                RawClient client = proxy.connect(TOLD + ":443")) {
            client.send("BREW /status/200 HTTP/1.1\r\nHost: " + TOLD + "\r\n\r\n")
                    .readResponse("BREW");
            Span span = receiver.awaitRoots(1).getFirst();
            assertThat(span.getName()).isEqualTo("HTTP");
            assertThat(attributes(span))
                    .containsEntry("http.request.method", "_OTHER")
                    .containsEntry("http.request.method_original", "BREW");
        }
    }

    @Test
    void aCertificateThatIsNotThereEndsTheStart() {
        ProxyUnderTest.Builder builder = traced().environment("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/ca.pem");
        assertThatThrownBy(builder::start)
                .isInstanceOf(IOException.class)
                .hasMessage("OTEL_EXPORTER_OTLP_CERTIFICATE: /nowhere/ca.pem: there is no such file");
    }
}
