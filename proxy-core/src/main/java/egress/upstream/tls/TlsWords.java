package egress.upstream.tls;

import egress.http.Printable;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Why TLS with an origin failed, in words instead of those of a TLS library. */
public final class TlsWords {
    private TlsWords() {}

    /** What is wrong, as the end of a sentence. */
    static String of(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        String lower = message.toLowerCase(Locale.ROOT);
        String said = ": " + Printable.quote(message);
        if (lower.contains("renegotiation")) {
            return "it asked for a second handshake on the open connection, and TLS is not renegotiated" + said;
        }
        if (lower.contains("certificate_required") || lower.contains("certificate required")) {
            return "it asks for a client certificate, and the proxy has none" + said;
        }
        if (lower.contains("protocol_version") || lower.contains("unsupported_protocol")) {
            return "it speaks neither TLS 1.2 nor TLS 1.3" + said;
        }
        if (isNothingInCommon(lower)) {
            return "it has no cipher suite, group or signature algorithm in common with the proxy, or asks for a client"
                    + " certificate" + said;
        }
        return Printable.quote(message);
    }

    /** Of a connection that broke, where TLS is why; null where it is not. */
    public static @Nullable String ofBroken(Throwable cause) {
        for (Throwable t = cause; t != null; t = t.getCause()) {
            if (t instanceof SSLException) {
                return "TLS with the origin broke (" + of(t) + ")";
            }
        }
        return null;
    }

    /** Whether a library with other algorithms may succeed. */
    static boolean isNothingInCommon(Throwable cause) {
        for (Throwable t = cause; t != null; t = t.getCause()) {
            if (t instanceof UntrustedException) {
                return false;
            }
            String message = String.valueOf(t.getMessage()).toLowerCase(Locale.ROOT);
            if (isNothingInCommon(message)
                    || message.contains("alert_internal_error")) { // the alert that Java's servers send
                return true;
            }
        }
        return false;
    }

    /** An alert for it, or a certificate or key exchange of a kind that was not offered. */
    private static boolean isNothingInCommon(String message) {
        return message.contains("handshake_failure")
                || message.contains("insufficient_security")
                || message.contains("unsupported_certificate")
                || message.contains("wrong_signature_type")
                || message.contains("wrong_certificate_type")
                || message.contains("unknown_certificate_type")
                || message.contains("wrong_curve")
                || message.contains("unsupported_elliptic_curve");
    }
}
