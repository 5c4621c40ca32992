package egress.upstream.tls;

import java.security.cert.CertificateException;

/** A certificate that does not prove the host; the message is a sentence for the caller. */
final class UntrustedException extends CertificateException {
    private static final long serialVersionUID = 1L;

    UntrustedException(String words) {
        super(words);
    }
}
