package egress.server;

import egress.ProxyConfig;
import egress.ProxyServer;
import egress.exchange.ProxySnapshot;
import egress.server.admin.AdminPages;
import egress.server.admin.AdminServer;
import egress.server.admin.HostCheck;
import egress.server.config.Endpoint;
import egress.server.config.Settings;
import egress.server.inspect.Inspector;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/** Opens the addresses on which the gate listens, and knows them all. */
final class Listeners {
    private final Settings settings;
    private final AtomicReference<Set<InetSocketAddress>> own = new AtomicReference<>(Set.of());

    Listeners(Settings settings) {
        this.settings = settings;
    }

    /** All of them: no request of a caller may reach one. */
    Set<InetSocketAddress> addresses() {
        return own.get();
    }

    /** One that was opened elsewhere. */
    void add(InetSocketAddress address) {
        Set<InetSocketAddress> all = new HashSet<>(own.get());
        all.add(address);
        own.set(Set.copyOf(all));
    }

    /** Listens for callers. */
    ProxyServer proxy(ProxySnapshot first, ProxyServer.Ports ports) throws IOException {
        Endpoint endpoint = settings.serving().listen();
        ProxyConfig config = new ProxyConfig(
                endpoint.address(),
                settings.limits(),
                settings.timeouts(),
                settings.serving().proxyUsers(),
                settings.flows().namedScans());
        return bind(
                "--listen",
                endpoint,
                "another port, or 0 for one that is free",
                () -> ProxyServer.start(config, first, ports));
    }

    /** Listens for operators and probes: {@code --admin} first, then {@code --metrics}. Closes the proxy where it cannot. */
    List<InetSocketAddress> admin(
            AdminServer admin, EventLoopGroup loops, ProxyServer proxy, Optional<Inspector> inspector)
            throws IOException {
        List<InetSocketAddress> probed = new ArrayList<>();
        try {
            if (settings.serving().admin().isPresent()) {
                Endpoint endpoint = settings.serving().admin().get();
                probed.add(bind(
                        "--admin",
                        endpoint,
                        "another port, or --admin off",
                        () -> admin.bind(
                                loops,
                                endpoint,
                                new HostCheck(endpoint.host(), false),
                                inspector.map(AdminPages.class::cast))));
            }
            if (settings.serving().metrics().isPresent()) {
                Endpoint endpoint = settings.serving().metrics().get();
                probed.add(bind(
                        "--metrics",
                        endpoint,
                        "another port",
                        () -> admin.bind(loops, endpoint, new HostCheck(endpoint.host(), true))));
            }
        } catch (IOException | RuntimeException e) {
            proxy.close();
            throw e;
        }
        probed.forEach(this::add);
        add(proxy.address());
        return List.copyOf(probed);
    }

    private interface Binding<T> {
        T bind() throws IOException;
    }

    /** Names the flag and the remedy where an address cannot be bound. */
    private static <T> T bind(String flag, Endpoint endpoint, String wayOut, Binding<T> binding) throws IOException {
        try {
            return binding.bind();
        } catch (IOException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException(
                    flag + ": cannot listen on " + endpoint + ": " + cause.getMessage() + " (expected: " + wayOut + ")",
                    e);
        }
    }
}
