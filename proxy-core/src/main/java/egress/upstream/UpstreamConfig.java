package egress.upstream;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Everything that can be set about the way to origins.
 *
 * @param allowPrivate blocks that the address guard lets through
 * @param connectTo pinned addresses, the first that matches holds; the address guard does not judge them
 * @param ownListeners the proxy's own addresses, never dialled; asked for at each dial, since ports are bound late
 * @param proxy the proxy behind us, by which every origin is reached
 * @param extraTrust PEM files of certificates trusted besides what the machine trusts
 * @param names where names are looked up
 * @param environment the process's: {@code SSL_CERT_FILE} names what the machine trusts
 */
public record UpstreamConfig(
        List<Cidr> allowPrivate,
        List<ConnectTo> connectTo,
        Supplier<Set<InetSocketAddress>> ownListeners,
        Optional<UpstreamProxy> proxy,
        List<Path> extraTrust,
        NameSource names,
        Map<String, String> environment,
        UpstreamTimeouts timeouts,
        UpstreamLimits limits) {
    public static final UpstreamConfig DEFAULTS = new UpstreamConfig(
            List.of(),
            List.of(),
            Set::of,
            Optional.empty(),
            List.of(),
            NameSource.SYSTEM,
            Map.of(),
            UpstreamTimeouts.DEFAULTS,
            UpstreamLimits.DEFAULTS);

    public UpstreamConfig {
        allowPrivate = List.copyOf(allowPrivate);
        connectTo = List.copyOf(connectTo);
        extraTrust = List.copyOf(extraTrust);
        environment = Map.copyOf(environment);
    }

    public UpstreamConfig withAllowPrivate(List<Cidr> allowPrivate) {
        return new UpstreamConfig(
                allowPrivate, connectTo, ownListeners, proxy, extraTrust, names, environment, timeouts, limits);
    }

    public UpstreamConfig withConnectTo(List<ConnectTo> connectTo) {
        return new UpstreamConfig(
                allowPrivate, connectTo, ownListeners, proxy, extraTrust, names, environment, timeouts, limits);
    }

    public UpstreamConfig withOwnListeners(Supplier<Set<InetSocketAddress>> ownListeners) {
        return new UpstreamConfig(
                allowPrivate, connectTo, ownListeners, proxy, extraTrust, names, environment, timeouts, limits);
    }

    public UpstreamConfig withProxy(UpstreamProxy proxy) {
        return new UpstreamConfig(
                allowPrivate,
                connectTo,
                ownListeners,
                Optional.of(proxy),
                extraTrust,
                names,
                environment,
                timeouts,
                limits);
    }

    public UpstreamConfig withExtraTrust(List<Path> extraTrust) {
        return new UpstreamConfig(
                allowPrivate, connectTo, ownListeners, proxy, extraTrust, names, environment, timeouts, limits);
    }

    public UpstreamConfig withEnvironment(Map<String, String> environment) {
        return new UpstreamConfig(
                allowPrivate, connectTo, ownListeners, proxy, extraTrust, names, environment, timeouts, limits);
    }

    public UpstreamConfig withTimeouts(UpstreamTimeouts timeouts) {
        return new UpstreamConfig(
                allowPrivate, connectTo, ownListeners, proxy, extraTrust, names, environment, timeouts, limits);
    }

    public UpstreamConfig withLimits(UpstreamLimits limits) {
        return new UpstreamConfig(
                allowPrivate, connectTo, ownListeners, proxy, extraTrust, names, environment, timeouts, limits);
    }

    public UpstreamConfig withNames(NameSource names) {
        return new UpstreamConfig(
                allowPrivate, connectTo, ownListeners, proxy, extraTrust, names, environment, timeouts, limits);
    }
}
