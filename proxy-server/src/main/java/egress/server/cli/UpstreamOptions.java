package egress.server.cli;

import egress.exchange.UpstreamHttp;
import egress.upstream.Cidr;
import egress.upstream.ConnectTo;
import egress.upstream.NameSource;
import egress.upstream.UpstreamConfig;
import egress.upstream.UpstreamLimits;
import egress.upstream.UpstreamProxy;
import egress.upstream.UpstreamTimeouts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Picocli mixin: the way to origins. */
final class UpstreamOptions {
    @Option(
            names = "--upstream-http",
            paramLabel = "auto|h1|mirror",
            description = {
                "auto: h2 wherever the origin offers it. h1: HTTP/1.1 always.",
                "mirror: the caller's own version, where the origin offers it. Default: auto"
            })
    UpstreamHttp http = UpstreamHttp.AUTO;

    @Option(
            names = "--resolver",
            paramLabel = "system|dns",
            description = {
                "system: the machine's own resolver. dns: the hosts file, then the name servers of",
                "/etc/resolv.conf; dns=ADDR[:PORT], joined by +, asks these servers instead. Default: system"
            })
    NameSource names = NameSource.SYSTEM;

    @Option(
            names = "--upstream-ca",
            paramLabel = "FILE",
            split = ",",
            description = "Trust the certificates in this PEM file too. May be repeated.")
    List<Path> extraTrust = List.of();

    @Option(
            names = "--upstream-proxy",
            paramLabel = "URL",
            description = {
                "Reach every origin by CONNECT through this proxy: http://[user:password@]HOST:PORT.",
                "It is sent names, so which addresses may be reached is its business then."
            })
    @Nullable
    UpstreamProxy proxy;

    @Option(
            names = "--allow-private",
            paramLabel = "CIDR",
            split = ",",
            description = {
                "Allow origins with addresses in this block, such as 10.1.0.0/16.",
                "Only public addresses are reached otherwise. May be repeated."
            })
    List<Cidr> allowPrivate = List.of();

    @Option(
            names = "--connect-to",
            paramLabel = "HOST:PORT:ADDR:PORT",
            split = ",",
            description = {
                "Connect to the second pair for the first, as curl's option of that name does:",
                "TLS is verified for the first all the same. May be repeated."
            })
    List<ConnectTo> connectTo = List.of();

    /**
     * What the flags say.
     *
     * @param debugging without routes every address may be reached
     * @throws IllegalArgumentException naming the flag and what was expected
     */
    UpstreamConfig config(
            boolean debugging, Map<String, String> environment, UpstreamTimeouts timeouts, UpstreamLimits limits) {
        for (Path file : extraTrust) {
            if (!Files.isReadable(file) || Files.isDirectory(file)) {
                throw new IllegalArgumentException(
                        "--upstream-ca: " + file + " cannot be read (expected: a PEM file of certificates)");
            }
        }
        List<Cidr> allowed = debugging ? List.of(Cidr.parse("0.0.0.0/0"), Cidr.parse("::/0")) : allowPrivate;
        UpstreamConfig config = UpstreamConfig.DEFAULTS
                .withAllowPrivate(allowed)
                .withConnectTo(connectTo)
                .withExtraTrust(extraTrust)
                .withNames(names)
                .withEnvironment(environment)
                .withTimeouts(timeouts)
                .withLimits(limits);
        return proxy == null ? config : config.withProxy(proxy);
    }
}
