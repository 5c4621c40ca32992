package egress.upstream.tls;

import egress.exchange.Failure;

/** What becomes of a handshake, on the event loop. */
public interface TlsListener {
    /**
     * @param protocol chosen by ALPN; {@code http/1.1} where the origin chose none
     * @param nanos the handshake, certificate verification included
     */
    void onSecured(String protocol, long nanos);

    /** The channel is closed. */
    void onUntrusted(Failure failure, Remedy remedy);

    /** What may help where a handshake failed. */
    enum Remedy {
        NONE,
        /** The origin speaks none of the protocols offered. */
        OTHER_PROTOCOL,
        /** The next handshake with it is the JDK's, which knows more algorithms. */
        ONCE_MORE
    }
}
