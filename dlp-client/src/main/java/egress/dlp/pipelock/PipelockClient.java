package egress.dlp.pipelock;

import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Denied;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.ScanVerdict.Refused;
import java.io.Closeable;
import java.io.IOException;

/** One way of asking pipelock. */
interface PipelockClient extends Closeable {

    /** Puts the whole of a request, in as many questions as it takes. Every exception denies. */
    ScanVerdict ask(ScanRequest request, Deadline deadline) throws IOException;

    static ScanVerdict denied(String reason) {
        return new Denied("pipelock", reason);
    }

    static ScanVerdict unavailable(String words) {
        return new Refused(Reason.UNAVAILABLE, "pipelock: " + words);
    }

    /** An answer that is neither yes nor no. */
    static ScanVerdict unavailable(HttpResponse answer, String said) {
        String meaning = switch (answer.status()) {
            case 400 -> "does not take the request";
            case 401, 407 -> "does not take our credentials";
            case 429 -> "is asked too often";
            case 502 -> "cannot reach its upstream";
            case 503 -> "is suspended or overloaded";
            default -> "gives an unexpected answer";
        };
        String words = Reasons.of(answer, said);
        return unavailable(
                meaning + " (" + answer.status() + (words.startsWith("blocked (") ? "" : ": " + words) + ")");
    }
}
