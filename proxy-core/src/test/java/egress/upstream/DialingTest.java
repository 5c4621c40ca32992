package egress.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Failure;
import egress.exchange.Upstreams.Attempt;
import egress.exchange.Upstreams.Origin;
import egress.exchange.Upstreams.Protocol;
import egress.http.Authority;
import egress.share.Claimant;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslProvider;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From names to dialled addresses. Nothing is ever dialled: the sockets only record, and answer as told. */
class DialingTest {
    private final Map<String, String> names = new ConcurrentHashMap<>();
    private final RecordingSockets sockets = new RecordingSockets();

    @AfterAll
    static void nothingLeaks() throws InterruptedException {
        LeakCheck.nothingIsOpen();
    }

    /** Keeps every address asked for; refuses unless told otherwise. */
    private static final class RecordingSockets implements Sockets {
        final List<InetSocketAddress> dialled = new CopyOnWriteArrayList<>();
        final List<ChannelPromise> pending = new CopyOnWriteArrayList<>();
        final Set<String> silent = ConcurrentHashMap.newKeySet();
        final Set<String> open = ConcurrentHashMap.newKeySet();

        @Override
        public ChannelFuture connect(EventLoop loop, InetSocketAddress address) {
            dialled.add(address);
            ChannelPromise promise = new DefaultChannelPromise(new EmbeddedChannel(), loop);
            String host = address.getAddress().getHostAddress();
            if (open.contains(host)) {
                promise.setSuccess();
            } else if (silent.contains(host)) {
                pending.add(promise);
            } else {
                promise.setFailure(new ConnectException("Connection refused"));
            }
            return promise;
        }

        List<String> hosts() {
            return dialled.stream()
                    .map(one -> one.getAddress().getHostAddress())
                    .toList();
        }
    }

    private InetAddress[] lookup(String host) throws UnknownHostException {
        String known = names.get(host);
        if (known == null) {
            throw new UnknownHostException(host);
        }
        InetAddress[] addresses = new InetAddress[known.split(" ", -1).length];
        for (int i = 0; i < addresses.length; i++) {
            addresses[i] = InetAddress.getByName(known.split(" ", -1)[i]);
        }
        return addresses;
    }

    private Rig rig(UpstreamConfig config) {
        return new Rig(new PooledUpstreams(config, this::lookup, sockets, InstantSource.system(), SslProvider.JDK));
    }

    private static Failure dial(Rig rig, String host, int port) throws Exception {
        TestExchange exchange = TestExchange.get(host);
        rig.acquire(exchange, new Origin(new Authority(host, port), false, Protocol.ANY));
        return exchange.failure();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "10.0.0.1 192.168.0.1",
                "169.254.169.254",
                "100.64.0.1",
                "::1",
                "fd00:ec2::254",
                "fe80::1",
                "::ffff:127.0.0.1",
                "64:ff9b::7f00:1",
                "2002:7f00:1::1",
                "0.0.0.0",
                "224.0.0.1"
            })
    void aNameThatLeadsToAForbiddenAddressIsNotDialled(String addresses) throws Exception {
        names.put("api.example", addresses);
        try (Rig rig = rig(UpstreamConfig.DEFAULTS)) {
            Failure failure = dial(rig, "api.example", 80);
            assertThat(failure).isInstanceOf(Failure.UpstreamForbidden.class);
            assertThat(failure.words()).startsWith("api.example leads to ");
            assertThat(sockets.dialled).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "0.0.0.0"})
    void aForbiddenLiteralIsNotDialledEither(String literal) throws Exception {
        try (Rig rig = rig(UpstreamConfig.DEFAULTS)) {
            assertThat(dial(rig, literal, 80)).isInstanceOf(Failure.UpstreamForbidden.class);
            assertThat(sockets.dialled).isEmpty();
        }
    }

    @Test
    void ofMixedAnswersOnlyTheAllowedAreDialledAndExactlyThose() throws Exception {
        names.put("api.example", "10.0.0.1 8.8.8.8 127.0.0.1 2606:4700::1 fe80::1 9.9.9.9");
        try (Rig rig = rig(UpstreamConfig.DEFAULTS)) {
            assertThat(dial(rig, "api.example", 8080)).isInstanceOf(Failure.UpstreamUnreachable.class);
            assertThat(sockets.hosts()).containsExactly("2606:4700:0:0:0:0:0:1", "8.8.8.8", "9.9.9.9");
            assertThat(sockets.dialled).allMatch(one -> one.getPort() == 8080);
        }
    }

    @Test
    void anAnswerThatChangesIsJudgedAnewBeforeEachDial() throws Exception {
        try (Rig rig = rig(UpstreamConfig.DEFAULTS)) {
            names.put("first.example", "8.8.8.8");
            assertThat(dial(rig, "first.example", 80)).isInstanceOf(Failure.UpstreamUnreachable.class);
            names.put("second.example", "127.0.0.1");
            assertThat(dial(rig, "second.example", 80)).isInstanceOf(Failure.UpstreamForbidden.class);
            names.put("third.example", "9.9.9.9");
            assertThat(dial(rig, "third.example", 80)).isInstanceOf(Failure.UpstreamUnreachable.class);
            assertThat(sockets.hosts()).containsExactly("8.8.8.8", "9.9.9.9");
        }
    }

    @Test
    void allowedBlocksAreDialled() throws Exception {
        names.put("api.example", "10.0.0.1 127.0.0.1");
        try (Rig rig = rig(UpstreamConfig.DEFAULTS.withAllowPrivate(List.of(Cidr.parse("10.0.0.0/8"))))) {
            dial(rig, "api.example", 80);
            assertThat(sockets.hosts()).containsExactly("10.0.0.1");
        }
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, 9099, true", "127.0.0.1, 9100, false", "10.0.0.1, 9099, false"})
    void theProxysOwnListenerIsNeverDialledNotEvenWherePinned(String address, int port, boolean refused)
            throws Exception {
        names.put("api.example", address);
        UpstreamConfig config = UpstreamConfig.DEFAULTS
                .withAllowPrivate(List.of(Cidr.parse("0.0.0.0/0")))
                .withOwnListeners(() -> Set.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 9099)));
        try (Rig rig = rig(config)) {
            assertThat(dial(rig, "api.example", port) instanceof Failure.UpstreamForbidden)
                    .isEqualTo(refused);
        }
        try (Rig rig = rig(config.withConnectTo(List.of(ConnectTo.parse("::" + address + ":" + port))))) {
            assertThat(dial(rig, "api.example", 443) instanceof Failure.UpstreamForbidden)
                    .isEqualTo(refused);
        }
    }

    @Test
    void aPinnedNameIsNotLookedUpAndItsAddressNotGuarded() throws Exception {
        try (Rig rig = rig(Rig.pinnedTo(8443))) {
            dial(rig, "unknown.example", 443);
            assertThat(sockets.dialled).containsExactly(new InetSocketAddress(InetAddress.getLoopbackAddress(), 8443));
        }
    }

    @Test
    void withAProxyBehindUsItAloneIsLookedUpAndDialledUnguarded() throws Exception {
        names.put("proxy.example", "10.0.0.9");
        UpstreamConfig config = UpstreamConfig.DEFAULTS.withProxy(UpstreamProxy.parse("http://proxy.example:8888"));
        try (Rig rig = rig(config)) {
            assertThat(dial(rig, "api.example", 443)).isInstanceOf(Failure.UpstreamUnreachable.class);
            assertThat(sockets.hosts()).containsExactly("10.0.0.9");
            assertThat(sockets.dialled.getFirst().getPort()).isEqualTo(8888);
        }
    }

    @Test
    void anUnknownNameIsSaid() throws Exception {
        try (Rig rig = rig(UpstreamConfig.DEFAULTS)) {
            assertThat(dial(rig, "nowhere.example", 80))
                    .isEqualTo(new Failure.UpstreamUnreachable("no address is known for nowhere.example"));
        }
    }

    @Test
    void theFamiliesAreTriedInTurn() throws Exception {
        List<InetAddress> mixed = Arrays.asList(
                InetAddress.getByName("192.0.2.1"),
                InetAddress.getByName("192.0.2.2"),
                InetAddress.getByName("2001:db8::1"),
                InetAddress.getByName("192.0.2.3"),
                InetAddress.getByName("2001:db8::2"));
        assertThat(Connector.interleave(mixed).stream().map(InetAddress::getHostAddress))
                .containsExactly("2001:db8:0:0:0:0:0:1", "192.0.2.1", "2001:db8:0:0:0:0:0:2", "192.0.2.2", "192.0.2.3");
    }

    @Test
    void aSilentAddressIsOvertakenByTheNextAndThenClosed() throws Exception {
        names.put("api.example", "2606:4700::1 8.8.8.8 9.9.9.9");
        sockets.silent.add("2606:4700:0:0:0:0:0:1");
        sockets.open.add("8.8.8.8");
        CompletableFuture<Channel> connected = new CompletableFuture<>();
        try (Rig rig = rig(UpstreamConfig.DEFAULTS)) {
            long start = System.nanoTime();
            rig.on(() -> rig.upstreams.dial(
                    rig.loop, Claimant.SELF, new Authority("api.example", 443), Rig.listener(connected)));
            connected.get(20, TimeUnit.SECONDS);
            long waited = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);

            assertThat(waited).isGreaterThanOrEqualTo(240);
            assertThat(sockets.hosts()).containsExactly("2606:4700:0:0:0:0:0:1", "8.8.8.8");
            assertThat(sockets.pending.getFirst().channel().isOpen()).isFalse();
            sockets.pending.forEach(late -> late.setSuccess());
            rig.run(() -> {});
        }
    }

    @Test
    void silentAddressesTimeOutTogetherAndAreClosed() throws Exception {
        names.put("api.example", "8.8.8.8 9.9.9.9");
        sockets.silent.addAll(List.of("8.8.8.8", "9.9.9.9"));
        UpstreamTimeouts timeouts = new UpstreamTimeouts(
                Duration.ofMillis(100),
                Duration.ofSeconds(1),
                Duration.ofMillis(10),
                Duration.ofSeconds(1),
                Duration.ofSeconds(5),
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                Duration.ofSeconds(5));
        try (Rig rig = rig(UpstreamConfig.DEFAULTS.withTimeouts(timeouts))) {
            assertThat(dial(rig, "api.example", 80)).isInstanceOf(Failure.UpstreamTimedOut.class);
            assertThat(sockets.pending)
                    .hasSize(2)
                    .allMatch(one -> !one.channel().isOpen());
        }
    }

    @Test
    void aCancelledDialClosesWhatIsUnderWayAndTellsNobody() throws Exception {
        names.put("api.example", "8.8.8.8");
        sockets.silent.add("8.8.8.8");
        CompletableFuture<Channel> connected = new CompletableFuture<>();
        try (Rig rig = rig(UpstreamConfig.DEFAULTS)) {
            Attempt attempt = rig.on(() -> rig.upstreams.dial(
                    rig.loop, Claimant.SELF, new Authority("api.example", 443), Rig.listener(connected)));
            rig.await("dialled", () -> !sockets.pending.isEmpty());
            rig.run(attempt::cancel);
            assertThat(sockets.pending.getFirst().channel().isOpen()).isFalse();
            assertThat(connected).isNotDone();
        }
    }
}
