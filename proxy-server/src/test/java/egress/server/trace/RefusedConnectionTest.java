package egress.server.trace;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Event;
import egress.share.Caller;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

final class RefusedConnectionTest {
    @Test
    void holdsNothingOfTheHeadThatACallerSent() {
        DefaultHttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.CONNECT, "a.example:443");
        head.headers().set("x-long", "x".repeat(60_000));
        Event.ConnectionRefused refused = new Event.ConnectionRefused(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
                Caller.ofUser("a"),
                "",
                null,
                null,
                head,
                null,
                403,
                "code",
                "words");
        assertThat(RefusedConnection.of(refused, "t", "s", 1).refused().request())
                .isNull();
    }
}
