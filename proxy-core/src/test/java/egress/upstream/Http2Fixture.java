package egress.upstream;

import io.netty.handler.codec.http2.Http2Settings;
import java.util.List;

/** An h2 origin of {@code api.example}, and upstreams that trust it. */
abstract class Http2Fixture extends TlsFixture {
    static final TestCa.Identity IDENTITY = CA.issue("api.example");

    /** The codec leaves 1 to the upgrade from h1. */
    static final byte FIRST_STREAM = 3;

    static H2Origin origin(H2Origin.Script script) throws Exception {
        return new H2Origin(IDENTITY, Http2Settings.defaultSettings(), false, script);
    }

    static UpstreamConfig config(H2Origin origin) {
        return Rig.pinnedTo(origin.port()).withExtraTrust(List.of(caPem));
    }
}
