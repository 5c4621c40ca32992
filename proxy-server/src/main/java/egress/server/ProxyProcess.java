package egress.server;

import egress.ProxyServer;
import egress.ca.Issuer;
import egress.ca.LeafCache;
import egress.exchange.ProxySnapshot;
import egress.server.admin.AdminServer;
import egress.server.admin.Readiness;
import egress.server.admin.Readiness.Part;
import egress.server.ask.AskService;
import egress.server.dlp.DlpService;
import egress.server.flows.FlowObserver;
import egress.server.inspect.Inspector;
import egress.server.log.AsyncWriter;
import egress.server.log.SecretMasker;
import egress.server.routes.Reloader;
import egress.server.routes.RoutesFile;
import egress.server.tls.CaLeafCertificates;
import egress.upstream.PooledUpstreams;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The running program: what {@link Wiring} made, in the order in which it is taken apart. */
public final class ProxyProcess implements AutoCloseable {
    /**
     * What a gate is made of.
     *
     * @param reloader absent where there is no routes file
     * @param admin the addresses on which probes are answered
     * @param inspector absent where the page is off
     * @param ask absent where no operator can be asked
     * @param drain how long it may take to stop
     * @param traces sends what waits of them, for so long at most, and ends
     * @param ended completes with the reason why the gate cannot continue
     */
    record Parts(
            Issuer issuer,
            EventLoopGroup loops,
            ProxyServer proxy,
            Optional<Reloader> reloader,
            Optional<Shadow> shadow,
            RoutesFile.Loaded firstRoutes,
            AdminServer adminServer,
            List<InetSocketAddress> admin,
            PooledUpstreams upstreams,
            LeafCache leaves,
            CaLeafCertificates tls,
            ExecutorService mints,
            DlpService dlp,
            Optional<FlowObserver> flows,
            Optional<Inspector> inspector,
            Optional<AskService> ask,
            Duration drain,
            Consumer<Duration> traces,
            AsyncWriter log,
            Supplier<SecretMasker> masker,
            Readiness readiness,
            WarmUp warmUp,
            CompletableFuture<String> ended) {}

    /** Of the drain timeout, for what comes when nothing is under way any more. */
    private static final Duration CLOSING = Duration.ofSeconds(1);

    private static final Duration MOST_FOR_TRACES = Duration.ofSeconds(3);

    private final Parts parts;
    private boolean closed;

    ProxyProcess(Parts parts) {
        this.parts = parts;
    }

    /** What takes secrets out of what is written down, as the routes of the moment say. */
    SecretMasker masker() {
        return parts.masker().get();
    }

    /** Who signs. */
    Issuer issuer() {
        return parts.issuer();
    }

    /** Where callers connect. */
    InetSocketAddress address() {
        return parts.proxy().address();
    }

    /** Where probes are answered: {@code --admin} first, then {@code --metrics}. */
    public List<InetSocketAddress> adminAddresses() {
        return parts.admin();
    }

    /** The routes it began with. */
    RoutesFile.Loaded firstRoutes() {
        return parts.firstRoutes();
    }

    /** See {@link DlpService#whenTried}. */
    void whenScannerTried(Runnable action) {
        parts.dlp().whenTried(action);
    }

    /** Questions to an operator; absent where none can be asked. */
    Optional<AskService> ask() {
        return parts.ask();
    }

    Optional<FlowObserver> flows() {
        return parts.flows();
    }

    /** The policy of the moment. */
    ProxySnapshot snapshot() {
        return parts.proxy().snapshot();
    }

    /** The page; absent where it is off. */
    public Optional<Inspector> inspector() {
        return parts.inspector();
    }

    public Readiness readiness() {
        return parts.readiness();
    }

    Optional<Reloader> reloader() {
        return parts.reloader();
    }

    /** Completes with words when the gate cannot do its work, whatever it is sent. */
    CompletableFuture<String> ended() {
        return parts.ended();
    }

    /** Loads the routes again, and opens the flow log anew; returns at once. */
    void reload() {
        parts.reloader().ifPresent(Reloader::request);
        parts.shadow().ifPresent(Shadow::reload);
        parts.flows().ifPresent(FlowObserver::reopen);
    }

    /** Takes no more callers, lets exchanges under way end within the drain timeout, and ends. Blocks. */
    void drain() throws InterruptedException {
        parts.readiness().fault(Part.DRAINING, "draining");
        parts.ask().ifPresent(AskService::close); // what waits for an operator does not leave
        long end = System.nanoTime() + parts.drain().minus(CLOSING).toNanos();
        parts.proxy().drain();
        Duration left = Duration.ofNanos(end - System.nanoTime());
        if (left.isPositive()) { // nothing is under way any more
            parts.traces().accept(left.compareTo(MOST_FOR_TRACES) < 0 ? left : MOST_FOR_TRACES);
        }
        close();
    }

    /** Ends a drain that is under way. */
    void giveUp() {
        parts.proxy().close();
    }

    /** Ends at once. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        parts.readiness().fault(Part.DRAINING, "draining");
        parts.ask().ifPresent(AskService::close);
        parts.warmUp().close();
        parts.reloader().ifPresent(Reloader::close);
        parts.shadow().ifPresent(Shadow::close);
        parts.proxy().close();
        parts.adminServer().close();
        parts.inspector().ifPresent(Inspector::close);
        parts.upstreams().close();
        parts.leaves().close();
        parts.mints().shutdownNow();
        // Connections close on their loops: those end before what the connections still use.
        parts.loops()
                .shutdownGracefully(0, 250, TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(500, TimeUnit.MILLISECONDS);
        parts.tls().close();
        parts.flows().ifPresent(FlowObserver::close);
        parts.dlp().close();
        parts.traces().accept(CLOSING);
        parts.log().close();
    }
}
