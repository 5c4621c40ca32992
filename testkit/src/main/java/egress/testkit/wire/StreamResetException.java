package egress.testkit.wire;

import java.io.IOException;

/** The other side reset the stream. */
public final class StreamResetException extends IOException {
    private final int code;

    StreamResetException(int streamId, int code) {
        super("stream " + streamId + " was reset: " + H2Frame.ErrorCode.name(code));
        this.code = code;
    }

    /** The error code of the RST_STREAM. */
    public int code() {
        return code;
    }
}
