package egress.testkit.wire;

import java.io.IOException;

/** The other side sent something that RFC 9112 or RFC 9113 forbids. */
public final class HttpSyntaxException extends IOException {
    public HttpSyntaxException(String message) {
        super(message);
    }
}
