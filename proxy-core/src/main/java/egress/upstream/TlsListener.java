package egress.upstream;

import egress.exchange.Failure;

/** What becomes of a handshake, on the event loop. */
interface TlsListener {
    /**
     * @param protocol chosen by ALPN; {@code http/1.1} where the origin chose none
     * @param nanos the handshake, certificate verification included
     */
    void onSecured(String protocol, long nanos);

    /**
     * The channel is closed.
     *
     * @param noCommonProtocol whether the origin speaks none of the protocols offered
     */
    void onUntrusted(Failure failure, boolean noCommonProtocol);
}
