package egress.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.LeakPresenceDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.time.Duration;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.Extension;

class LeakCheckExtensionTest {
    @Test
    void runsInThisBuildForEveryClass() {
        assertThat(ResourceLeakDetectorFactory.instance().newResourceLeakDetector(Object.class))
                .isInstanceOf(LeakPresenceDetector.class);
        assertThat(ServiceLoader.load(Extension.class)).hasAtLeastOneElementOfType(LeakCheckExtension.class);
    }

    @Test
    void failsWhileABufferIsOpenAndSaysWhatToDo() throws InterruptedException {
        ByteBuf buffer = ByteBufAllocator.DEFAULT.buffer(10);
        assertThatThrownBy(() -> LeakCheckExtension.check("SomeTest", Duration.ofMillis(20)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("SomeTest left Netty resources open")
                .hasMessageContaining("trackCreationStack");
        buffer.release();
        // The check forgot the buffer, so its release counts one too many: the next check says so, and is even again.
        assertThatThrownBy(() -> LeakCheckExtension.check("NextTest", Duration.ZERO))
                .hasRootCauseMessage(
                        "Possible memory leak detected for resource scope 'global'. Resource count was negative: "
                                + "A resource previously reported as a leak was released after all. Please ensure that that "
                                + "resource is released before its test finishes.");
        LeakCheckExtension.check("LastTest", Duration.ZERO);
    }

    @Test
    void givesACloseInFlightItsMoment() throws InterruptedException {
        ByteBuf buffer = ByteBufAllocator.DEFAULT.buffer(10);
        Thread closer = Thread.ofVirtual().start(() -> {
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            buffer.release();
        });
        LeakCheckExtension.check("SomeTest", Duration.ofSeconds(10));
        closer.join();
    }
}
