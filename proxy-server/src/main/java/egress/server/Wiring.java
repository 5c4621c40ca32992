package egress.server;

import egress.ProxyConfig;
import egress.ProxyServer;
import egress.ca.CaException;
import egress.ca.Issuer;
import egress.ca.LeafCache;
import egress.ca.MintWatch;
import egress.exchange.Asking;
import egress.exchange.CallerBudgets;
import egress.exchange.LocalSite;
import egress.exchange.Observer;
import egress.exchange.ProxySnapshot;
import egress.policy.Policy;
import egress.policy.Route;
import egress.server.admin.AdminPages;
import egress.server.admin.AdminServer;
import egress.server.admin.HostCheck;
import egress.server.admin.Readiness;
import egress.server.admin.Readiness.Part;
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
import egress.server.dlp.judge.Supervision;
import egress.server.flight.FlightRecords;
import egress.server.flows.FlowObserver;
import egress.server.flows.FlowSink;
import egress.server.inspect.Inspector;
import egress.server.log.AsyncWriter;
import egress.server.log.EventLog;
import egress.server.log.Notice;
import egress.server.log.Notices;
import egress.server.log.SecretMasker;
import egress.server.log.Streams;
import egress.server.metrics.EventLoopLag;
import egress.server.metrics.ExchangeMetrics;
import egress.server.metrics.ProcessMetrics;
import egress.server.onboarding.OnboardingSite;
import egress.server.onboarding.TrustPages;
import egress.server.routes.Reloader;
import egress.server.routes.RoutesFile;
import egress.server.routes.RoutesSource;
import egress.server.tls.CaLeafCertificates;
import egress.server.trace.Tracing;
import egress.share.Caller;
import egress.share.FairExecutor;
import egress.upstream.PooledUpstreams;
import egress.upstream.TrustedRoots;
import egress.upstream.UpstreamConfig;
import egress.upstream.UpstreamLimits;
import egress.upstream.UpstreamProxy;
import io.micrometer.prometheusmetrics.PrometheusConfig;
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
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
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

    /** The part of what is about the memory outside of the heap that origins may fill with answers nobody reads. */
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
    private final AtomicReference<Set<InetSocketAddress>> own = new AtomicReference<>(Set.of());
    private final AtomicReference<String> allowlist = new AtomicReference<>("");
    private final Optional<Inspector> inspector;
    private final PastDenials denials;
    private final AtomicReference<LocalSite> site = new AtomicReference<>(LocalSite.EMPTY);

    private Wiring(Settings settings, Streams streams, Notices notices, InstantSource clock) {
        this.settings = settings;
        this.notices = notices;
        this.clock = clock;
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

    /** What the first load of the routes gave. */
    private record First(Optional<RoutesSource> source, RoutesFile.Loaded routes, boolean valid, String fingerprint) {}

    /**
     * Starts a gate: it listens when this returns, and warms up in the background.
     *
     * @param observer hears of everything besides the program's own records
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
        First first = firstRoutes();
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
                    rules(first.routes(), dlp),
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
            First first,
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
        dlp.listener().ifPresent(sink -> own.set(Set.of(sink)));
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
        Asking asking = ask.<Asking>map(AskService::desk).orElse(Asking.NOBODY);
        try {
            ProxyServer proxy = listen(
                    snapshot(first.valid() ? 1 : 0, first.routes(), dlp, asking),
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
            List<InetSocketAddress> probed = bindAdmin(admin, loops, proxy);
            inspector.ifPresent(page -> page.opened(
                    probed.getFirst(), () -> proxy.snapshot().policy(), asks(ask), replayBy(proxy, issuer)));
            Optional<Reloader> reloader = reloader(first, proxy, eventLog, dlp, ask);
            shadow.ifPresent(Shadow::start);
            TrustPages kit = new TrustPages(issuer, this::machineTrust, proxyUri(proxy.address()));
            allowlist.compareAndSet("", first.routes().allowlist());
            site.set(agentSite(kit, proxy, asks(ask)));
            WarmUp warmUp = new WarmUp(
                    new WarmUp.Work(
                            issuer,
                            tls,
                            upstreams,
                            () -> register(
                                    issuer,
                                    leaves,
                                    turns,
                                    upstreams,
                                    proxy,
                                    budgets,
                                    reloader,
                                    shadow,
                                    dlp,
                                    flows,
                                    ask,
                                    tracing,
                                    new EventLoopLag(loops)),
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
                new OnboardingSite(kit, allowlist::get),
                asks,
                new McpEndpoint(() -> proxy.snapshot().policy(), denials, asks, Version.number()));
    }

    private static Asks asks(Optional<AskService> ask) {
        return ask.<Asks>map(AskService::desk).orElse(Asks.NOBODY);
    }

    /** Who asks an operator; empty where nobody can be asked. */
    private Optional<AskService> ask(EventLog eventLog, Policy policy) throws IOException {
        Optional<AskService> ask = AskService.start(
                settings.ask(),
                inspector.isPresent(),
                clock,
                new SecureRandom(),
                text -> eventLog.masker().text(text),
                event -> notices.say(new Notice.Ask(event.name(), event.words(), event.fields())));
        warnOfNobody(ask, policy);
        return ask;
    }

    private void warnOfNobody(Optional<AskService> ask, Policy policy) {
        if (ask.isEmpty() && policy.asks()) {
            notices.say(new Notice.Warning(
                    settings.ask().ofChild()
                            ? "the routes ask an operator, and nobody but the program's own user could answer: ask"
                                    + " means deny (expected: --ask-queue DIR with --ask-owner of another user)"
                            : "the routes ask an operator, and nobody can be asked: ask means deny (expected:"
                                    + " --ask-queue DIR or --inspect)"));
        }
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
        return settings.upstream().withOwnListeners(own::get).withLimits(limits);
    }

    private ProxyServer listen(ProxySnapshot first, ProxyServer.Ports ports) throws IOException {
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

    private interface Binding<T> {
        T bind() throws IOException;
    }

    /** An address that cannot be had is said with its flag and the way out. */
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

    private First firstRoutes() {
        if (settings.serving().routes().isEmpty()) {
            List<Route> passthrough = settings.serving().passthrough().stream()
                    .map(host -> Route.named(host).passthrough(true).build())
                    .toList();
            return new First(Optional.empty(), RoutesFile.Loaded.of(Policy.allowAll(passthrough), 0), true, "");
        }
        RoutesSource source = new RoutesSource(
                settings.serving().routes().get(), settings.serving().passthrough(), settings.environment());
        String fingerprint = source.fingerprint();
        return switch (source.load()) {
            case RoutesFile.Result.Valid valid -> new First(Optional.of(source), valid.loaded(), true, fingerprint);
            case RoutesFile.Result.Invalid invalid -> {
                invalid.errors().forEach(notices::say);
                notices.say("there are no valid routes: everything is denied until a reload finds some");
                readiness.fault(
                        Part.ROUTES, "no valid routes: " + invalid.errors().getFirst());
                // The words of the file are the operator's business, not the caller's.
                Policy denied =
                        Policy.denyAll("the gate has no valid routes: nothing is allowed until they are mended");
                yield new First(Optional.of(source), RoutesFile.Loaded.of(denied, 1), false, fingerprint);
            }
        };
    }

    private static ProxySnapshot snapshot(long generation, RoutesFile.Loaded routes, DlpService dlp, Asking asking) {
        return new ProxySnapshot(
                generation,
                routes.policy(),
                dlp.inspector(routes.policy().routes(), routes.secrets(), new Supervision(asking, generation)));
    }

    private EventLog.Rules rules(RoutesFile.Loaded routes, DlpService dlp) {
        List<String> others = new ArrayList<>(settings.serving().proxyUsers().values());
        others.addAll(routes.secrets());
        settings.upstream().proxy().flatMap(UpstreamProxy::credentials).ifPresent(value -> {
            others.add(value);
            others.add(value.substring(value.indexOf(' ') + 1));
        });
        settings.trace().ifPresent(traces -> others.addAll(traces.secrets()));
        return new EventLog.Rules(
                routes.logLevel(), SecretMasker.of(routes.policy().routes(), others, dlp::masker));
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

    private List<InetSocketAddress> bindAdmin(AdminServer admin, EventLoopGroup loops, ProxyServer proxy)
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
        Set<InetSocketAddress> all = new HashSet<>(own.get());
        all.addAll(probed);
        all.add(proxy.address());
        own.set(Set.copyOf(all));
        return List.copyOf(probed);
    }

    private Optional<Reloader> reloader(
            First first, ProxyServer proxy, EventLog eventLog, DlpService dlp, Optional<AskService> ask) {
        Asking asking = ask.<Asking>map(AskService::desk).orElse(Asking.NOBODY);
        return first.source().map(source -> {
            Reloader.Listener listener = new Reloader.Listener() {
                @Override
                public void loaded(RoutesFile.Loaded routes, long generation) {
                    ProxySnapshot next =
                            snapshot(generation, routes, dlp, asking); // first: the log masks by its scanner
                    eventLog.update(rules(routes, dlp));
                    proxy.update(next);
                    ask.ifPresent(it -> it.desk().reloaded(next));
                    warnOfNobody(ask, routes.policy());
                    metrics.routes(routes.policy());
                    dlp.reloaded();
                    readiness.clear(Part.ROUTES);
                    allowlist.set(routes.allowlist());
                    notices.say(new Notice.Reloaded(
                            routes.line(), generation, routes.policy().routes().size()));
                    routes.warnings().forEach(warning -> notices.say(new Notice.Warning(warning)));
                }

                @Override
                public void failed(List<String> errors) {
                    errors.forEach(notices::say);
                    notices.say(new Notice.ReloadFailed(errors));
                }
            };
            Reloader reloader = new Reloader(
                    source,
                    listener,
                    settings.serving().reloadInterval(),
                    clock,
                    first.valid() ? 1 : 0,
                    first.fingerprint());
            reloader.start();
            return reloader;
        });
    }

    private void register(
            Issuer issuer,
            LeafCache leaves,
            FairExecutor mints,
            PooledUpstreams upstreams,
            ProxyServer proxy,
            CallerBudgets budgets,
            Optional<Reloader> reloader,
            Optional<Shadow> shadow,
            DlpService dlp,
            Optional<FlowObserver> flows,
            Optional<AskService> ask,
            Optional<Tracing> tracing,
            EventLoopLag lag) {
        PrometheusMeterRegistry made = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        ProcessMetrics.process(made, lag, logWriter::lost, Version.number());
        budgets.byName().forEach((name, budget) -> ProcessMetrics.budget(made, name, budget::statistics));
        ProcessMetrics.budget(made, "log", logWriter::statistics);
        for (String name : upstreams.budgets().keySet()) {
            ProcessMetrics.budget(
                    made, name, () -> Objects.requireNonNull(upstreams.budgets().get(name)));
        }
        ProcessMetrics.leaves(made, leaves::statistics);
        ProcessMetrics.budget(made, "mints", mints::statistics);
        long end = issuer.certificate().getNotAfter().toInstant().getEpochSecond();
        ProcessMetrics.gauge(made, "egress.ca.expiry.seconds", "When the CA ends, as Unix time", () -> end);
        ProcessMetrics.upstream(made, upstreams::statistics);
        ProcessMetrics.gauge(made, "egress.connections.open", "Open connections of callers", proxy::openConnections);
        ProcessMetrics.gauge(
                made, "egress.ready", "1 when ready", () -> readiness.whyNot().isEmpty() ? 1 : 0);
        reloader.ifPresent(it -> ProcessMetrics.routes(
                made, it::successes, it::failures, it::lastHeld, it::generation, it::lastSuccess));
        ProcessMetrics.dlp(made, dlp::statistics);
        shadow.ifPresent(it -> ProcessMetrics.shadow(made, it::lost));
        if (tracing.isPresent()) {
            register(made, tracing.get());
        }
        flows.ifPresent(it -> {
            ProcessMetrics.flows(made, it::recorded, it::lost);
            ProcessMetrics.budget(made, "flows", it::statistics);
        });
        ask.ifPresent(it -> ProcessMetrics.asks(made, it.desk()));
        metrics.ready(made);
        registry.complete(made);
    }

    private static void register(PrometheusMeterRegistry made, Tracing tracing) {
        ProcessMetrics.budget(made, "traces", () -> tracing.statistics().memory());
        ProcessMetrics.counter(
                made,
                "egress.traces.sent",
                "Exchanges whose spans the receiver took",
                () -> tracing.statistics().sent());
        ProcessMetrics.counter(
                made,
                "egress.traces.lost",
                "Sampled exchanges whose spans nobody has",
                () -> tracing.statistics().lost());
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
