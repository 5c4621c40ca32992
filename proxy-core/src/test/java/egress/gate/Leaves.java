package egress.gate;

import egress.exchange.LeafCertificates;
import java.security.cert.X509Certificate;

/** Who signs the leaves of a {@link Gate}; closed with the gate, after its event loops have ended. */
public interface Leaves extends LeafCertificates, AutoCloseable {
    /** What a caller has to trust. */
    X509Certificate authority();

    @Override
    void close();
}
