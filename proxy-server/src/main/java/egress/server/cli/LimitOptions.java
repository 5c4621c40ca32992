package egress.server.cli;

import egress.ca.LeafCache;
import egress.exchange.Limits;
import egress.http.HeadLimits;
import egress.server.cli.OptionTypes.Bytes;
import egress.upstream.UpstreamLimits;
import picocli.CommandLine.Option;

/** Picocli mixin: what callers and origins can make the gate hold. */
final class LimitOptions {
    private static final UpstreamLimits UPSTREAM = UpstreamLimits.DEFAULTS;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Event loops. Default: one for each processor, here ${DEFAULT-VALUE}")
    int threads = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            description = "Open connections; shared by callers. Default: ${DEFAULT-VALUE}, or what descriptors allow")
    int maxConnections = Limits.DEFAULT.maxConnections();

    @Option(
            names = "--max-target",
            paramLabel = "BYTES",
            description = "Longest request target. Default: ${DEFAULT-VALUE}")
    Bytes maxTarget = new Bytes(Limits.DEFAULT.maxTargetBytes());

    @Option(
            names = "--max-head",
            paramLabel = "BYTES",
            description = "Request line and fields; an h2 header list. Default: ${DEFAULT-VALUE}")
    Bytes maxHead = new Bytes(Limits.DEFAULT.maxHeadBytes());

    @Option(names = "--max-fields", paramLabel = "N", description = "Fields of a request. Default: ${DEFAULT-VALUE}")
    int maxFields = Limits.DEFAULT.maxFields();

    @Option(
            names = "--max-streams",
            paramLabel = "N",
            description = "Concurrent h2 streams of a caller's connection. Default: ${DEFAULT-VALUE}")
    int maxStreams = Limits.DEFAULT.maxStreams();

    @Option(
            names = "--max-client-hello",
            paramLabel = "BYTES",
            description = "A ClientHello over all its records. Default: ${DEFAULT-VALUE}")
    Bytes maxClientHello = new Bytes(Limits.DEFAULT.maxClientHelloBytes());

    @Option(
            names = "--max-leaves",
            paramLabel = "N",
            description = "Leaf certificates kept, about 1 KB each. Default: ${DEFAULT-VALUE}")
    int maxLeaves = LeafCache.DEFAULT_CAPACITY;

    @Option(
            names = "--max-origin-connections",
            paramLabel = "N",
            description = "h1 connections to one origin; shared by callers. Default: ${DEFAULT-VALUE}")
    int originConnections = UPSTREAM.connectionsPerOrigin();

    @Option(
            names = "--max-origin-h2-connections",
            paramLabel = "N",
            description = "h2 connections to one origin; streams shared by callers. Default: ${DEFAULT-VALUE}")
    int originHttp2Connections = UPSTREAM.http2ConnectionsPerOrigin();

    @Option(
            names = "--max-origin-streams",
            paramLabel = "N",
            description = "Most streams of an h2 connection to an origin. Default: ${DEFAULT-VALUE}")
    int originStreams = UPSTREAM.streamsPerConnection();

    @Option(
            names = "--max-origin-waiting",
            paramLabel = "N",
            description =
                    "Requests that wait for a connection to one origin; shared by callers. Default: ${DEFAULT-VALUE}")
    int originWaiting = UPSTREAM.waiting();

    @Option(
            names = "--max-upstream-connections",
            paramLabel = "N",
            description = "Connections to all origins, tunnels too; shared by callers. Default: ${DEFAULT-VALUE}")
    int upstreamConnections = UPSTREAM.connections();

    @Option(
            names = "--max-idle-connections",
            paramLabel = "N",
            description = "Unused connections to origins, of each event loop. Default: ${DEFAULT-VALUE}")
    int idleConnections = UPSTREAM.idleConnections();

    @Option(
            names = "--max-response-head",
            paramLabel = "BYTES",
            description = "Status line and fields of a response. Default: ${DEFAULT-VALUE}")
    Bytes maxResponseHead = new Bytes(UPSTREAM.responseHead().maxHeadBytes());

    @Option(
            names = "--max-response-fields",
            paramLabel = "N",
            description = "Fields of a response. Default: ${DEFAULT-VALUE}")
    int maxResponseFields = UPSTREAM.responseHead().maxFields();

    /** @throws IllegalArgumentException naming the flag and what was expected */
    Limits limits() {
        return new Limits(
                atLeastOne("--max-connections", maxConnections),
                maxTarget.count(),
                maxHead.count(),
                atLeastOne("--max-fields", maxFields),
                atLeastOne("--max-streams", maxStreams),
                maxClientHello.count());
    }

    /** @throws IllegalArgumentException naming the flag and what was expected */
    UpstreamLimits upstream() {
        return new UpstreamLimits(
                atLeastOne("--max-origin-connections", originConnections),
                atLeastOne("--max-origin-h2-connections", originHttp2Connections),
                atLeastOne("--max-origin-streams", originStreams),
                UPSTREAM.streamsInConnectionLife(),
                atLeastOne("--max-origin-waiting", originWaiting),
                atLeastOne("--max-idle-connections", idleConnections),
                UPSTREAM.streamWindow(),
                UPSTREAM.grownWindow(),
                UPSTREAM.connectionWindow(),
                UPSTREAM.windows(),
                atLeastOne("--max-upstream-connections", upstreamConnections),
                new HeadLimits(
                        UPSTREAM.responseHead().maxTargetBytes(),
                        maxResponseHead.count(),
                        atLeastOne("--max-response-fields", maxResponseFields)));
    }

    int loops() {
        return atLeastOne("--threads", threads);
    }

    int leaves() {
        return atLeastOne("--max-leaves", maxLeaves);
    }

    private static int atLeastOne(String flag, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(flag + ": " + value + " (expected: 1 or more)");
        }
        return value;
    }
}
