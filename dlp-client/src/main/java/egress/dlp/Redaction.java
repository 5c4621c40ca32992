package egress.dlp;

/** The outcome of masking the hits of a request. */
public sealed interface Redaction {

    /**
     * Every hit reads {@code ********} now. The caller scans and judges it again before it leaves. {@code bodyChanged}: the
     * body is another one, its length may differ, Content-Length is set to it and digests of the old body are gone.
     */
    record Rewritten(ScanRequest request, boolean bodyChanged) implements Redaction {}

    /** That hit does not stand verbatim in a place that can be rewritten: a deny. */
    record NotRewritable(Finding hit) implements Redaction {}
}
