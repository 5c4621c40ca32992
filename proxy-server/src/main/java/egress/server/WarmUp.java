package egress.server;

import egress.ca.Issuer;
import egress.server.admin.Readiness;
import egress.server.admin.Readiness.Part;
import egress.server.log.Notices;
import egress.server.tls.CaLeafCertificates;
import egress.upstream.PooledUpstreams;
import java.nio.file.FileSystemException;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pays the costs of first use in the background, while connections are accepted already: the TLS library, the signer,
 * the certificates that origins are verified by. Who comes before it is done waits for what it needs, and no longer.
 */
final class WarmUp implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

    private final Thread thread;
    private volatile boolean closed;

    /** What is to be warm. */
    record Work(
            Issuer issuer,
            CaLeafCertificates tls,
            PooledUpstreams upstreams,
            Runnable metrics,
            Runnable trustPages,
            Runnable log,
            Runnable flight,
            Readiness readiness,
            Notices notices) {}

    /** @param onFatal receives why no origin can ever be verified */
    WarmUp(Work work, Consumer<String> onFatal) {
        work.readiness().fault(Part.STARTING, "starting");
        this.thread = Thread.ofPlatform().daemon().name("egress-warm-up").start(() -> run(work, onFatal));
    }

    private void run(Work work, Consumer<String> onFatal) {
        step(work.tls()::warmUp);
        step(work.issuer()::warmUp);
        if (!PooledUpstreams.isNativeTls()) {
            work.notices().say("TLS is served by " + work.tls().provider());
        }
        try {
            work.upstreams().trustedRoots().toCompletableFuture().join();
        } catch (CompletionException e) {
            if (!closed) {
                Throwable cause = e.getCause() == null ? e : e.getCause();
                onFatal.accept("the certificates that origins are verified by cannot be loaded: " + words(cause));
            }
            return;
        }
        work.readiness().clear(Part.STARTING);
        step(work.metrics());
        step(work.log());
        step(work.flight());
        step(work.trustPages());
    }

    private static String words(Throwable cause) {
        @Nullable String message = cause.getMessage();
        return message == null || cause instanceof FileSystemException ? cause.toString() : message;
    }

    private void step(Runnable step) {
        try {
            if (!closed) {
                step.run();
            }
        } catch (RuntimeException e) {
            // The first caller that needs it will learn why.
            if (!closed) {
                LOG.warn("warming up failed: {}", e.toString());
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(2_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
