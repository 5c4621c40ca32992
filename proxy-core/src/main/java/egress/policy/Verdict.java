package egress.policy;

/** What policy says of one request. */
public sealed interface Verdict {
    /** It may leave, by the rules of this route. */
    record Allow(Route route) implements Verdict {}

    /** Its head may leave by the rules of this route, and each piece of its body once that was judged. */
    record Inspect(Route route, BodyJudge body) implements Verdict {}

    /**
     * It may not.
     *
     * @param words a sentence for the caller, with no secret in it
     */
    record Deny(DenyReason why, String words) implements Verdict {}

    /** Its target or method is none that HTTP knows, so that no rule can be asked: 400. */
    record Malformed(String words) implements Verdict {}

    /** It may be taken for a request to another host: 421 (RFC 9110 §15.5.20). */
    record Misdirected(String words) implements Verdict {}
}
