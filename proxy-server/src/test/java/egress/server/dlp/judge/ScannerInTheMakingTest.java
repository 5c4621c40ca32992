package egress.server.dlp.judge;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.Place;
import egress.dlp.Profile;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.builtin.BuiltInScanner;
import egress.exchange.Failure;
import egress.http.Authority;
import egress.policy.DlpRules;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.server.config.KnownHits;
import egress.share.Allowance;
import egress.share.Caller;
import egress.share.Claimant;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A reload makes a new scanner, on the threads that scan: what waits for it must not have the threads meanwhile. */
final class ScannerInTheMakingTest {
    private static final Claimant WHO = new Claimant(Caller.ofUser("one"), 1);
    private static final ScanRequest HEAD =
            ScanRequest.head("ws.example", "GET", "/", List.of(), ScanOptions.defaults());
    private static final Allowance ENOUGH = new Allowance() {
        @Override
        public boolean take(long amount) {
            return true;
        }

        @Override
        public void give(long amount) {
            // There is enough.
        }
    };

    private final CompletableFuture<Scanners.Faces> made = new CompletableFuture<>();
    private final ScanPlaces places = new ScanPlaces(2, Duration.ofSeconds(20), ScanWatch.NONE);

    private MessageJudge judge(EventLoop loop) {
        KnownHitLock lock = new KnownHitLock(KnownHits.OFF, System::nanoTime);
        return new MessageJudge(
                new ScanDispatcher(places, loop, WHO),
                ENOUGH,
                new Scanners(Optional.of(new Scanners.BuiltIn(made)), Optional.empty()),
                RouteScanPolicy.of(DlpRules.DEFAULT, Set.of(), Profile.BALANCED),
                new FindingReporter(lock, WHO.caller(), _ -> {}),
                new Supervisor(
                        Supervision.NOBODY,
                        lock,
                        loop,
                        WHO,
                        new RequestHead(true, new Authority("ws.example", 443), "GET", "/", new DefaultHttpHeaders()),
                        Route.named("ws.example").build(),
                        _ -> {}),
                new Place.WebSocket(),
                List.of(),
                HEAD);
    }

    @Test
    void messagesThatWaitForItLeaveThePlacesToItsMaking() throws Exception {
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            EventLoop loop = loops.next();
            CountDownLatch asked = new CountDownLatch(3);
            CountDownLatch judged = new CountDownLatch(3);
            List<Optional<Failure>> verdicts = new CopyOnWriteArrayList<>();
            for (int i = 0; i < 3; i++) { // one more than there are places
                loop.execute(() -> {
                    MessagePayload payload = MessagePayload.plain(() -> new ByteArrayInputStream(new byte[100]));
                    judge(loop).judge(payload, 100, true, ScanDispatcher.Subject.NONE, verdict -> {
                        verdicts.add(verdict);
                        judged.countDown();
                    });
                    asked.countDown();
                });
            }
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            places.scans().execute(Claimant.SELF, turn -> {
                BuiltInScanner scanner = new BuiltInScanner(List.of(), new byte[32], Runnable::run);
                made.complete(new Scanners.Faces(scanner, scanner));
            });
            assertThat(judged.await(10, TimeUnit.SECONDS))
                    .as("judged once the scanner is made, and it is made although they wait")
                    .isTrue();
            assertThat(verdicts).hasSize(3).allMatch(Optional::isEmpty);
        } finally {
            made.cancel(false);
            places.close();
            loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }
}
