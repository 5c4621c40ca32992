package egress.downstream;

import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells what a caller can cause, by breaking its connection or TLS or h2, from errors of our own. */
final class Unexpected {
    private static final Logger LOG = LoggerFactory.getLogger(Unexpected.class);

    private Unexpected() {}

    static boolean is(Throwable cause) {
        return !(cause instanceof IOException || cause instanceof DecoderException || cause instanceof Http2Exception);
    }

    /** Logs it if it is an error of our own. */
    static void log(String where, Throwable cause) {
        if (is(cause)) {
            LOG.error("unexpected, while {}: the connection is closed", where, cause);
        }
    }
}
