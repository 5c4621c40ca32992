package egress.exchange;

import java.time.Duration;

/**
 * How long each phase may take.
 *
 * @param handshake the caller's TLS handshake
 * @param head a ClientHello, or a request head once its first byte is there
 * @param responseHead from the request's end to the response head; an LLM may think for minutes
 * @param idle no byte either way within an exchange or a tunnel
 * @param keepAlive between requests of a connection
 * @param drain how long a stopping proxy waits for exchanges in flight
 */
public record Timeouts(
        Duration handshake, Duration head, Duration responseHead, Duration idle, Duration keepAlive, Duration drain) {
    public static final Timeouts DEFAULT = new Timeouts(
            Duration.ofSeconds(10),
            Duration.ofSeconds(20),
            Duration.ofMinutes(15),
            Duration.ofMinutes(15),
            Duration.ofMinutes(5),
            Duration.ofSeconds(8));
}
