package egress.testkit;

import io.netty.util.LeakPresenceDetector;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test class after which a Netty resource is still open. Registered for every class by {@code META-INF/services}; silent in a
 * JVM that runs with another leak detector.
 *
 * <p>{@link LeakPresenceDetector} counts every tracked resource of the JVM, so a class must close what it opened before it ends
 * (static fields too: in {@code @AfterAll}). What a connection holds is released when its event loop gets to it, so the check gives
 * the count a bounded moment to reach zero.
 */
public final class LeakCheckExtension implements AfterAllCallback {
    static final Duration GRACE = Duration.ofSeconds(5);

    @Override
    public void afterAll(ExtensionContext context) throws InterruptedException {
        boolean nested =
                context.getParent().flatMap(ExtensionContext::getTestClass).isPresent();
        if (!nested) {
            check(context.getDisplayName(), GRACE);
        }
    }

    /** Checks now, for a test that wants to know before its class ends. */
    public static void check(String what, Duration grace) throws InterruptedException {
        LeakPresenceDetector.ResourceScope scope = scope();
        if (scope == null) {
            return;
        }
        long deadline = System.nanoTime() + grace.toNanos();
        while (scope.hasOpenResources() && System.nanoTime() - deadline < 0) {
            Thread.sleep(5); // the count has no event to wait for
        }
        try {
            LeakPresenceDetector.check();
        } catch (IllegalStateException leak) {
            throw new AssertionError(
                    what
                            + " left Netty resources open (a leaked buffer, or a channel, server or client that was not closed; an"
                            + " earlier class when the count is negative). To see who made them, run it with"
                            + " -Dio.netty.util.LeakPresenceDetector.trackCreationStack=true",
                    leak);
        }
    }

    private static LeakPresenceDetector.@Nullable ResourceScope scope() {
        ResourceLeakDetector<Object> active =
                ResourceLeakDetectorFactory.instance().newResourceLeakDetector(Object.class);
        return active.getClass() == LeakPresenceDetector.class ? new Global().scope() : null;
    }

    /** The one way to the scope that {@link LeakPresenceDetector} keeps to its subclasses. */
    private static final class Global extends LeakPresenceDetector<Object> {
        Global() {
            super(Object.class);
        }

        LeakPresenceDetector.ResourceScope scope() {
            return currentScope();
        }
    }
}
