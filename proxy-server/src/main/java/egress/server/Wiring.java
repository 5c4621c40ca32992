package egress.server;

import egress.ProxyServer;
import egress.ca.CaException;
import egress.ca.Issuer;
import egress.ca.LeafCache;
import egress.ca.MintWatch;
import egress.exchange.Asking;
import egress.exchange.CallerBudgets;
import egress.exchange.LocalSite;
import egress.exchange.Observer;
import egress.policy.Policy;
import egress.server.admin.AdminServer;
import egress.server.admin.Readiness;
import egress.server.agent.AgentSite;
import egress.server.agent.McpEndpoint;
import egress.server.agent.PastDenials;
import egress.server.ask.AskService;
import egress.server.ask.Asks;
import egress.server.cli.Version;
import egress.server.config.Endpoint;
import egress.server.config.Settings;
import egress.server.dlp.DlpService;
import egress.server.dlp.judge.ScanWatch;
import egress.server.flight.FlightRecords;
import egress.server.flows.FlowObserver;
import egress.server.flows.FlowSink;
import egress.server.inspect.Inspector;
import egress.server.log.AsyncWriter;
import egress.server.log.EventLog;
import egress.server.log.Notice;
import egress.server.log.Notices;
import egress.server.log.Streams;
import egress.server.metrics.EventLoopLag;
import egress.server.metrics.ExchangeMetrics;
import egress.server.onboarding.OnboardingSite;
import egress.server.onboarding.TrustPages;
import egress.server.routes.Reloader;
import egress.server.tls.CaLeafCertificates;
import egress.server.trace.Tracing;
import egress.share.Caller;
import egress.share.FairExecutor;
import egress.upstream.PooledUpstreams;
import egress.upstream.UpstreamConfig;
import egress.upstream.UpstreamLimits;
import egress.upstream.tls.TrustedRoots;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Makes the program's parts and puts them together, by hand, in one place. */
final class Wiring {
    private static final int MINTS_WAITING = 1_024;
    private static final long MOST_LOG_BYTES = 16 << 20;
    /** The part of the heap that log lines may wait in. */
    private static final int LOG_HEAP_SHARE = 16;

    /** The part of the memory outside of the heap that unread answers of origins may fill. */
    private static final int WINDOW_HEAP_SHARE = 4;

    private final Settings settings;
    private final Notices notices;
    private final InstantSource clock;
    private final AsyncWriter logWriter;
    private final Readiness readiness = new Readiness();
    private final ExchangeMetrics metrics = new ExchangeMetrics();
    private final Optional<FlightRecords> flight = FlightRecords.whereThereIsARecorder();
    private final CompletableFuture<PrometheusMeterRegistry> registry = new CompletableFuture<>();
    private final CompletableFuture<String> ended = new CompletableFuture<>();
    private final Listeners listeners;
    private final RoutesInForce routes;
    private final Optional<Inspector> inspector;
    private final PastDenials denials;
    private final AtomicReference<LocalSite> site = new AtomicReference<>(LocalSite.EMPTY);

    private Wiring(Settings settings, Streams streams, Notices notices, InstantSource clock) {
        this.settings = settings;
        this.notices = notices;
        this.clock = clock;
        this.listeners = new Listeners(settings);
        this.routes = new RoutesInForce(settings, notices, readiness, metrics);
        this.denials = new PastDenials(clock, new SecureRandom());
        long bytes = Math.min(MOST_LOG_BYTES, Runtime.getRuntime().maxMemory() / LOG_HEAP_SHARE);
        this.logWriter = new AsyncWriter(streams.out(), streams.err(), bytes);
        this.inspector = settings.inspect().on()
                ? Optional.of(new Inspector(settings.inspect(), new SecureRandom(), Version.number()))
                : Optional.empty();
    }

    /** Where the authority comes from: it may still be loading while other parts are made. */
    interface IssuerSource {
        /** @throws CaException where there is none to be had: the gate must not start */
        Issuer get() throws CaException;
    }

    /** What callers are answered by the gate itself, once that is made. */
    private record SiteLater(AtomicReference<LocalSite> made) implements LocalSite {
        @Override
        public Optional<Page> page(Caller caller, String path) {
            return made.get().page(caller, path);
        }

        @Override
        public Optional<Posting> posting(String path) {
            return made.get().posting(path);
        }
    }

    /**
     * Starts a gate: it listens when this returns, and warms up in the background.
     *
     * @param observer receives every event besides the program's own records
     * @throws IOException when an address cannot be had, with a sentence that names it
     */
    static ProxyProcess start(
            Settings settings,
            IssuerSource issuer,
            Streams streams,
            Notices notices,
            InstantSource clock,
            Observer observer)
            throws IOException, CaException {
        return start(settings, issuer, streams, notices, clock, observer, List.of());
    }

    /**
     * The same.
     *
     * @param sinks take flows besides the flow log
     */
    static ProxyProcess start(
            Settings settings,
            IssuerSource issuer,
            Streams streams,
            Notices notices,
            InstantSource clock,
            Observer observer,
            List<FlowSink> sinks)
            throws IOException, CaException {
        Wiring wiring = new Wiring(settings, streams, notices, clock);
        try {
            return wiring.start(issuer, streams, observer, sinks);
        } catch (IOException | CaException | RuntimeException e) {
            wiring.logWriter.close();
            throw e;
        }
    }

    private ProxyProcess start(IssuerSource source, Streams streams, Observer observer, List<FlowSink> sinks)
            throws IOException, CaException {
        RoutesInForce.First first = routes.load();
        metrics.routes(first.routes().policy());
        Issuer issuer = source.get();
        readiness.watch(issuer::whyNotNow);
        DlpService dlp = DlpService.start(
                settings,
                issuer,
                readiness,
                notices,
                flight.<ScanWatch>map(it -> it).orElse(ScanWatch.NONE));
        try {
            EventLog eventLog = new EventLog(
                    settings.log(),
                    streams,
                    logWriter,
                    clock,
                    routes.rules(first.routes(), dlp),
                    TerminalFilter.of(settings.log().filter()));
            Optional<FlowObserver> flows =
                    FlowObserver.start(settings.flows(), sinks(sinks), eventLog::masker, notices, clock);
            try {
                return start(first, eventLog, flows, issuer, dlp, observer);
            } catch (IOException | RuntimeException e) {
                flows.ifPresent(FlowObserver::close);
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            dlp.close();
            throw e;
        }
    }

    private ProxyProcess start(
            RoutesInForce.First first,
            EventLog eventLog,
            Optional<FlowObserver> flows,
            Issuer issuer,
            DlpService dlp,
            Observer observer)
            throws IOException {
        Optional<AskService> ask =
                ask(eventLog, first.routes().policy()); // first: it may fail, and leaves nothing open then
        Optional<Tracing> tracing = tracing(eventLog);
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
                settings.loops(), new DefaultThreadFactory("egress-loop"), NioIoHandler.newFactory());
        dlp.listener().ifPresent(listeners::add);
        PooledUpstreams upstreams = PooledUpstreams.create(upstream());
        // 10,000 a second by one thread; with as many as processors, a flood of names would take the loops their time.
        int signers = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        ThreadPoolExecutor mints = LeafCache.boundedExecutor(signers, MINTS_WAITING);
        FairExecutor turns = FairExecutor.computing(signers, MINTS_WAITING, mints);
        LeafCache leaves = new LeafCache(
                issuer,
                mints,
                clock,
                settings.leaves(),
                flight.<MintWatch>map(it -> it).orElse(MintWatch.NONE));
        CaLeafCertificates tls = new CaLeafCertificates(leaves, turns);
        Optional<Shadow> shadow = Shadow.of(settings, notices, clock, metrics, eventLog, inspector);
        AdminServer admin = new AdminServer(readiness, () -> registry.join().scrape());
        CallerBudgets budgets = CallerBudgets.of(
                Descriptors.connections(settings.limits().maxConnections()),
                Runtime.getRuntime().maxMemory());
        Asking asking = RoutesInForce.asking(ask);
        try {
            ProxyServer proxy = listeners.proxy(
                    RoutesInForce.snapshot(first.valid() ? 1 : 0, first.routes(), dlp, asking),
                    new ProxyServer.Ports(
                            loops,
                            tls,
                            upstreams,
                            upstreams,
                            settings.upstreamHttp(),
                            observers(eventLog, flows, shadow, tracing, observer),
                            new SiteLater(site),
                            budgets,
                            asking));
            ask.ifPresent(it -> it.desk().serve(proxy::snapshot));
            List<InetSocketAddress> probed = listeners.admin(admin, loops, proxy, inspector);
            inspector.ifPresent(page -> page.opened(
                    probed.getFirst(), () -> proxy.snapshot().policy(), asks(ask), replayBy(proxy, issuer)));
            Optional<Reloader> reloader =
                    routes.reload(first, new RoutesInForce.Users(proxy, eventLog, dlp, ask), clock);
            shadow.ifPresent(Shadow::start);
            TrustPages kit = new TrustPages(issuer, this::machineTrust, proxyUri(proxy.address()));
            site.set(agentSite(kit, proxy, asks(ask)));
            WarmUp warmUp = new WarmUp(
                    new WarmUp.Work(
                            issuer,
                            tls,
                            upstreams,
                            () -> open(new Meters(
                                    issuer,
                                    leaves,
                                    turns,
                                    upstreams,
                                    proxy,
                                    budgets,
                                    logWriter,
                                    readiness,
                                    reloader,
                                    shadow,
                                    dlp,
                                    flows,
                                    ask,
                                    tracing,
                                    new EventLoopLag(loops))),
                            kit::warmUp,
                            eventLog::warmUp,
                            () -> flight.ifPresent(it ->
                                    it.awaitRecorder(text -> eventLog.masker().text(text))),
                            readiness,
                            notices),
                    ended::complete);
            return new ProxyProcess(new ProxyProcess.Parts(
                    issuer,
                    loops,
                    proxy,
                    reloader,
                    shadow,
                    first.routes(),
                    admin,
                    probed,
                    upstreams,
                    leaves,
                    tls,
                    mints,
                    dlp,
                    flows,
                    inspector,
                    ask,
                    settings.timeouts().drain(),
                    flusher(tracing),
                    logWriter,
                    eventLog::masker,
                    readiness,
                    warmUp,
                    ended));
        } catch (IOException | RuntimeException e) {
            flusher(tracing).accept(Duration.ZERO);
            ask.ifPresent(AskService::close);
            admin.close();
            upstreams.close();
            mints.shutdownNow();
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
            tls.close();
            throw e;
        }
    }

    private LocalSite agentSite(TrustPages kit, ProxyServer proxy, Asks asks) {
        return new AgentSite(
                new OnboardingSite(kit, routes::allowlist),
                asks,
                new McpEndpoint(() -> proxy.snapshot().policy(), denials, asks, Version.number()));
    }

    private static Asks asks(Optional<AskService> ask) {
        return ask.<Asks>map(AskService::desk).orElse(Asks.NOBODY);
    }

    /** Asks an operator; empty where none can be asked. */
    private Optional<AskService> ask(EventLog eventLog, Policy policy) throws IOException {
        Optional<AskService> ask = AskService.start(
                settings.ask(),
                inspector.isPresent(),
                clock,
                new SecureRandom(),
                text -> eventLog.masker().text(text),
                event -> notices.say(new Notice.Ask(event.name(), event.words(), event.fields())));
        routes.warnOfNobody(ask, policy);
        return ask;
    }

    private List<FlowSink> sinks(List<FlowSink> others) {
        return Stream.concat(inspector.map(Inspector::sinks).orElse(List.of()).stream(), others.stream())
                .toList();
    }

    private Optional<Tracing> tracing(EventLog eventLog) throws IOException {
        return settings.trace().isEmpty()
                ? Optional.empty()
                : Optional.of(Tracing.start(
                        settings.trace().get(),
                        Version.number(),
                        text -> eventLog.masker().text(text),
                        this::machineTrust,
                        notices,
                        clock));
    }

    /** To make a function that names the class of traces is to load it: so there is none where there are no traces. */
    private static Consumer<Duration> flusher(Optional<Tracing> tracing) {
        return tracing.isEmpty() ? most -> {} : tracing.get()::close;
    }

    private List<Observer> observers(
            EventLog eventLog,
            Optional<FlowObserver> flows,
            Optional<Shadow> shadow,
            Optional<Tracing> tracing,
            Observer other) {
        List<Observer> all = new ArrayList<>(List.of(metrics, eventLog, denials, other));
        flows.ifPresent(all::add);
        shadow.ifPresent(it -> all.add(it.routes()));
        if (tracing.isPresent()) {
            all.add(tracing.get());
        }
        flight.ifPresent(all::add);
        return all;
    }

    /** Sized by what the process may have. */
    private UpstreamConfig upstream() {
        UpstreamLimits asked = settings.upstream().limits();
        UpstreamLimits limits = asked.within(
                Descriptors.connections(asked.connections()),
                Runtime.getRuntime().maxMemory() / WINDOW_HEAP_SHARE);
        return settings.upstream().withOwnListeners(listeners::addresses).withLimits(limits);
    }

    /** A gate with routes sends what its callers send, and nothing of its own. */
    private Optional<Inspector.Gate> replayBy(ProxyServer proxy, Issuer issuer) {
        return settings.serving().routes().isPresent()
                ? Optional.empty()
                : Optional.of(new Inspector.Gate(
                        proxy.address(),
                        issuer.certificate(),
                        settings.serving().proxyUsers()));
    }

    private void open(Meters meters) {
        PrometheusMeterRegistry made = meters.register();
        metrics.ready(made);
        registry.complete(made);
    }

    private List<X509Certificate> machineTrust() {
        try {
            return TrustedRoots.ofMachine(settings.environment()).certificates();
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** The gate as its callers on this machine reach it. */
    private static URI proxyUri(InetSocketAddress address) throws UnknownHostException {
        String host =
                address.getAddress().isAnyLocalAddress() ? "127.0.0.1:" + address.getPort() : Endpoint.text(address);
        return URI.create("http://" + host);
    }
}
