package egress.upstream;

import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.resolver.dns.DnsCache;
import io.netty.resolver.dns.DnsCacheEntry;
import io.netty.resolver.dns.DnsCnameCache;
import io.netty.resolver.dns.DnsErrorCauseException;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverChannelStrategy;
import io.netty.resolver.dns.DnsNameResolverTimeoutException;
import io.netty.resolver.dns.DnsQueryLifecycleObserver;
import io.netty.resolver.dns.DnsServerAddresses;
import io.netty.resolver.dns.NoopAuthoritativeDnsServerCache;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Names by the hosts file and by asking name servers (RFC 1035), A and AAAA both. Only the asker waits for an answer. Each
 * look-up has sockets and ports of its own (RFC 5452 §9.2), a name in mixed case that the answer must repeat, and TCP where an answer
 * is truncated.
 */
final class DnsNames implements Resolver.Source {
    private static final int CNAMES_FOLLOWED = 8;

    private final List<InetSocketAddress> servers;
    private final WatchedFile<ResolvConf> configuration;
    private final WatchedFile<Map<String, List<InetAddress>>> hosts;
    private final Executor executor;
    private final AtomicInteger turn = new AtomicInteger();

    /**
     * @param servers asked instead of those of the configuration, where there are any
     * @param executor looks at files
     */
    DnsNames(List<InetSocketAddress> servers, Path configuration, Path hosts, Executor executor) {
        this.servers = servers;
        this.configuration = new WatchedFile<>(configuration, ResolvConf::parse);
        this.hosts = new WatchedFile<>(hosts, HostsFile::parse);
        this.executor = executor;
    }

    @Override
    public CompletableFuture<Resolver.Answer> lookup(EventLoop loop, String host) {
        CompletableFuture<Resolver.Answer> answer = new CompletableFuture<>();
        try {
            executor.execute(() -> {
                try {
                    begin(loop, host, answer);
                } catch (RuntimeException e) {
                    answer.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException | OutOfMemoryError e) { // no thread can be made
            answer.completeExceptionally(new IllegalStateException("no thread is left", e));
        }
        return answer;
    }

    private void begin(EventLoop loop, String host, CompletableFuture<Resolver.Answer> answer) {
        String name = host.toLowerCase(Locale.ROOT);
        List<InetAddress> here = HostsFile.find(hosts.value(), name);
        if (here != null) {
            answer.complete(new Resolver.Answer(here, Duration.ZERO)); // the file is looked at each time
            return;
        }
        ResolvConf conf = configuration.value();
        Lifetimes lifetimes = new Lifetimes();
        Failures failures = new Failures();
        DnsNameResolver resolver =
                resolver(loop, servers.isEmpty() ? conf : conf.withServers(servers), lifetimes, failures);
        resolver.resolveAll(name).addListener((Future<List<InetAddress>> asked) -> {
            resolver.close();
            if (asked.isSuccess()) {
                List<InetAddress> addresses = asked.getNow().stream().distinct().toList();
                answer.complete(new Resolver.Answer(addresses, Duration.ofSeconds(lifetimes.shortest())));
            } else {
                answer.completeExceptionally(meaning(host, asked.cause(), failures.hasFailed()));
            }
        });
    }

    private DnsNameResolver resolver(EventLoop loop, ResolvConf conf, Lifetimes lifetimes, Failures failures) {
        List<InetSocketAddress> asked = new ArrayList<>();
        int first = conf.rotate()
                ? Math.floorMod(turn.getAndIncrement(), conf.servers().size())
                : 0;
        for (int i = 0; i < conf.attempts() * conf.servers().size(); i++) {
            asked.add(conf.servers().get((first + i) % conf.servers().size()));
        }
        return new DnsNameResolverBuilder(loop)
                .datagramChannelFactory(NioDatagramChannel::new)
                .socketChannelFactory(NioSocketChannel::new)
                .datagramChannelStrategy(DnsNameResolverChannelStrategy.ChannelPerResolution)
                .nameServerProvider(_ -> DnsServerAddresses.sequential(asked).stream())
                .searchDomains(conf.search())
                .ndots(conf.ndots())
                .queryTimeoutMillis(conf.timeoutMillis())
                .maxQueriesPerResolve(2 * (asked.size() + CNAMES_FOLLOWED))
                .resolvedAddressTypes(ResolvedAddressTypes.IPV6_PREFERRED)
                .completeOncePreferredResolved(false)
                .hostsFileEntriesResolver((_, _) -> null)
                .caseRandomizationEnabled(true)
                .dnsQueryLifecycleObserverFactory(_ -> failures)
                .resolveCache(lifetimes)
                .cnameCache(lifetimes.aliases())
                .authoritativeDnsServerCache(NoopAuthoritativeDnsServerCache.INSTANCE)
                .build();
    }

    /** A name that does not exist is an answer; silence, or an error of a server, is not. */
    private static Exception meaning(String host, Throwable cause, boolean hasFailed) {
        for (Throwable t = cause; t != null; t = t.getCause()) {
            if (t instanceof DnsNameResolverTimeoutException) {
                return new TimeoutException(host);
            }
            if (t instanceof DnsErrorCauseException error && error.getCode().equals(DnsResponseCode.NXDOMAIN)) {
                return new UnknownHostException(host);
            }
        }
        return hasFailed ? new IllegalStateException("no name server gave an answer") : new UnknownHostException(host);
    }

    /** Notes whether a server refused to answer or failed to. */
    private static final class Failures implements DnsQueryLifecycleObserver {
        private volatile boolean failed;

        boolean hasFailed() {
            return failed;
        }

        @Override
        public void queryWritten(InetSocketAddress server, ChannelFuture written) {
            // its answer decides
        }

        @Override
        public void queryCancelled(int queriesRemaining) {
            // another has answered
        }

        @Override
        public DnsQueryLifecycleObserver queryRedirected(List<InetSocketAddress> servers) {
            return this;
        }

        @Override
        public DnsQueryLifecycleObserver queryCNAMEd(DnsQuestion question) {
            return this;
        }

        @Override
        public DnsQueryLifecycleObserver queryNoAnswer(DnsResponseCode code) {
            failed |= !code.equals(DnsResponseCode.NOERROR) && !code.equals(DnsResponseCode.NXDOMAIN);
            return this;
        }

        @Override
        public void queryFailed(Throwable cause) {
            // the look-up's own failure has the reason
        }

        @Override
        public void querySucceed() {
            // the answer has it
        }
    }

    /** Keeps nothing, but how long the records of one look-up may be used. */
    private static final class Lifetimes implements DnsCache {
        private volatile long shortest = Long.MAX_VALUE;

        long shortest() {
            return shortest == Long.MAX_VALUE ? 0 : shortest;
        }

        private void add(long ttl) {
            shortest = Math.min(shortest, Math.clamp(ttl, 0, Integer.MAX_VALUE));
        }

        @Override
        public void clear() {
            // nothing is kept
        }

        @Override
        public boolean clear(String hostname) {
            return false;
        }

        @Override
        public @Nullable List<? extends DnsCacheEntry> get(String hostname, DnsRecord[] additionals) {
            return null;
        }

        @Override
        public DnsCacheEntry cache(
                String hostname, DnsRecord[] additionals, InetAddress address, long originalTtl, EventLoop loop) {
            add(originalTtl);
            return new Entry(address, null);
        }

        @Override
        public DnsCacheEntry cache(String hostname, DnsRecord[] additionals, Throwable cause, EventLoop loop) {
            return new Entry(null, cause);
        }

        DnsCnameCache aliases() {
            return new DnsCnameCache() {
                @Override
                public @Nullable String get(String hostname) {
                    return null;
                }

                @Override
                public void cache(String hostname, String cname, long originalTtl, EventLoop loop) {
                    add(originalTtl);
                }

                @Override
                public void clear() {
                    // nothing is kept
                }

                @Override
                public boolean clear(String hostname) {
                    return false;
                }
            };
        }
    }

    private record Entry(
            @Nullable InetAddress address, @Nullable Throwable cause) implements DnsCacheEntry {}
}
