package egress.dlp.pipelock;

import java.io.IOException;

/** The other side does not speak HTTP/1.1 as RFC 9112 has it, or says more than is read of it. */
final class WireException extends IOException {
    private static final long serialVersionUID = 1;

    WireException(String message) {
        super(message);
    }
}
