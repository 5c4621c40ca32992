package egress.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ProxyUnderTest;
import egress.share.Caller;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class AsyncWriterTest {
    private static final Caller ONE = Caller.ofUser("one");
    private static final Caller OTHER = Caller.ofUser("other");

    private final ProxyUnderTest.Captured out = new ProxyUnderTest.Captured();
    private final ProxyUnderTest.Captured err = new ProxyUnderTest.Captured();

    @Test
    void writesEverythingInOrderBeforeItCloses() {
        try (AsyncWriter writer = new AsyncWriter(out, err, 1 << 20)) {
            for (int i = 0; i < 5_000; i++) {
                int number = i;
                writer.offer(
                        (toOut, toErr) -> {
                            toOut.append("out ").append(number).append('\n');
                            toErr.append("err ").append(number).append('\n');
                        },
                        ONE,
                        1);
            }
            assertThat(writer.lost()).isZero();
        }
        assertThat(out.lines())
                .containsExactlyElementsOf(
                        IntStream.range(0, 5_000).mapToObj(i -> "out " + i).toList());
        assertThat(err.lines()).hasSize(5_000);
    }

    @Test
    void wakesUpForALineAfterALongPause() throws InterruptedException {
        try (AsyncWriter writer = new AsyncWriter(out, err, 1 << 20)) {
            for (int i = 0; i < 20; i++) {
                String line = "line " + i;
                writer.offer((toOut, toErr) -> toOut.append(line).append('\n'), ONE, 1);
                ProxyUnderTest.await(line, () -> out.find(line) != null);
            }
        }
    }

    @Test
    @Timeout(30)
    void aStalledTerminalCostsBoundedMemoryAndNoTimeAndTheLossIsSaid() throws InterruptedException {
        CountDownLatch stalled = new CountDownLatch(1);
        CountDownLatch entered = new CountDownLatch(1);
        OutputStream stuck = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                entered.countDown();
                try {
                    stalled.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        };
        try (AsyncWriter writer = new AsyncWriter(stuck, err, 1_000)) {
            writer.offer((toOut, toErr) -> toOut.append("first\n"), ONE, 100);
            assertThat(entered.await(10, TimeUnit.SECONDS)).isTrue();
            for (int i = 0; i < 1_000; i++) {
                writer.offer((toOut, toErr) -> toErr.append("more\n"), ONE, 100);
            }
            assertThat(writer.lost()).isEqualTo(992);
            stalled.countDown();
            ProxyUnderTest.await("the loss", () -> err.find("lost") != null);
            assertThat(err.find("lost")).isEqualTo("egress: 992 log line(s) lost: written too slowly");
            assertThat(err.lines()).hasSize(9);
        }
    }

    @Test
    void aFloodOfOneCallersLinesLosesNoneOfAnothers() throws InterruptedException {
        CountDownLatch stalled = new CountDownLatch(1);
        CountDownLatch entered = new CountDownLatch(1);
        OutputStream stuck = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                entered.countDown();
                try {
                    stalled.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        };
        try (AsyncWriter writer = new AsyncWriter(stuck, err, 16_000)) {
            writer.offer((toOut, toErr) -> toOut.append("first\n"), ONE, 100);
            assertThat(entered.await(10, TimeUnit.SECONDS)).isTrue();
            for (int i = 0; i < 1_000; i++) {
                writer.offer((toOut, toErr) -> toErr.append("flood\n"), ONE, 100);
            }
            long flood = writer.lost();
            assertThat(flood).isPositive();
            for (int i = 0; i < 15; i++) {
                writer.offer((toOut, toErr) -> toErr.append("another's\n"), OTHER, 100);
            }
            assertThat(writer.lost()).as("lines lost").isEqualTo(flood);
            stalled.countDown();
        }
        assertThat(err.lines()).filteredOn("another's"::equals).hasSize(15);
    }

    @Test
    void aClosedPipeEndsNothing() throws InterruptedException {
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        try (AsyncWriter writer = new AsyncWriter(broken, err, 1 << 20)) {
            writer.offer((toOut, toErr) -> toOut.append("gone\n"), ONE, 1);
            ProxyUnderTest.await("a loss", () -> writer.lost() > 0);
            writer.offer((toOut, toErr) -> toErr.append("still here\n"), ONE, 1);
            ProxyUnderTest.await("the other stream", () -> err.find("still here") != null);
        }
    }

    @Test
    void anEntryThatThrowsIsCountedAndTheNextIsWritten() throws InterruptedException {
        try (AsyncWriter writer = new AsyncWriter(out, err, 1 << 20)) {
            writer.offer(
                    (toOut, toErr) -> {
                        throw new IllegalStateException("cannot be put into words");
                    },
                    ONE,
                    1);
            writer.offer(
                    (toOut, toErr) -> {
                        throw new OutOfMemoryError("a line too long for the heap");
                    },
                    ONE,
                    1);
            writer.offer((toOut, toErr) -> toOut.append("next\n"), ONE, 1);
            ProxyUnderTest.await("the next", () -> out.find("next") != null);
            assertThat(writer.lost()).isEqualTo(2);
        }
    }
}
