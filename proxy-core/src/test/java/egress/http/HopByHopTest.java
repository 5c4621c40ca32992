package egress.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HopByHopTest {
    /** Fields are written {@code name: value | name: value}. */
    private static HttpHeaders fields(String text) {
        HttpHeaders fields = new DefaultHttpHeaders();
        for (String field : text.split("\\|", -1)) {
            if (!field.isBlank()) {
                String[] parts = field.strip().split(":", 2);
                fields.add(parts[0].strip(), parts[1].strip());
            }
        }
        return fields;
    }

    private static String text(HttpHeaders fields) {
        return fields.entries().stream()
                .map(e -> e.getKey() + ": " + e.getValue())
                .collect(Collectors.joining(" | "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "Host: a | Accept: b; Host: a | Accept: b",
                "Connection: keep-alive | Keep-Alive: timeout=5 | Host: a; Host: a",
                "connection: close, X-One | x-one: 1 | X-ONE: 2 | x-two: 3; x-two: 3",
                "CONNECTION: x-one | Connection: x-two | x-one: 1 | x-two: 2 | x-three: 3; x-three: 3",
                "Proxy-Connection: keep-alive | Proxy-Authorization: Basic eA== | Proxy-Authenticate: x; ''",
                "TE: gzip, Trailers | Connection: TE; te: trailers",
                "TE: gzip; ''",
                "te: trailers; te: trailers",
                "Upgrade: h2c | Connection: Upgrade, HTTP2-Settings | HTTP2-Settings: AAMAAABk; ''",
                "X-Http2-Stream-Id: 3 | x-http2-protocol: websocket | x-http3: y; x-http3: y",
                "Connection: host, content-length, transfer-encoding | Host: a | Content-Length: 3;"
                        + " Host: a | Content-Length: 3",
                "Connection: Transfer-Encoding, content-type, Authorization | Transfer-Encoding: chunked | Content-Type: t"
                        + " | authorization: x; Transfer-Encoding: chunked | Content-Type: t | authorization: x",
                "Connection: ,, bad name, x-a | x-a: 1 | x-b: 2; x-b: 2",
                "Cookie: a | Cache-Control: no-store | Trailer: x | Accept: y; Cookie: a | Cache-Control: no-store"
                        + " | Trailer: x | Accept: y",
                "Alt-Svc: x | X-Egress-Deny: y; Alt-Svc: x | X-Egress-Deny: y",
            })
    void stripsARequest(String before, String after) {
        HttpHeaders fields = fields(before);
        HopByHop.stripRequest(fields);
        assertThat(text(fields)).isEqualTo(after);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "Alt-Svc: h3=\":443\" | ALT-SVC: clear | Server: x; Server: x",
                "X-Egress-Deny: dlp_match | x-egress-deny: y | X-Egressed: z; X-Egressed: z",
                "X-Egress-Denied: a | x_egress_deny: b | X-EGRESS-: c | X-Egress: d; X-Egress: d",
                "Connection: close, Set-Cookie-2 | Set-Cookie-2: a | Set-Cookie: b; Set-Cookie: b",
                "Keep-Alive: x | Proxy-Authenticate: Basic | Proxy-Authentication-Info: y | TE: trailers; ''",
                "Upgrade: h2,h2c | Content-Length: 0; Content-Length: 0",
                "Trailer: grpc-status | Transfer-Encoding: chunked; Trailer: grpc-status | Transfer-Encoding: chunked",
            })
    void stripsAResponse(String before, String after) {
        HttpHeaders fields = fields(before);
        HopByHop.stripResponse(fields);
        assertThat(text(fields)).isEqualTo(after);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization: x",
                "authorization: x",
                "Proxy-Authorization: x",
                "Content-Length: 3",
                "Transfer-Encoding: chunked",
                "Host: evil.example",
                "Connection: close",
                "TE: trailers",
                "Trailer: a",
                "Set-Cookie: a=b",
                "Cookie: a=b",
                "Expect: x",
                "X-Egress-Deny: y",
                "x-egress-verdict: y",
                "Alt-Svc: z",
                "X-HTTP-Method-Override: DELETE",
                "Content-Encoding: gzip",
                "x-http2-path: /"
            })
    void leavesOutOfTrailersWhatMustComeBefore(String field) {
        HttpHeaders trailers = DefaultHttpHeadersFactory.headersFactory().newHeaders();
        trailers.add(fields(field)).add("grpc-status", "0").add("x-checksum", "1");
        HopByHop.stripTrailers(trailers);
        assertThat(text(trailers)).isEqualTo("grpc-status: 0 | x-checksum: 1");
    }
}
