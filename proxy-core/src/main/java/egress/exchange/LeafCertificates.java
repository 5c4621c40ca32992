package egress.exchange;

import egress.share.Claimant;
import io.netty.buffer.ByteBufAllocator;
import java.util.concurrent.CompletionStage;
import javax.net.ssl.SSLEngine;

/** Port: where the certificate for a bumped connection comes from. */
public interface LeafCertificates {
    /**
     * Gets a certificate for the name ready. Never blocks, and never throws: whatever is wrong fails the stage.
     *
     * @param who takes it out of its share of the signing
     * @param name the host of the authority: a DNS name in A-labels, or an IP literal (IPv6 with or without brackets)
     * @return completes on any thread when a certificate for the name can be served, which may be before the call returns; fails when none can be had
     *     (no valid name, too many waiting, the CA's end): the connection is then refused
     */
    CompletionStage<ServerTls> prepare(Claimant who, String name);

    /** What serves TLS under one name. */
    interface ServerTls {
        /**
         * A new engine in server mode: TLS 1.2 and 1.3, ALPN {@code h2} and {@code http/1.1}, no client certificate asked for. To be called on the event
         * loop, and where the engine is native it holds memory outside the heap: hand it at once to an {@code SslHandler}, which releases it, or
         * release it with {@code ReferenceCountUtil}.
         *
         * <p>A handshake may resume a session that began under another name. Nothing may be concluded from a session but that its bytes are secret:
         * policy is decided anew for each connection.
         */
        SSLEngine newEngine(ByteBufAllocator allocator);
    }
}
