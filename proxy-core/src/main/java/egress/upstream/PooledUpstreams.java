package egress.upstream;

import egress.exchange.Dialer;
import egress.exchange.Upstreams;
import egress.http.Authority;
import egress.share.Claimant;
import egress.share.FairBudget;
import egress.upstream.tls.ServerTrust;
import egress.upstream.tls.TrustedRoots;
import egress.upstream.tls.UpstreamTls;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The way to origins: one pool of connections for each event loop, shared by all its exchanges. Trusted certificates
 * are loaded in the background; what needs TLS before that waits.
 */
public final class PooledUpstreams implements Upstreams, Dialer, AutoCloseable {
    private final UpstreamConfig config;
    private final Counters counters = new Counters();
    private final ThreadPoolExecutor lookups;
    private final ThreadPoolExecutor verifiers;
    private final CompletableFuture<TrustedRoots> roots;
    private final CompletableFuture<UpstreamTls> tls;
    private final UpstreamPipelines pipelines;
    private final UpstreamShares shared;
    private final Resolver resolver;
    private final Dialing dialing;
    private final ConcurrentHashMap<EventLoop, Pool> pools = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** With the machine's resolver, sockets and clock. */
    public static PooledUpstreams create(UpstreamConfig config) {
        return new PooledUpstreams(
                config,
                InetAddress::getAllByName,
                new NioSockets(config.timeouts().connect()),
                InstantSource.system(),
                UpstreamTls::bestProvider);
    }

    PooledUpstreams(
            UpstreamConfig config,
            SystemNames.Lookup lookup,
            Sockets sockets,
            InstantSource clock,
            SslProvider tlsProvider) {
        this(config, lookup, sockets, clock, () -> tlsProvider);
    }

    /** @param tlsProvider asked in the background: the best one is found by loading a native library */
    private PooledUpstreams(
            UpstreamConfig config,
            SystemNames.Lookup lookup,
            Sockets sockets,
            InstantSource clock,
            Supplier<SslProvider> tlsProvider) {
        this.config = config;
        // Of those that are over, a thread may still be on its way back.
        this.lookups = SystemNames.threads(2 * Resolver.Limits.DEFAULTS.underWay());
        this.shared = new UpstreamShares(config.limits());
        this.verifiers = verifiers();
        this.roots = CompletableFuture.supplyAsync(this::loadRoots, verifiers);
        this.tls = roots.thenApplyAsync(loaded -> newTls(loaded, clock, tlsProvider.get()), verifiers);
        this.pipelines = new UpstreamPipelines(tls, config.limits());
        this.resolver = new Resolver(names(lookup), Resolver.Limits.DEFAULTS, clock);
        this.dialing = new Dialing(
                config,
                resolver,
                new AddressGuard(config.allowPrivate(), config.ownListeners(), PooledUpstreams::isLocal),
                new Connector(sockets, config.timeouts().attemptDelay()),
                new ProxyTunnel(pipelines),
                shared.connections(),
                counters);
    }

    private Resolver.Source names(SystemNames.Lookup lookup) {
        return switch (config.names()) {
            case NameSource.Machine _ -> new SystemNames(lookup, lookups, Resolver.Limits.DEFAULTS.ttl());
            case NameSource.Dns dns ->
                new DnsNames(dns.servers(), Path.of("/etc/resolv.conf"), Path.of("/etc/hosts"), lookups);
        };
    }

    /** Few daemon threads: verifying one chain takes about a millisecond, and most are known already. */
    private static ThreadPoolExecutor verifiers() {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                2,
                2,
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(4_096),
                Thread.ofPlatform().daemon().name("egress-verify-", 0).factory());
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    private TrustedRoots loadRoots() {
        try {
            TrustedRoots loaded = TrustedRoots.ofMachine(config.environment());
            for (Path extra : config.extraTrust()) {
                loaded = loaded.plus(extra);
            }
            return loaded;
        } catch (IOException | GeneralSecurityException e) {
            throw new CompletionException(e);
        }
    }

    private UpstreamTls newTls(TrustedRoots loaded, InstantSource clock, SslProvider provider) {
        try {
            ServerTrust trust = new ServerTrust(loaded, clock, host -> counters.handshakesResumed.increment());
            return new UpstreamTls(
                    provider, trust, clock, verifiers, config.timeouts().handshake());
        } catch (IOException | GeneralSecurityException e) {
            throw new CompletionException(e);
        }
    }

    private static boolean isLocal(InetAddress address) {
        try {
            return NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException e) {
            return true; // in doubt it is ours, and refused
        }
    }

    /** The certificates that origins are verified by, once loaded; fails where a file that is named cannot be read. */
    public CompletionStage<TrustedRoots> trustedRoots() {
        return roots.copy();
    }

    /** Whether BoringSSL serves, rather than the JDK's TLS. */
    public static boolean isNativeTls() {
        return UpstreamTls.bestProvider() != SslProvider.JDK;
    }

    @Override
    public Upstreams.Attempt acquire(EventLoop loop, Claimant who, Origin origin, Upstreams.Listener listener) {
        if (!loop.inEventLoop()) {
            throw new IllegalStateException("acquire off the event loop of the exchange");
        }
        if (closed) {
            listener.onFailed(Pool.CLOSING);
            return () -> {};
        }
        return pool(loop).acquire(who, origin.authority(), origin.tls(), origin.protocol(), listener);
    }

    private Pool pool(EventLoop loop) {
        Pool known = pools.get(loop);
        return known != null
                ? known
                : pools.computeIfAbsent(
                        loop,
                        added -> new Pool(
                                added, dialing, pipelines, config.timeouts(), config.limits(), shared, counters));
    }

    @Override
    public Upstreams.Attempt dial(EventLoop loop, Claimant who, Authority authority, Dialer.Listener listener) {
        if (closed) {
            listener.onFailed(Pool.CLOSING);
            return () -> {};
        }
        return dialing.dial(loop, who, authority, listener);
    }

    /** What callers share here, by name; those of origins are summed. */
    public Map<String, FairBudget.Statistics> budgets() {
        return Map.of(
                "lookups", resolver.lookups().statistics(),
                "lookups_waiting", resolver.places().statistics(),
                "upstream_connections", shared.connections().statistics(),
                "origin_connections", shared.ofOrigins(UpstreamShares.Kind.CONNECTIONS),
                "origin_streams", shared.ofOrigins(UpstreamShares.Kind.STREAMS),
                "origin_waiting", shared.ofOrigins(UpstreamShares.Kind.WAITING),
                "origin_windows", shared.windows().statistics());
    }

    /** Counts and gauges, over all loops. */
    public UpstreamStatistics statistics() {
        return counters.read();
    }

    /**
     * Takes no more exchanges and ends what is idle; connections that exchanges still use close after them. Returns at
     * once.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        List<CompletableFuture<Void>> closing = new ArrayList<>();
        pools.forEach((loop, pool) -> {
            try {
                closing.add(CompletableFuture.runAsync(pool::close, loop));
            } catch (RejectedExecutionException e) {
                // the loop has ended, and its channels with it
            }
        });
        CompletableFuture.allOf(closing.toArray(CompletableFuture[]::new))
                .whenComplete((_, _) -> tls.thenAccept(UpstreamTls::release));
        lookups.shutdown();
        verifiers.shutdown();
    }
}
