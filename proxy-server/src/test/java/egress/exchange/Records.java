package egress.exchange;

import egress.http.Authority;
import egress.share.Caller;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Records of exchanges that no relay has made. */
public final class Records {
    private static final InetSocketAddress CALLER = new InetSocketAddress(InetAddress.getLoopbackAddress(), 4711);

    private Records() {}

    /** Of a request by h1 over TLS that has just begun. */
    public static ExchangeRecord of(long id, String host, String method, String target) {
        return new ExchangeRecord(
                id,
                CALLER,
                Caller.ofAddress(CALLER),
                new Authority(host, 443),
                true,
                "HTTP/1.1",
                method,
                target,
                System.nanoTime());
    }
}
