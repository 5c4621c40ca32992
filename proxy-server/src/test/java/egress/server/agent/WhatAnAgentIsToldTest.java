package egress.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import egress.server.ProxyUnderTest;
import egress.testkit.GitHubToken;
import egress.testkit.client.RawClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What two callers learn of the gate by MCP: what their own requests would tell them, and nothing of each other. */
final class WhatAnAgentIsToldTest {
    private static final String ROUTES = """
            routes:
              - host: api.example.com
                auth: {header: x-api-key, token_env: SECRET_NAME_OF_A_TOKEN}
                dlp: {allow_fingerprints: ["fp:0123456789abcdef"]}
                matches:
                  - paths: [{type: prefix, value: /v1/}]
                    methods: [GET, POST]
                    headers: [{name: x-tenant, value: blue-secret-tenant}]
                  - paths: [{type: exact, value: /health}]
              - host: unset.example
                auth_scheme: Bearer
                token_env: UNSET_TOKEN_NAME
              - host: git.example
                tls: passthrough
              - host: "*.pattern.example"
            """;

    private static ProxyUnderTest gate;
    private static McpCaller alice;
    private static McpCaller bob;

    @BeforeAll
    static void start() throws IOException {
        gate = ProxyUnderTest.with()
                .routes(ROUTES)
                .environment("USERS", "alice:password-of-alice bob:password-of-bob")
                .environment("SECRET_NAME_OF_A_TOKEN", "value-of-the-token-1234567890")
                .flags("--proxy-auth-env", "USERS")
                .start();
        alice = McpCaller.of(gate, "alice", "password-of-alice");
        bob = McpCaller.of(gate, "bob", "password-of-bob");
    }

    @AfterAll
    static void stop() throws IOException {
        alice.close();
        bob.close();
        gate.close();
    }

    private static RawClient tunnel(String user, String host) throws IOException {
        String pair =
                Base64.getEncoder().encodeToString((user + ":password-of-" + user).getBytes(StandardCharsets.UTF_8));
        RawClient client = gate.connect();
        assertThat(client.connectMethod(host + ":443", "Proxy-Authorization: Basic " + pair)
                        .status())
                .isEqualTo(200);
        return client.tls(gate.client(host).alpn("http/1.1"));
    }

    @Test
    void readsWhatTheRoutesAllowAndNothingOfCredentials() throws IOException {
        JsonNode status = alice.call("egress_status", "{}").path("structuredContent");

        assertThat(status.path("caller").asText()).isEqualTo("user:alice");
        assertThat(status.path("everything_is_allowed").asBoolean()).isFalse();
        JsonNode route = status.path("routes").path(0);
        assertThat(route.path("serves").toString())
                .isEqualTo("[\"https://api.example.com\",\"http://api.example.com\"]");
        assertThat(route.path("any_of").path(0).toString())
                .isEqualTo(
                        "{\"paths\":[\"prefix /v1/\"],\"methods\":[\"GET\",\"POST\"],\"with_fields\":[\"x-tenant\"]}");
        assertThat(route.path("any_of").path(1).toString()).isEqualTo("{\"paths\":[\"exact /health\"]}");
        assertThat(status.path("routes").path(2).path("everything_inside_tls").asBoolean())
                .isTrue();
        assertThat(status.toString())
                .doesNotContainIgnoringCase("token", "fp:", "api-key", "blue-secret", "value-of", "bob", "bearer");
    }

    @Test
    void readsOneHostOnly() throws IOException {
        assertThat(alice.call("egress_status", "{\"host\":\"Unset.Example\"}")
                        .path("structuredContent")
                        .path("routes"))
                .hasSize(1);
        assertThat(alice.call("egress_status", "{\"host\":\"a.pattern.example\"}")
                        .path("structuredContent")
                        .path("routes")
                        .path(0)
                        .path("serves")
                        .toString())
                .isEqualTo("[\"https://*.pattern.example\",\"http://*.pattern.example\"]");
        assertThat(alice.call("egress_status", "{\"host\":\"other.example\"}")
                        .path("structuredContent")
                        .path("routes"))
                .isEmpty();
    }

    @Test
    void saysThatTheDebuggingProxyAllowsEverything() throws IOException {
        try (ProxyUnderTest open = ProxyUnderTest.with().start();
                McpCaller caller = McpCaller.of(open)) {
            JsonNode status = caller.call("egress_status", "{}").path("structuredContent");
            assertThat(status.path("everything_is_allowed").asBoolean()).isTrue();
            assertThat(status.path("caller").asText()).isEqualTo("addr:loopback");
        }
    }

    @Test
    void remembersDenialsForTheirOwnCallerAlone() throws IOException {
        try (RawClient client = tunnel("alice", "api.example.com")) {
            assertThat(client.get("/v2/x?token=in-the-query", "api.example.com").status())
                    .isEqualTo(403);
        }

        JsonNode denial = alice.call("egress_explain", "{}")
                .path("structuredContent")
                .path("denials")
                .path(0);
        assertThat(denial.path("code").asText()).isEqualTo("path_not_allowed");
        assertThat(denial.path("url").asText()).isEqualTo("https://api.example.com/v2/x");
        assertThat(denial.path("hint").asText()).isEqualTo("ask");
        assertThat(denial.path("what_helps").asText()).contains("egress_ask");
        assertThat(denial.path("status").asInt()).isEqualTo(403);
        String id = denial.path("id").asText();
        assertThat(id).matches("[0-9a-f]{32}");
        assertThat(alice.call("egress_explain", "{\"id\":\"" + id + "\"}")
                        .path("structuredContent")
                        .path("denials")
                        .path(0))
                .isEqualTo(denial);

        assertThat(bob.call("egress_explain", "{}").toString()).doesNotContain("/v2/x", id);
        JsonNode anothers = bob.call("egress_explain", "{\"id\":\"" + id + "\"}");
        JsonNode nobodys = bob.call("egress_explain", "{\"id\":\"" + "0".repeat(32) + "\"}");
        assertThat(anothers.path("isError").asBoolean()).isTrue();
        assertThat(anothers).isEqualTo(nobodys);
    }

    @Test
    void tellsOfADenialByDlpNeitherTheValueNorItsPlaceInTheUrl() throws IOException {
        String token = GitHubToken.of(7);
        try (RawClient client = tunnel("alice", "api.example.com")) {
            assertThat(client.send("GET /v1/" + token + " HTTP/1.1\r\nHost: api.example.com\r\nX-Tenant:"
                                    + " blue-secret-tenant\r\n\r\n")
                            .readResponse("GET")
                            .status())
                    .isEqualTo(403);
        }

        JsonNode told = alice.call("egress_explain", "{}");
        JsonNode denial = told.path("structuredContent").path("denials").path(0);
        assertThat(denial.path("code").asText()).isEqualTo("dlp_match");
        assertThat(denial.path("url").asText()).isEqualTo("https://api.example.com");
        assertThat(told.toString()).doesNotContain(token, "fp:");
    }

    @Test
    void namesNoVariableOfAToken() throws IOException {
        try (RawClient client = tunnel("alice", "unset.example")) {
            assertThat(client.get("/", "unset.example").status()).isEqualTo(403);
        }

        assertThat(alice.call("egress_explain", "{}").toString())
                .contains("credential_unavailable")
                .doesNotContain("UNSET_TOKEN_NAME");
        assertThat(alice.call("egress_explain", "{\"url\":\"https://unset.example/\"}")
                        .toString())
                .contains("credential_unavailable")
                .doesNotContain("UNSET_TOKEN_NAME");
    }

    @Test
    void remembersWhatWasRefusedBeforeAnyRequest() throws IOException {
        try (RawClient client = gate.connect()) {
            String pair = Base64.getEncoder().encodeToString("bob:password-of-bob".getBytes(StandardCharsets.UTF_8));
            assertThat(client.connectMethod("other.example:8443", "Proxy-Authorization: Basic " + pair)
                            .status())
                    .isEqualTo(403);
        }

        assertThat(bob.call("egress_explain", "{}")
                        .path("structuredContent")
                        .path("denials")
                        .toString())
                .contains("\"CONNECT\"", "other.example:8443", "host_not_allowed");
    }

    @Test
    void saysWhatTheRoutesWouldSayAndRunsNoScanner() throws IOException {
        JsonNode denied = alice.call("egress_explain", "{\"url\":\"https://api.example.com/v9\",\"method\":\"delete\"}")
                .path("structuredContent");
        assertThat(denied.path("allowed_by_routes").asBoolean()).isFalse();
        assertThat(denied.path("code").asText()).isEqualTo("path_not_allowed");
        JsonNode allowed = alice.call(
                        "egress_explain", "{\"url\":\"https://api.example.com/health?" + GitHubToken.of(8) + "\"}")
                .path("structuredContent");
        assertThat(allowed.path("allowed_by_routes").asBoolean()).isTrue();
        assertThat(alice.call("egress_explain", "{\"url\":\"https://git.example/\"}")
                        .path("structuredContent")
                        .path("allowed_by_routes")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void refusesArgumentsThatItDoesNotKnow() throws IOException {
        for (String arguments : new String[] {
            "{\"ip\":\"1\"}",
            "{\"url\":7}",
            "{\"url\":\"\"}",
            "{\"url\":\"ftp://a.example/\"}",
            "{\"url\":\"https://a b/\"}",
            "{\"id\":\"1\",\"url\":\"https://a.example/\"}",
            "{\"method\":\"" + "G".repeat(21) + "\"}"
        }) {
            JsonNode result = alice.call("egress_explain", arguments);
            assertThat(result.path("isError").asBoolean())
                    .describedAs(arguments)
                    .isTrue();
            assertThat(result.path("structuredContent").path("words").asText()).isNotEmpty();
        }
    }

    @Test
    void keepsNoLongTexts() throws IOException {
        try (McpCaller caller = McpCaller.of(gate, "alice", "password-of-alice")) {
            caller.send("GET", "http://api.example.com/" + "p".repeat(5_000), "", new byte[0]);
        }
        JsonNode denial = alice.call("egress_explain", "{}")
                .path("structuredContent")
                .path("denials")
                .path(0);
        assertThat(denial.path("url").asText()).hasSize(301);
        assertThat(denial.path("words").asText()).hasSizeLessThanOrEqualTo(301);
    }

    @Test
    void keepsTheLatestDenialsOnly() throws IOException {
        try (McpCaller caller = McpCaller.of(gate, "bob", "password-of-bob")) {
            for (int i = 0; i < 40; i++) {
                caller.send("PUT", "http://_egress.local/" + i, "", new byte[0]);
            }
        }
        assertThat(bob.call("egress_explain", "{}").path("structuredContent").path("denials"))
                .hasSize(32);
    }
}
