package egress.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a request may be upgraded to. */
class HeadsTest {
    private static HttpRequest request(String method, String text) {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.valueOf(method), "/");
        for (String field : text.split(" \\| ", -1)) {
            int colon = field.indexOf(':');
            request.headers()
                    .add(field.substring(0, colon), field.substring(colon + 1).strip());
        }
        return request;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "GET;  Connection: Upgrade | Upgrade: websocket;                        true;  true",
                "GET;  connection: keep-alive, UPGRADE | upgrade: WebSocket;            true;  true",
                "GET;  connection: keep-alive, UPGRADE | upgrade: h2c, WebSocket;       false; true",
                "GET;  Connection: Upgrade | Upgrade: websocket | Upgrade: websocket;   false; true",
                "POST; Connection: Upgrade | Upgrade: websocket;                        false; true",
                "GET;  Upgrade: websocket;                                              false; false",
                "GET;  Connection: upgrade;                                             false; false",
                "GET;  Connection: upgrade | Upgrade: h2c;                              false; false",
                "GET;  Connection: upgrade | Upgrade: TLS/1.2;                          false; true",
            })
    void onlyOneWebSocketIsAskedForAndH2cIsNothing(String method, String text, boolean webSocket, boolean any) {
        assertThat(Heads.asksForWebSocket(request(method, text))).isEqualTo(webSocket);
        assertThat(Heads.asksForOtherUpgrade(request(method, text))).isEqualTo(any);
    }
}
