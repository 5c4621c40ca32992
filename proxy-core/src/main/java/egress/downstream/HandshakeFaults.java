package egress.downstream;

import egress.http.Authority;
import java.nio.channels.ClosedChannelException;
import java.util.Locale;

/** Why a caller's handshake failed, with the remedy. */
final class HandshakeFaults {
    private HandshakeFaults() {}

    static String words(Throwable cause, Authority authority) {
        String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        if (message.contains("unknown_ca")
                || message.contains("unknown ca")
                || message.contains("certificate_unknown")
                || message.contains("certificate unknown")
                || message.contains("bad_certificate")
                || message.contains("bad certificate")
                // A TLS 1.3 client that never sent its Finished may send its alert in the clear: two bytes, which
                // BoringSSL takes for a record too short to decrypt. OpenSSL's clients do so for a chain they refuse.
                || message.contains("bad_packet_length")) {
            return "the client does not trust the proxy's certificate for " + authority.host();
        }
        if (message.contains("no_shared_cipher")
                || message.contains("no_common_signature_algorithms")
                || message.contains("no cipher suites in common")
                || message.contains("no available authentication scheme")) {
            return "the client and the proxy have no cipher suite or signature algorithm in common for "
                    + authority.host()
                    + ": the proxy's certificates have an EC key (P-256), and the client may take RSA alone";
        }
        if (cause instanceof ClosedChannelException || message.contains("closed") || message.contains("reset")) {
            return "the client disconnected during the handshake: if this keeps happening for " + authority.host()
                    + ", it does not trust the proxy's certificate, or pins the origin's";
        }
        if (message.contains("timed out")) {
            return "the client's TLS handshake for " + authority.host() + " did not end in time";
        }
        return "the client's TLS handshake for " + authority.host() + " failed: "
                + (cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage());
    }
}
