package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.origin.OriginExchange;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.H2Settings;
import egress.testkit.wire.H2Stream;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A side that stops makes the other side wait, and nothing pile up in between. */
class BackpressureTest extends TwoOriginsFixture {
    private static final long MIB = 1 << 20;

    /** Waits until the sender is stuck: no byte in a fifth of a second. */
    private static long awaitStall(AtomicLong sent) throws InterruptedException {
        long before = -1;
        for (int i = 0; i < 100 && before != sent.get(); i++) {
            before = sent.get();
            TimeUnit.MILLISECONDS.sleep(200); // that nothing happens has no event
        }
        return sent.get();
    }

    /** Sends piece by piece, and counts. */
    private static Thread sender(AtomicLong sent, long total, Sink sink) {
        byte[] piece = new byte[64 << 10];
        return Thread.ofVirtual().start(() -> {
            try {
                for (long at = 0; at < total; at += piece.length) {
                    sink.write(piece);
                    sent.addAndGet(piece.length);
                }
            } catch (IOException e) {
                sent.set(-1);
            }
        });
    }

    private interface Sink {
        void write(byte[] piece) throws IOException;
    }

    @Pairs
    @Row("27.xa")
    void aReaderThatStopsStopsTheOriginAndThenGetsAll(String version, String host) throws Exception {
        long total = 32 * MIB;
        try (Caller caller = Caller.through(origins.gate(), version, host, H2Settings.defaults(), 64 << 10)) {
            Call call = caller.get("/held");
            OriginExchange exchange = origins.origin(host).takeHeld();
            exchange.head(200, "content-length", Long.toString(total));
            long memory = PlatformDependent.usedDirectMemory();
            AtomicLong sent = new AtomicLong();
            Thread sender = sender(sent, total, exchange::write);
            assertThat(call.status()).isEqualTo(200);

            assertThat(awaitStall(sent)).as("bytes between origin and caller").isLessThan(24 * MIB);
            assertThat(PlatformDependent.usedDirectMemory() - memory).isLessThan(16 * MIB);

            byte[] some = new byte[1 << 16];
            for (long read = 0; read < total; ) {
                int n = call.read(some);
                assertThat(n).as("after " + read + " bytes").isPositive();
                read += n;
            }
            sender.join();
            exchange.end();
            assertThat(call.read(some)).isEqualTo(-1);
        }
    }

    @Pairs
    @Row("27.xb")
    void anOriginThatStopsStopsTheUpload(String version, String host) throws Exception {
        long total = 32 * MIB;
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.begin("POST", "/held");
            OriginExchange exchange = origins.origin(host).takeHeld();
            long memory = PlatformDependent.usedDirectMemory();
            AtomicLong sent = new AtomicLong();
            Thread sender = sender(sent, total, call::write);

            assertThat(awaitStall(sent)).as("bytes between caller and origin").isLessThan(24 * MIB);
            assertThat(PlatformDependent.usedDirectMemory() - memory).isLessThan(16 * MIB);

            Thread ender = Thread.ofVirtual().start(() -> {
                try {
                    sender.join();
                    call.end();
                } catch (IOException | InterruptedException e) {
                    sent.set(-1);
                }
            });
            exchange.drain();
            ender.join();
            exchange.respond(200, "took it");
            assertThat(call.response().text()).isEqualTo("took it");
            assertThat(exchange.request().bodyLength()).isEqualTo(total);
        }
    }

    @Test
    @Row(value = "27.xc", allowed = true)
    void oneStalledStreamLeavesThirtySiblingsAlone() throws IOException {
        for (String host : new String[] {TwoOrigins.H1, TwoOrigins.H2}) {
            try (Caller caller = Caller.through(
                    origins.gate(), "h2", host, H2Settings.defaults().streamWindow(256 << 10), 0)) {
                Call stalled = caller.get("/bytes/8000000");
                assertThat(stalled.status()).isEqualTo(200);
                stalled.h2().awaitArrived(256 << 10);
                List<H2Stream> siblings = new ArrayList<>();
                for (int i = 0; i < 30; i++) {
                    siblings.add(caller.get("/bytes/400000?sibling=" + i).h2());
                }
                for (H2Stream sibling : siblings) {
                    assertThat(sibling.response().body()).hasSize(400_000);
                }
                assertThat(stalled.h2().arrived()).isLessThan(600_000);
                assertThat(stalled.h2().readAll()).hasSize(8_000_000);
            }
        }
    }

    @Test
    @Row(value = "27.xd", allowed = true)
    void oneStalledUploadLeavesItsSiblingsAlone() throws Exception {
        try (Caller caller = origins.caller("h2", TwoOrigins.H2)) {
            Call stalled = caller.begin("POST", "/held");
            OriginExchange exchange = origins.origin(TwoOrigins.H2).takeHeld();
            AtomicLong sent = new AtomicLong();
            Thread sender = sender(sent, 16 * MIB, stalled::write);
            awaitStall(sent);
            for (int i = 0; i < 10; i++) {
                Call sibling = caller.begin("POST", "/count");
                sibling.write(new byte[100_000]).end();
                assertThat(sibling.response().text()).isEqualTo("100000");
            }
            exchange.reset();
            assertThat(stalled.response().status()).isEqualTo(502);
            sender.join();
        }
    }
}
