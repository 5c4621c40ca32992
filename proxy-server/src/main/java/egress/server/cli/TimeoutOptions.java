package egress.server.cli;

import egress.exchange.Timeouts;
import egress.upstream.UpstreamTimeouts;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Picocli mixin: how long each phase may take. */
final class TimeoutOptions {
    @Option(
            names = "--head-timeout",
            paramLabel = "TIME",
            defaultValue = "20s",
            description = "A ClientHello or a request head, from its first byte. Default: ${DEFAULT-VALUE}")
    Duration head = Timeouts.DEFAULT.head();

    @Option(
            names = "--handshake-timeout",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "A caller's TLS handshake. Default: ${DEFAULT-VALUE}")
    Duration handshake = Timeouts.DEFAULT.handshake();

    @Option(
            names = "--keep-alive-timeout",
            paramLabel = "TIME",
            defaultValue = "5m",
            description = "Between the requests of a caller's connection. Default: ${DEFAULT-VALUE}")
    Duration keepAlive = Timeouts.DEFAULT.keepAlive();

    @Option(
            names = "--connect-timeout",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "Name look-up and connecting to an origin, all its addresses. Default: ${DEFAULT-VALUE}")
    Duration connect = UpstreamTimeouts.DEFAULTS.connect();

    @Option(
            names = "--connect-attempt-delay",
            paramLabel = "TIME",
            defaultValue = "250ms",
            description = "Before the next address is tried beside the one under way. Default: ${DEFAULT-VALUE}")
    Duration attemptDelay = UpstreamTimeouts.DEFAULTS.attemptDelay();

    @Option(
            names = "--origin-handshake-timeout",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "An origin's TLS handshake. Default: ${DEFAULT-VALUE}")
    Duration originHandshake = UpstreamTimeouts.DEFAULTS.handshake();

    @Option(
            names = "--response-timeout",
            paramLabel = "TIME",
            defaultValue = "15m",
            description = "From a request's end to its response head. Default: ${DEFAULT-VALUE}")
    Duration response = Timeouts.DEFAULT.responseHead();

    @Option(
            names = "--idle-timeout",
            paramLabel = "TIME",
            defaultValue = "15m",
            description = "No byte either way in an exchange or a tunnel. Default: ${DEFAULT-VALUE}")
    Duration idle = Timeouts.DEFAULT.idle();

    @Option(
            names = "--queue-timeout",
            paramLabel = "TIME",
            defaultValue = "30s",
            description = "Waiting for a connection to an origin that has all it may. Default: ${DEFAULT-VALUE}")
    Duration queue = UpstreamTimeouts.DEFAULTS.queue();

    @Option(
            names = "--pool-idle-timeout",
            paramLabel = "TIME",
            defaultValue = "1m",
            description = "How long an unused connection to an origin is kept. Default: ${DEFAULT-VALUE}")
    Duration poolIdle = UpstreamTimeouts.DEFAULTS.poolIdle();

    @Option(
            names = "--ping-after",
            paramLabel = "TIME",
            defaultValue = "20s",
            description = "Silence of an h2 origin before it is asked whether it lives. Default: ${DEFAULT-VALUE}")
    Duration pingAfter = UpstreamTimeouts.DEFAULTS.pingAfter();

    @Option(
            names = "--ping-timeout",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "How long it may take to answer that. Default: ${DEFAULT-VALUE}")
    Duration pingAnswer = UpstreamTimeouts.DEFAULTS.pingAnswer();

    @Option(
            names = "--stalled-timeout",
            paramLabel = "TIME",
            defaultValue = "5s",
            description = {
                "An exchange that moves less than 1 KiB for so long gives way where other callers need",
                "its place at the origin. Default: ${DEFAULT-VALUE}"
            })
    Duration stalled = UpstreamTimeouts.DEFAULTS.stalled();

    @Option(
            names = "--drain-timeout",
            paramLabel = "TIME",
            defaultValue = "8s",
            description = "How long exchanges under way may go on after SIGTERM. Default: ${DEFAULT-VALUE}")
    Duration drain = Timeouts.DEFAULT.drain();

    Timeouts timeouts() {
        return new Timeouts(handshake, head, response, idle, keepAlive, drain);
    }

    UpstreamTimeouts upstream() {
        return new UpstreamTimeouts(
                connect, originHandshake, attemptDelay, poolIdle, queue, pingAfter, pingAnswer, stalled);
    }
}
