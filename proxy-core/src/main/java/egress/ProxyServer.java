package egress;

import egress.downstream.DownstreamContext;
import egress.downstream.Listener;
import egress.downstream.ProxyAuthentication;
import egress.exchange.Asking;
import egress.exchange.CallerBudgets;
import egress.exchange.Dialer;
import egress.exchange.ExchangeContext;
import egress.exchange.LeafCertificates;
import egress.exchange.LocalSite;
import egress.exchange.Observer;
import egress.exchange.ProxySnapshot;
import egress.exchange.SafeObserver;
import egress.exchange.UpstreamHttp;
import egress.exchange.Upstreams;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** The gate: a listener, the policy of the moment, and the ports to everything else. */
public final class ProxyServer implements AutoCloseable {
    /** Of the drain timeout, for closing what is open then and for the end of the process; a share of a short one. */
    private static final Duration CLOSING = Duration.ofSeconds(1);

    private static final int CLOSING_SHARE = 8;

    private final ProxyConfig config;
    private final Listener listener;
    private final InetSocketAddress address;
    private volatile ProxySnapshot snapshot;
    private volatile boolean draining;

    /**
     * The ports, made by the program's wiring.
     *
     * @param loops of every connection, downstream and upstream
     * @param observers each receives every event, in this order
     * @param budgets what callers share
     * @param asking who is asked about what policy denies
     */
    public record Ports(
            EventLoopGroup loops,
            LeafCertificates leaves,
            Upstreams upstreams,
            Dialer dialer,
            UpstreamHttp upstreamHttp,
            List<Observer> observers,
            LocalSite localSite,
            CallerBudgets budgets,
            Asking asking) {
        public Ports {
            observers = List.copyOf(observers);
        }

        /** Of a gate without operators. */
        public Ports(
                EventLoopGroup loops,
                LeafCertificates leaves,
                Upstreams upstreams,
                Dialer dialer,
                UpstreamHttp upstreamHttp,
                List<Observer> observers,
                LocalSite localSite,
                CallerBudgets budgets) {
            this(loops, leaves, upstreams, dialer, upstreamHttp, observers, localSite, budgets, Asking.NOBODY);
        }
    }

    private ProxyServer(ProxyConfig config, ProxySnapshot first, Ports ports) throws IOException {
        this.config = config;
        this.snapshot = first;
        ExchangeContext exchanges = new ExchangeContext(
                ports.upstreams(),
                new SafeObserver(ports.observers()),
                ports.localSite(),
                ports.upstreamHttp(),
                config.limits(),
                config.timeouts(),
                new AtomicLong(),
                ports.budgets(),
                ports.asking());
        this.listener = new Listener(
                new DownstreamContext(
                        exchanges,
                        this::snapshot,
                        ports.leaves(),
                        ports.dialer(),
                        new ProxyAuthentication(config.proxyCredentials(), config.scans()),
                        new AtomicLong(),
                        () -> draining),
                ports.loops());
        this.address = listener.bind(config.listen());
    }

    /**
     * Begins to listen.
     *
     * @throws IOException when the address cannot be had
     */
    public static ProxyServer start(ProxyConfig config, ProxySnapshot first, Ports ports) throws IOException {
        return new ProxyServer(config, first, ports);
    }

    /** Where callers connect, with the port that was taken. */
    public InetSocketAddress address() {
        return address;
    }

    public ProxySnapshot snapshot() {
        return snapshot;
    }

    /** Open downstream connections. */
    public int openConnections() {
        return listener.openConnections();
    }

    /**
     * A new policy: exchanges under way keep the one they began with, later ones see this, and whatever is open to a host
     * that is gone is ended.
     */
    public synchronized void update(ProxySnapshot next) {
        ProxySnapshot before = snapshot;
        snapshot = next;
        listener.reloaded(before, next);
    }

    /**
     * Stops to listen, lets exchanges under way end, then closes the rest, so that the drain timeout is enough for all that
     * stopping takes. Blocks.
     */
    public void drain() throws InterruptedException {
        Duration bound = config.timeouts().drain();
        Duration closing = bound.dividedBy(CLOSING_SHARE);
        Duration open = bound.minus(closing.compareTo(CLOSING) < 0 ? closing : CLOSING);
        long end = System.nanoTime() + open.toNanos();
        draining = true;
        listener.drain();
        while (listener.openConnections() > 0 && System.nanoTime() < end) {
            Thread.sleep(10);
        }
        close();
    }

    /** Closes everything at once; the event loops stay their owner's. */
    @Override
    public void close() {
        draining = true;
        listener.drain();
        listener.closeAll();
    }
}
