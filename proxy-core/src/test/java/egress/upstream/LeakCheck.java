package egress.upstream;

import io.netty.util.LeakPresenceDetector;
import java.time.Duration;

/** That no Netty resource of the JVM is open: what a connection holds is released when its event loop gets to it, so it may take a moment. */
final class LeakCheck extends LeakPresenceDetector<Object> {
    private static final long GRACE_NANOS = Duration.ofSeconds(5).toNanos();

    private LeakCheck() {
        super(Object.class);
    }

    static void nothingIsOpen() throws InterruptedException {
        ResourceScope all = new LeakCheck().currentScope();
        long end = System.nanoTime() + GRACE_NANOS;
        while (all.hasOpenResources() && System.nanoTime() - end < 0) {
            Thread.sleep(5); // the count has no event to wait for
        }
        check();
    }
}
