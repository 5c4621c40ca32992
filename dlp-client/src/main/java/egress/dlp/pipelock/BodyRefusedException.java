package egress.dlp.pipelock;

import egress.dlp.ScanVerdict.Reason;
import java.io.IOException;

/** The request's own body cannot be asked: the fault is not pipelock's. */
final class BodyRefusedException extends IOException {
    private static final long serialVersionUID = 1;

    private final Reason reason;

    BodyRefusedException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    Reason reason() {
        return reason;
    }
}
