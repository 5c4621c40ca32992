package egress.server.tls;

import egress.ca.LeafCache;
import egress.ca.LeafCertificate;
import egress.exchange.LeafCertificates;
import egress.share.Claimant;
import egress.share.FairExecutor;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Serves the leaves of a {@link LeafCache} through one TLS context, which all names share: BoringSSL's, or the JDK's where the native library cannot be
 * loaded. The context is made at the first use, or by {@link #warmUp()}, on a thread that mints.
 */
public final class CaLeafCertificates implements LeafCertificates, AutoCloseable {
    /** Leaves that handshakes can be in the middle of; the most recent ones. */
    private static final int PINNED = 1024;

    private final LeafCache leaves;
    private final LeafKeyManager keys;
    private final int nativeCapacity;
    private final @Nullable SslProvider forced;
    private final @Nullable FairExecutor mints;

    private final Object lock = new Object();
    private volatile @Nullable SslContext context;
    private boolean closed;

    public CaLeafCertificates(LeafCache leaves) {
        this(leaves, null, null, PINNED);
    }

    /** @param mints gives callers their turns at signing, instead of the cache's own executor */
    public CaLeafCertificates(LeafCache leaves, FairExecutor mints) {
        this(leaves, mints, null, PINNED);
    }

    CaLeafCertificates(LeafCache leaves, @Nullable SslProvider forced, int pinned) {
        this(leaves, null, forced, pinned);
    }

    /**
     * @param forced the provider, or null for the best one there is
     * @param pinned leaves known to the context at the same time
     */
    private CaLeafCertificates(
            LeafCache leaves, @Nullable FairExecutor mints, @Nullable SslProvider forced, int pinned) {
        this.leaves = leaves;
        this.mints = mints;
        this.keys = new LeafKeyManager(pinned);
        // Twice as many, so that the search for forgotten ones, which a full cache makes, is made once in as many new
        // leaves as it finds.
        this.nativeCapacity = 2 * pinned;
        this.forced = forced;
    }

    @Override
    public CompletionStage<ServerTls> prepare(Claimant who, String name) {
        FairExecutor turns = mints;
        CompletionStage<LeafCertificate> leaf = turns == null
                ? leaves.get(name)
                : leaves.get(name, who.caller(), mint -> turns.execute(who, turn -> mint.run()));
        return leaf.thenApply(ready -> new LeafTls(ready, context()));
    }

    /** Loads the TLS library and makes the context. Takes up to some hundred milliseconds: for a background thread at the start. */
    public void warmUp() {
        context();
    }

    /** Which TLS serves the callers, for people; loads the library if that is yet to be done. */
    public String provider() {
        if (providerInUse() != SslProvider.JDK) {
            return OpenSsl.versionString();
        }
        Throwable cause = OpenSsl.unavailabilityCause();
        return "the JDK's TLS" + (cause == null ? "" : " (the native library cannot be loaded: " + cause + ")");
    }

    private SslProvider providerInUse() {
        return forced == null ? ServerTlsContexts.preferred() : forced;
    }

    private SslContext context() {
        SslContext ready = context;
        if (ready != null) {
            return ready;
        }
        synchronized (lock) {
            ready = context;
            if (ready == null) {
                if (closed) {
                    throw new IllegalStateException("closed");
                }
                try {
                    ready = ServerTlsContexts.build(providerInUse(), keys, nativeCapacity);
                } catch (SSLException e) {
                    throw new CompletionException(e);
                }
                context = ready;
            }
            return ready;
        }
    }

    private final class LeafTls implements ServerTls {
        private final LeafCertificate leaf;
        private final SslContext context;

        LeafTls(LeafCertificate leaf, SslContext context) {
            this.leaf = leaf;
            this.context = context;
        }

        @Override
        public SSLEngine newEngine(ByteBufAllocator allocator) {
            keys.pin(leaf);
            return context.newEngine(allocator, leaf.id(), -1);
        }
    }

    /** For tests: how often the TLS library took a leaf's key. */
    long keysGiven() {
        return keys.keysGiven();
    }

    /** Ends the context as soon as the last engine made from it has ended. New engines cannot be made any more. */
    @Override
    public void close() {
        synchronized (lock) {
            if (!closed) {
                closed = true;
                SslContext made = context;
                context = null;
                ReferenceCountUtil.release(made);
            }
        }
    }
}
