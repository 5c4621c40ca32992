package egress.server.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.ca.Issuer;
import egress.ca.LeafCache;
import egress.exchange.LeafCertificates.ServerTls;
import egress.share.Caller;
import egress.share.Claimant;
import egress.share.FairExecutor;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who asks for names without end does not delay another's new name. */
class MintSharesTest {
    private static final Claimant FLOOD = new Claimant(Caller.ofUser("flood"), 1);
    private static final Claimant OTHER = new Claimant(Caller.ofUser("other"), 2);
    private static final int WAITING = 400;
    /** Far fewer than wait before it: what is begun when it comes, and what a slice holds. */
    private static final long SOON = 40;

    @Test
    void anotherCallersNameIsSignedBeforeTheRestOfAFlood() throws Exception {
        Issuer issuer = Issuer.mint(Instant::now, new SecureRandom());
        try (ThreadPoolExecutor threads = LeafCache.boundedExecutor(1, WAITING)) {
            FairExecutor turns = FairExecutor.computing(1, WAITING, threads);
            try (CaLeafCertificates certificates =
                    new CaLeafCertificates(new LeafCache(issuer, threads, Instant::now, WAITING), turns)) {
                certificates.warmUp();
                CountDownLatch go = new CountDownLatch(1);
                turns.execute(Claimant.SELF, turn -> await(go));
                List<CompletableFuture<ServerTls>> flood = new ArrayList<>();
                for (int i = 0; i < WAITING; i++) {
                    Claimant connection = new Claimant(FLOOD.caller(), i);
                    flood.add(certificates
                            .prepare(connection, "n" + i + ".example")
                            .toCompletableFuture());
                }
                int last = WAITING * 3 / 4;
                CompletableFuture<ServerTls> mine =
                        certificates.prepare(OTHER, "new.example").toCompletableFuture();
                CompletableFuture<ServerTls> theirs =
                        certificates.prepare(OTHER, "n" + last + ".example").toCompletableFuture();
                long[] before = {-1, -1};
                mine.thenRun(() -> before[0] = done(flood));
                theirs.thenRun(() -> before[1] = done(flood));
                go.countDown();
                CompletableFuture.allOf(mine, theirs).get(20, TimeUnit.SECONDS);

                assertThat(before[0]).as("of the flood, signed before it").isBetween(0L, SOON + refused(flood));
                assertThat(before[1]).as("before a name that both ask for").isBetween(0L, SOON + refused(flood));
                assertThatThrownBy(flood.getLast()::join)
                        .isInstanceOf(CompletionException.class)
                        .hasMessageContaining("too many certificates are being minted");
            }
        }
    }

    private static long done(List<CompletableFuture<ServerTls>> asked) {
        return asked.stream().filter(CompletableFuture::isDone).count();
    }

    private static long refused(List<CompletableFuture<ServerTls>> asked) {
        return asked.stream()
                .filter(CompletableFuture::isCompletedExceptionally)
                .count();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
