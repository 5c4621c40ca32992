package egress.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.exchange.Failure;
import egress.share.Caller;
import egress.share.Claimant;
import egress.testkit.origin.NameServer;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names asked of a name server on loopback. */
class DnsNamesTest {
    private static final Caller GREEDY = Caller.ofUser("greedy");
    private static final Caller HONEST = Caller.ofUser("honest");

    @TempDir
    Path directory;

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final EventLoop loop = group.next();
    private final ThreadPoolExecutor threads = SystemNames.threads(256);
    private NameServer server;
    private Path hosts;
    private Path configuration;
    private DnsNames names;
    private volatile Instant now = Instant.EPOCH;

    @BeforeEach
    void start() throws IOException {
        server = new NameServer();
        hosts = Files.writeString(directory.resolve("hosts"), "192.0.2.9 known.example Other.example # a comment\n");
        configuration = Files.writeString(directory.resolve("resolv.conf"), "options timeout:1 attempts:2\n");
        names = new DnsNames(List.of(server.address()), configuration, hosts, threads);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        threads.shutdown();
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(10, TimeUnit.SECONDS);
    }

    private Resolver.Answer lookup(String host) throws Exception {
        return names.lookup(loop, host).get(20, TimeUnit.SECONDS);
    }

    private static List<String> literals(List<InetAddress> addresses) {
        return addresses.stream().map(InetAddress::getHostAddress).sorted().toList();
    }

    @Test
    void bothFamiliesAreAskedForAndTheShortestTimeHolds() throws Exception {
        server.name("a.example", 7, "192.0.2.1", "192.0.2.2", "2001:db8::1");
        Resolver.Answer answer = lookup("a.example");
        assertThat(literals(answer.addresses())).containsExactly("192.0.2.1", "192.0.2.2", "2001:db8:0:0:0:0:0:1");
        assertThat(answer.ttl()).isEqualTo(Duration.ofSeconds(7));
        assertThat(server.queries).extracting(NameServer.Query::type).containsExactlyInAnyOrder(1, 28);
    }

    @Test
    void eachLookupHasAPortAndAnIdOfItsOwnAndMixedCase() throws Exception {
        server.name("a-rather-long-name.example", 60, "192.0.2.1");
        for (int i = 0; i < 20; i++) {
            lookup("a-rather-long-name.example");
        }
        assertThat(server.queries.stream().map(NameServer.Query::port).distinct())
                .hasSizeGreaterThanOrEqualTo(15);
        assertThat(server.queries.stream().map(NameServer.Query::id).distinct()).hasSizeGreaterThanOrEqualTo(35);
        assertThat(server.queries.stream()
                        .filter(one -> !one.name().equals(one.name().toLowerCase(Locale.ROOT))))
                .hasSizeGreaterThan(30);
    }

    @Test
    void aTruncatedAnswerIsAskedForByTcp() throws Exception {
        server.name("long.example", 60, "192.0.2.1").truncated("long.example");
        assertThat(literals(lookup("long.example").addresses())).containsExactly("192.0.2.1");
        assertThat(server.queries).anyMatch(NameServer.Query::tcp);
    }

    @Test
    void anAliasIsFollowedAndItsTimeCounts() throws Exception {
        server.alias("www.example", 3, "real.example").name("real.example", 60, "192.0.2.1");
        Resolver.Answer answer = lookup("www.example");
        assertThat(literals(answer.addresses())).containsExactly("192.0.2.1");
        assertThat(answer.ttl()).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void aliasesThatGoInCirclesEndSoon() {
        server.alias("a.example", 60, "b.example").alias("b.example", 60, "a.example");
        assertThatThrownBy(() -> lookup("a.example")).isInstanceOf(ExecutionException.class);
        assertThat(server.queries).hasSizeLessThan(60);
    }

    @Test
    void thatThereIsNoSuchNameIsAnAnswerAndSilenceAndErrorsAreNone() {
        server.silent("dead.example")
                .error("broken.example", 2)
                .error("refused.example", 5)
                .empty("empty.example");
        assertThatThrownBy(() -> lookup("empty.example")).hasCauseInstanceOf(UnknownHostException.class);
        assertThatThrownBy(() -> lookup("nowhere.example")).hasCauseInstanceOf(UnknownHostException.class);
        assertThatThrownBy(() -> lookup("dead.example")).hasCauseInstanceOf(TimeoutException.class);
        assertThatThrownBy(() -> lookup("broken.example")).hasCauseInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> lookup("refused.example")).hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void theHostsFileComesFirstAndIsReadAnewWhenItChanges() throws Exception {
        server.name("known.example", 60, "192.0.2.1");
        assertThat(literals(lookup("known.example").addresses())).containsExactly("192.0.2.9");
        assertThat(literals(lookup("OTHER.example").addresses())).containsExactly("192.0.2.9");
        assertThat(server.queries).isEmpty();
        Files.writeString(hosts, "192.0.2.10 known.example\n2001:db8::10 known.example\n");
        assertThat(literals(lookup("known.example").addresses()))
                .containsExactly("192.0.2.10", "2001:db8:0:0:0:0:0:10");
        Files.delete(hosts);
        assertThat(literals(lookup("known.example").addresses())).containsExactly("192.0.2.1");
        assertThat(literals(lookup("localhost").addresses())).containsExactly("0:0:0:0:0:0:0:1", "127.0.0.1");
    }

    @Test
    void searchDomainsHoldAsTheConfigurationSaysAndItIsReadAnew() throws Exception {
        server.name("api.corp.example", 60, "192.0.2.1").name("api.lab.example", 60, "192.0.2.2");
        Files.writeString(configuration, "search corp.example\noptions timeout:1\n");
        assertThat(literals(lookup("api").addresses())).containsExactly("192.0.2.1");
        Files.writeString(configuration, "search none.example lab.example\noptions timeout:1 ndots:2\n");
        assertThat(literals(lookup("api").addresses())).containsExactly("192.0.2.2");
    }

    @Test
    void whatTheConfigurationSays() {
        ResolvConf conf = ResolvConf.parse(List.of(
                "# comment",
                "nameserver 192.0.2.53",
                "nameserver 2001:db8::53",
                "nameserver nonsense",
                "domain a.example",
                "search b.example c.example",
                "options ndots:3 timeout:4 attempts:9 rotate x:y"));
        assertThat(conf.servers())
                .containsExactly(new InetSocketAddress("192.0.2.53", 53), new InetSocketAddress("2001:db8::53", 53));
        assertThat(conf.search()).containsExactly("b.example", "c.example");
        assertThat(conf.ndots()).isEqualTo(3);
        assertThat(conf.timeoutMillis()).isEqualTo(4_000);
        assertThat(conf.attempts()).isEqualTo(5);
        assertThat(conf.rotate()).isTrue();
        assertThat(ResolvConf.parse(List.of()).servers())
                .containsExactly(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 53));
    }

    private CompletableFuture<List<InetAddress>> resolve(Resolver resolver, Caller caller, String host) {
        return resolver.resolve(loop, new Claimant(caller, 1), host);
    }

    @Test
    void namesThatNeverResolveHoldUpNobodyElse() throws Exception {
        server.silent("dead.example");
        Resolver resolver = new Resolver(names, Resolver.Limits.DEFAULTS, () -> now);
        List<CompletableFuture<List<InetAddress>>> dead = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            dead.add(resolve(resolver, GREEDY, "n" + i + ".dead.example"));
        }
        for (int i = 0; i < 50; i++) {
            server.name("good" + i + ".example", 60, "192.0.2.1");
            long began = System.nanoTime();
            assertThat(resolve(resolver, HONEST, "good" + i + ".example").get(20, TimeUnit.SECONDS))
                    .hasSize(1);
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(3));
        }
        assertThat(dead).anyMatch(one -> !one.isDone());
    }

    @Test
    void anAnswerIsKeptForItsOwnTimeAndARefusalForTwoSeconds() throws Exception {
        Resolver resolver = new Resolver(names, Resolver.Limits.DEFAULTS, () -> now);
        server.name("a.example", 5, "192.0.2.1");
        resolve(resolver, HONEST, "a.example").get(20, TimeUnit.SECONDS);
        server.name("a.example", 5, "192.0.2.2");
        now = now.plusSeconds(4);
        assertThat(literals(resolve(resolver, HONEST, "a.example").get(20, TimeUnit.SECONDS)))
                .containsExactly("192.0.2.1");
        now = now.plusSeconds(1);
        assertThat(literals(resolve(resolver, HONEST, "a.example").get(20, TimeUnit.SECONDS)))
                .containsExactly("192.0.2.2");
        assertThatThrownBy(() -> resolve(resolver, HONEST, "b.example").get(20, TimeUnit.SECONDS))
                .hasCauseInstanceOf(FailureException.class);
        server.name("b.example", 5, "192.0.2.3");
        now = now.plusSeconds(2);
        assertThat(literals(resolve(resolver, HONEST, "b.example").get(20, TimeUnit.SECONDS)))
                .containsExactly("192.0.2.3");
    }

    @Test
    void silenceIsATimeoutInWords() {
        server.silent("dead.example");
        Resolver resolver = new Resolver(names, Resolver.Limits.DEFAULTS, () -> now);
        assertThatThrownBy(() -> resolve(resolver, HONEST, "dead.example").get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        FailureException.class,
                        failed -> assertThat(failed.failure()).isInstanceOf(Failure.UpstreamTimedOut.class));
    }
}
