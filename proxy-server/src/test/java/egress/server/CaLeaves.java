package egress.server;

import egress.ca.Issuer;
import egress.ca.LeafCache;
import egress.gate.Gate;
import egress.gate.Leaves;
import egress.server.tls.CaLeafCertificates;
import egress.share.Claimant;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadPoolExecutor;

/** The program's own certificates for the gate of a test: an issuer, its cache, and the TLS that serves them. */
public final class CaLeaves implements Leaves {
    private final ThreadPoolExecutor minting = LeafCache.boundedExecutor(2, 1000);
    private final Issuer issuer = Issuer.mint(InstantSource.system(), new SecureRandom());
    private final LeafCache leaves = new LeafCache(issuer, minting, InstantSource.system(), 1000);
    private final CaLeafCertificates certificates = new CaLeafCertificates(leaves);

    private CaLeaves() {}

    /** A gate whose callers see the certificates that the program serves. */
    public static Gate.Builder gate() {
        return Gate.builder().leaves(new CaLeaves());
    }

    @Override
    public X509Certificate authority() {
        return issuer.certificate();
    }

    @Override
    public CompletionStage<ServerTls> prepare(Claimant who, String name) {
        return certificates.prepare(who, name);
    }

    @Override
    public void close() {
        leaves.close();
        minting.shutdownNow();
        certificates.close();
    }
}
