package egress.exchange;

import egress.exchange.Upstreams.Protocol;

/** Which version of HTTP the operator wants towards origins. */
public enum UpstreamHttp {
    /** h2 wherever the origin offers it. */
    AUTO,
    /** HTTP/1.1 always. */
    H1,
    /** The caller's version, where the origin offers it. */
    MIRROR;

    /**
     * @param upgrade whether the request asks for another protocol by Upgrade, which h2 has not (RFC 9113 §8.6)
     * @param http2Caller whether the caller speaks h2
     */
    public Protocol protocolFor(boolean upgrade, boolean http2Caller) {
        if (upgrade) {
            return Protocol.HTTP_1_1;
        }
        return switch (this) {
            case AUTO -> Protocol.ANY;
            case H1 -> Protocol.HTTP_1_1;
            case MIRROR -> http2Caller ? Protocol.ANY : Protocol.PREFER_HTTP_1_1;
        };
    }
}
