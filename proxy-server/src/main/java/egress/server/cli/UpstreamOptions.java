package egress.server.cli;

import egress.exchange.UpstreamHttp;
import egress.upstream.Cidr;
import egress.upstream.ConnectTo;
import egress.upstream.NameSource;
import egress.upstream.UpstreamProxy;
import java.nio.file.Path;
import java.util.List;
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
}
