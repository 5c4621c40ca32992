package egress.gate;

import egress.ProxyConfig;
import egress.ProxyServer;
import egress.exchange.CallerBudgets;
import egress.exchange.Event;
import egress.exchange.ExchangeRecord;
import egress.exchange.Inspection;
import egress.exchange.Inspector;
import egress.exchange.Limits;
import egress.exchange.LocalSite;
import egress.exchange.Observer;
import egress.exchange.ProxySnapshot;
import egress.exchange.Timeouts;
import egress.exchange.UpstreamHttp;
import egress.http.Authority;
import egress.policy.Policy;
import egress.policy.Route;
import egress.testkit.client.TlsClient;
import egress.upstream.ConnectTo;
import egress.upstream.PooledUpstreams;
import egress.upstream.UpstreamConfig;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A running gate: the real listener, policy and upstreams, with origins pinned to test servers. */
public final class Gate implements AutoCloseable {
    /** A refusal outside of any exchange. */
    public record Refusal(@Nullable Authority authority, int status, String code, String words) {}

    /** A passthrough or WebSocket tunnel that is over. */
    public record Tunnelled(Authority authority, long bytesUp, long bytesDown) {}

    /** What a test may change. */
    public static final class Builder {
        private final List<Route> routes = new ArrayList<>();
        private final List<ConnectTo> connectTo = new ArrayList<>();
        private final List<Path> trust = new ArrayList<>();
        private @Nullable Policy policy;
        private Limits limits = Limits.DEFAULT;
        private Timeouts timeouts = Timeouts.DEFAULT;
        private UpstreamHttp upstreamHttp = UpstreamHttp.AUTO;
        private UpstreamConfig upstream = UpstreamConfig.DEFAULTS;
        private Map<String, String> users = Map.of();
        private Inspector inspector = Inspector.NONE;
        private LocalSite localSite = LocalSite.EMPTY;
        private @Nullable Observer observer;
        private @Nullable PooledUpstreams upstreams;
        private boolean recording = true;
        private @Nullable CallerBudgets budgets;
        private @Nullable Leaves leaves;

        /** Instead of those of a test's authority. */
        public Builder leaves(Leaves value) {
            leaves = value;
            return this;
        }

        /** Instead of budgets by the heap. */
        public Builder budgets(CallerBudgets value) {
            budgets = value;
            return this;
        }

        public Builder route(Route route) {
            routes.add(route);
            return this;
        }

        /** A route without rules to a host, pinned to a port of loopback. */
        public Builder origin(String host, int port) {
            routes.add(Route.named(host).build());
            return pin(host, 443, port);
        }

        public Builder pin(String host, int port, int loopbackPort) {
            connectTo.add(ConnectTo.parse(host + ":" + port + ":127.0.0.1:" + loopbackPort));
            return this;
        }

        public Builder trust(Path pem) {
            trust.add(pem);
            return this;
        }

        public Builder policy(Policy value) {
            policy = value;
            return this;
        }

        public Builder limits(Limits value) {
            limits = value;
            return this;
        }

        public Builder timeouts(Timeouts value) {
            timeouts = value;
            return this;
        }

        public Builder upstreamHttp(UpstreamHttp value) {
            upstreamHttp = value;
            return this;
        }

        public Builder upstream(UpstreamConfig value) {
            upstream = value;
            return this;
        }

        /** Instead of those of the machine, with the configuration that they have. */
        public Builder upstreams(PooledUpstreams value) {
            upstreams = value;
            return this;
        }

        public Builder users(Map<String, String> value) {
            users = value;
            return this;
        }

        public Builder inspector(Inspector value) {
            inspector = value;
            return this;
        }

        /** Instead of the one that records. */
        public Builder observer(Observer value) {
            observer = value;
            return this;
        }

        public Builder localSite(LocalSite value) {
            localSite = value;
            return this;
        }

        /** Keeps no records, for a run so long that they would fill the heap. */
        public Builder withoutRecords() {
            recording = false;
            return this;
        }

        public Gate start() throws IOException {
            return new Gate(this);
        }
    }

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    private final Leaves leaves;
    private final AtomicInteger opened = new AtomicInteger();
    private final List<ExchangeRecord> ended = new CopyOnWriteArrayList<>();
    private final List<Refusal> refusals = new CopyOnWriteArrayList<>();
    private final List<Tunnelled> tunnels = new CopyOnWriteArrayList<>();
    private final List<String> handshakeFaults = new CopyOnWriteArrayList<>();
    private final List<Inspection.Hit> hits = new CopyOnWriteArrayList<>();
    private final Inspector inspector;
    private final PooledUpstreams upstreams;
    private final ProxyServer server;

    private Gate(Builder builder) throws IOException {
        inspector = builder.inspector;
        leaves = builder.leaves == null ? new TestLeaves() : builder.leaves;
        upstreams = builder.upstreams == null
                ? PooledUpstreams.create(
                        builder.upstream.withConnectTo(builder.connectTo).withExtraTrust(builder.trust))
                : builder.upstreams;
        ProxyConfig config = new ProxyConfig(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                builder.limits,
                builder.timeouts,
                builder.users);
        Policy policy = builder.policy == null ? Policy.of(builder.routes) : builder.policy;
        server = ProxyServer.start(
                config,
                new ProxySnapshot(1, policy, inspector),
                new ProxyServer.Ports(
                        loops,
                        leaves,
                        upstreams,
                        upstreams,
                        builder.upstreamHttp,
                        List.of(observer(builder)),
                        builder.localSite,
                        builder.budgets == null
                                ? CallerBudgets.of(
                                        builder.limits.maxConnections(),
                                        Runtime.getRuntime().maxMemory())
                                : builder.budgets));
    }

    public static Builder builder() {
        return new Builder();
    }

    public int port() {
        return server.address().getPort();
    }

    public ProxyServer server() {
        return server;
    }

    public PooledUpstreams upstreams() {
        return upstreams;
    }

    /** A client of a host's that trusts the gate's authority. */
    public TlsClient client(String host) {
        return TlsClient.of(host, leaves.authority());
    }

    /** What its callers have to trust. */
    public X509Certificate authority() {
        return leaves.authority();
    }

    public void reload(Policy policy) {
        server.update(new ProxySnapshot(server.snapshot().generation() + 1, policy, inspector));
    }

    public List<Refusal> refusals() {
        return refusals;
    }

    public List<String> handshakeFaults() {
        return handshakeFaults;
    }

    /** The tunnels that are over. */
    public List<Tunnelled> tunnels() {
        return tunnels;
    }

    /** Waits for the first tunnel to be over. */
    public Tunnelled awaitTunnelled() throws InterruptedException {
        for (int i = 0; i < 1000 && tunnels.isEmpty(); i++) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        if (tunnels.isEmpty()) {
            throw new AssertionError("no tunnel was over in 5 s");
        }
        return tunnels.getFirst();
    }

    /** What inspection found. */
    public List<Inspection.Hit> hits() {
        return hits;
    }

    /** Waits until so many connections of callers were taken, ever. */
    public void awaitOpened(int count) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (opened.get() < count) {
            if (System.nanoTime() > end) {
                throw new AssertionError(opened + " connections were taken (expected: " + count + ")");
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    public List<ExchangeRecord> ended() {
        return ended;
    }

    /** Waits for an exchange to end. */
    public ExchangeRecord awaitEnded(Predicate<ExchangeRecord> which) throws InterruptedException {
        for (int i = 0; i < 1000; i++) {
            for (ExchangeRecord each : ended) {
                if (which.test(each)) {
                    return each;
                }
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        throw new AssertionError("no such exchange ended in 5 s; these did: "
                + ended.stream()
                        .map(e -> e.method + " " + e.target + " " + e.status)
                        .toList());
    }

    /** Waits until no caller is connected and no stream to an origin is open. */
    public void awaitQuiet() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (server.openConnections() + upstreams.statistics().streams() > 0) {
            if (System.nanoTime() > end) {
                throw new AssertionError("still open: " + server.openConnections() + " connections of callers, "
                        + upstreams.statistics() + " (expected: none, once every caller is gone)");
            }
            LockSupport.parkNanos(1_000_000); // the counts have no event to wait for
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        upstreams.close();
        boolean ended = loops.shutdownGracefully(0, 30, TimeUnit.SECONDS).awaitUninterruptibly(60, TimeUnit.SECONDS);
        leaves.close();
        if (!ended) {
            throw new AssertionError("the event loops did not end within 60 s:" + whereLoopsAre());
        }
    }

    /** The stacks of all event loops, since one that stands still or spins says nothing itself. */
    private static String whereLoopsAre() {
        StringBuilder words = new StringBuilder();
        Thread.getAllStackTraces().forEach((thread, stack) -> {
            if (thread.getName().contains("EventLoop")) {
                words.append('\n').append(thread.getName()).append(' ').append(thread.getState());
                for (StackTraceElement frame : stack) {
                    words.append("\n    ").append(frame);
                }
            }
        });
        return words.toString();
    }

    private Observer observer(Builder builder) {
        if (builder.observer != null) {
            return builder.observer;
        }
        return builder.recording ? new Recorder() : Observer.NONE;
    }

    private final class Recorder implements Observer {
        @Override
        public void on(Event event) {
            switch (event) {
                case Event.ConnectionOpened _ -> opened.incrementAndGet();
                case Event.Ended over -> ended.add(over.exchange());
                case Event.Found found -> hits.add(found.hit());
                case Event.TunnelEnded over ->
                    tunnels.add(new Tunnelled(over.authority(), over.bytesUp(), over.bytesDown()));
                case Event.ConnectionRefused refused ->
                    refusals.add(new Refusal(refused.authority(), refused.status(), refused.code(), refused.words()));
                case Event.HandshakeFailed failed -> handshakeFaults.add(failed.words());
                case Event.ConnectionClosed _, Event.ClientHelloRead _, Event.HandshakeDone _ -> {}
                case Event.Started _, Event.Allowed _ -> {}
                case Event.RequestPart _, Event.ResponseHead _, Event.ResponsePart _ -> {}
            }
        }
    }
}
