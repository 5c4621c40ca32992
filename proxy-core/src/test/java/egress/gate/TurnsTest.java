package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Event;
import egress.exchange.Observer;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.H2Client;
import egress.testkit.client.ProxyUser;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.H2Wire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What one connection, or one caller's many, sends at once does not keep its event loop from others: they come in between. */
@Timeout(60)
class TurnsTest {
    private static final String HOST = "turns.example";
    private static final String DENIED = "/r.git/git-receive-pack";
    private static final int LOOPS = 2;
    private static final int REQUESTS = 120;
    private static final int CONNECTIONS = 60;
    /** Far fewer than are there: what a slice or two takes, when each request takes as long as a slice. */
    private static final int BEFORE_OTHERS = 24;

    @TempDir
    Path directory;

    private final TestCa ca = TestCa.create("origins");
    private final Slow slow = new Slow();
    private Origin origin;
    private Gate gate;

    /** Each denied request costs its loop a millisecond, and the first stands still until others have asked. */
    private static final class Slow implements Observer {
        private final CountDownLatch begun = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);
        private final AtomicInteger denied = new AtomicInteger();
        private final AtomicInteger deniedThere = new AtomicInteger();
        private volatile @Nullable Thread loop;
        private volatile int beforeOthers = -1;

        @Override
        public void on(Event event) {
            if (event instanceof Event.Ended over && over.exchange().status == 403) {
                if (denied.incrementAndGet() == 1) {
                    loop = Thread.currentThread();
                    begun.countDown();
                    await(goOn);
                }
                if (Thread.currentThread().equals(loop)) {
                    deniedThere.incrementAndGet();
                    LockSupport.parkNanos(1_000_000);
                }
            } else if (event instanceof Event.Started started
                    && started.exchange().target.equals("/echo")
                    && Thread.currentThread().equals(loop)) {
                beforeOthers = deniedThere.get();
            }
        }

        private static void await(CountDownLatch latch) {
            try {
                assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @BeforeEach
    void start() throws IOException {
        origin = Origin.tls(ca.leaf(HOST), Alpn.H2_AND_H1).withoutRecords();
        gate = Gate.builder()
                .origin(HOST, origin.port())
                .trust(ca.writePem(directory.resolve("origins.pem")))
                .observer(slow)
                .users(Map.of("one", "pw", "other", "pw"))
                .start();
    }

    @AfterEach
    void stop() throws IOException {
        gate.close();
        origin.close();
    }

    private ProxyUser user(String name) throws IOException {
        Path pem = directory.resolve("ca.pem");
        Files.writeString(pem, TestCa.pem(gate.authority()));
        return new ProxyUser(gate.port(), name, "pw", pem);
    }

    enum Way {
        H1_PIPELINE,
        H2_REQUESTS,
        H2_RAPID_RESETS
    }

    private static void send(Way way, ProxyUser one) throws IOException {
        if (way == Way.H1_PIPELINE) {
            one.h1(HOST).send(("GET " + DENIED + " HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n").repeat(REQUESTS));
            return;
        }
        byte[] section =
                H2Wire.literals(Field.list(":method", "GET", ":scheme", "https", ":authority", HOST, ":path", DENIED));
        H2Wire wire = one.h2(HOST).wire();
        wire.hold();
        for (int id = 101; id < 101 + 2 * REQUESTS; id += 2) {
            wire.write(H2Wire.headers(id, section, true));
            if (way == Way.H2_RAPID_RESETS) {
                wire.write(H2Frame.rstStream(id, H2Frame.ErrorCode.CANCEL));
            }
        }
        wire.release();
    }

    /**
     * Others ask while the loop stands still.
     *
     * @return how many of the requests that were there before went first
     */
    private int before(List<RawClient> others) throws Exception {
        Slow.await(slow.begun);
        for (RawClient other : others) {
            other.send("GET /echo HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n");
        }
        TimeUnit.MILLISECONDS.sleep(50); // it is in the gate's socket
        slow.goOn.countDown();
        for (RawClient other : others) {
            assertThat(other.readResponse("GET").status()).isEqualTo(200);
        }
        return slow.beforeOthers;
    }

    /** One on each loop: connections are given to them in turn. */
    private static List<RawClient> others(ProxyUser other) throws IOException {
        List<RawClient> all = new ArrayList<>();
        for (int i = 0; i < LOOPS; i++) {
            all.add(other.h1(HOST));
        }
        return all;
    }

    private void awaitDenied(int count) throws InterruptedException {
        for (int i = 0; i < 2_000 && slow.denied.get() < count; i++) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        assertThat(slow.denied).as("all are dealt with in the end").hasValue(count);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void othersComeBetweenTheRequestsOfOneRead(Way way) throws Exception {
        try (ProxyUser one = user("one");
                ProxyUser another = user("other")) {
            List<RawClient> others = others(another);
            send(way, one);
            assertThat(before(others)).as("of " + REQUESTS).isBetween(1, BEFORE_OTHERS);
            awaitDenied(REQUESTS);
        }
    }

    /** The same caller's: its connections share alike. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void soDoOtherConnectionsOfTheSameCaller(Way way) throws Exception {
        try (ProxyUser one = user("one")) {
            List<RawClient> others = others(one);
            send(way, one);
            assertThat(before(others)).as("of " + REQUESTS).isBetween(1, BEFORE_OTHERS);
            awaitDenied(REQUESTS);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void manyConnectionsOfOneCallerAreOneCallers(boolean h2) throws Exception {
        try (ProxyUser one = user("one");
                ProxyUser another = user("other")) {
            List<RawClient> h1s = new ArrayList<>();
            List<H2Client> h2s = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                if (h2) {
                    h2s.add(one.h2(HOST));
                } else {
                    h1s.add(one.h1(HOST));
                }
            }
            List<RawClient> others = others(another);
            for (RawClient each : h1s) {
                each.send("GET " + DENIED + " HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n");
            }
            for (H2Client each : h2s) {
                each.get(HOST, DENIED);
            }
            assertThat(before(others)).as("of " + CONNECTIONS / LOOPS).isLessThanOrEqualTo(BEFORE_OTHERS / 4);
            awaitDenied(CONNECTIONS);
        }
    }

    /** Beyond 200 in 30 s, with a thousand more in the gate already. */
    @Test
    void aConnectionThatResetsTooManyRequestsEndsWithoutTheRest() throws Exception {
        slow.goOn.countDown();
        try (ProxyUser one = user("one")) {
            H2Client client = one.h2(HOST);
            byte[] section = H2Wire.literals(
                    Field.list(":method", "GET", ":scheme", "https", ":authority", HOST, ":path", DENIED));
            client.wire().hold();
            for (int id = 101; id < 101 + 2 * 1_000; id += 2) {
                client.wire().write(H2Wire.headers(id, section, true));
                client.wire().write(H2Frame.rstStream(id, H2Frame.ErrorCode.CANCEL));
            }
            client.wire().release();
            assertThat(client.awaitGoAway().int32(4)).isEqualTo(H2Frame.ErrorCode.ENHANCE_YOUR_CALM.code());
            client.awaitEnd();
            TimeUnit.MILLISECONDS.sleep(100);
            // What was answered in the moment before its reset came is no reset of it.
            assertThat(slow.denied).hasValueBetween(200, 450);
        }
    }

    /** What is answered from here while it waits behind what an origin answers is no reason to stop reading. */
    @Test
    void aConnectionGoesOnAfterAPipelineThatEndsWithADenial() throws Exception {
        slow.goOn.countDown();
        try (ProxyUser one = user("one")) {
            RawClient client = one.h1(HOST);
            String allowed = "GET /echo HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n";
            client.send(allowed + "GET " + DENIED + " HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n");
            assertThat(client.readResponse("GET").status()).isEqualTo(200);
            assertThat(client.readResponse("GET").status()).isEqualTo(403);
            client.send(allowed);
            assertThat(client.readResponse("GET").status()).isEqualTo(200);
        }
    }
}
