package egress.upstream;

import java.time.Duration;

/**
 * How long the way to an origin may take. Waiting for the response is the exchange's to bound.
 *
 * @param connect name lookup, every address tried, and the answer of a proxy behind us
 * @param handshake TLS, certificate verification included
 * @param attemptDelay before the next address is tried beside the one under way (RFC 8305 §5)
 * @param poolIdle how long an unused connection is kept
 * @param queue how long an exchange waits for a connection where a bound lets none be opened
 * @param pingAfter silence on an h2 connection with open streams before a PING asks whether it lives
 * @param pingAnswer how long that PING may stay unanswered
 * @param stalled an exchange that moves less than 1 KiB for so long counts as stalled, and gives way where others need its place
 */
public record UpstreamTimeouts(
        Duration connect,
        Duration handshake,
        Duration attemptDelay,
        Duration poolIdle,
        Duration queue,
        Duration pingAfter,
        Duration pingAnswer,
        Duration stalled) {
    public static final UpstreamTimeouts DEFAULTS = new UpstreamTimeouts(
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofMillis(250),
            Duration.ofSeconds(60),
            Duration.ofSeconds(30),
            Duration.ofSeconds(20),
            Duration.ofSeconds(10),
            Duration.ofSeconds(5));

    public UpstreamTimeouts {
        requirePositive("connect timeout", connect);
        requirePositive("handshake timeout", handshake);
        requirePositive("attempt delay", attemptDelay);
        requirePositive("pool idle timeout", poolIdle);
        requirePositive("queue timeout", queue);
        requirePositive("ping delay", pingAfter);
        requirePositive("ping timeout", pingAnswer);
        requirePositive("stalled", stalled);
    }

    private static void requirePositive(String name, Duration value) {
        if (!value.isPositive()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: more than 0)");
        }
    }

    public UpstreamTimeouts withConnect(Duration connect) {
        return new UpstreamTimeouts(connect, handshake, attemptDelay, poolIdle, queue, pingAfter, pingAnswer, stalled);
    }

    public UpstreamTimeouts withHandshake(Duration handshake) {
        return new UpstreamTimeouts(connect, handshake, attemptDelay, poolIdle, queue, pingAfter, pingAnswer, stalled);
    }

    public UpstreamTimeouts withPoolIdle(Duration poolIdle) {
        return new UpstreamTimeouts(connect, handshake, attemptDelay, poolIdle, queue, pingAfter, pingAnswer, stalled);
    }

    public UpstreamTimeouts withQueue(Duration queue) {
        return new UpstreamTimeouts(connect, handshake, attemptDelay, poolIdle, queue, pingAfter, pingAnswer, stalled);
    }

    public UpstreamTimeouts withPing(Duration pingAfter, Duration pingAnswer) {
        return new UpstreamTimeouts(connect, handshake, attemptDelay, poolIdle, queue, pingAfter, pingAnswer, stalled);
    }

    public UpstreamTimeouts withStalled(Duration stalled) {
        return new UpstreamTimeouts(connect, handshake, attemptDelay, poolIdle, queue, pingAfter, pingAnswer, stalled);
    }
}
