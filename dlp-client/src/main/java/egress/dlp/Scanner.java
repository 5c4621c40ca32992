package egress.dlp;

import java.util.concurrent.CompletionStage;

/** Judges one request before it leaves. */
@FunctionalInterface
public interface Scanner {

    /**
     * Scans all of a request. The stage may complete on any thread, or at once on the caller's; it never completes with null.
     * Completing exceptionally, like {@link ScanVerdict.Refused}, means that the request must not leave.
     */
    CompletionStage<ScanVerdict> scan(ScanRequest request);

    /**
     * As {@link #scan(ScanRequest)}, but ends early where {@code pace} says so. Whoever reads the request
     * has left it when the stage completes.
     */
    default CompletionStage<ScanVerdict> scan(ScanRequest request, Pace pace) {
        return scan(request);
    }

    /** As {@link #scan(ScanRequest, Pace)}, and joins the values with what their caller sent before. */
    default CompletionStage<ScanVerdict> scan(ScanRequest request, Pace pace, SentBefore sent) {
        return scan(request, pace);
    }

    /** Whether it may be asked only once, with the whole request, because asking has side effects. */
    default boolean wantsWholeRequests() {
        return false;
    }
}
