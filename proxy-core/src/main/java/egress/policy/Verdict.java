package egress.policy;

/** The decision of policy on one request, and the rule that made it: {@link RuleNames} has their names. */
public sealed interface Verdict {
    /**
     * It may leave, by the rules of this route.
     *
     * @param rule the rule that let it, such as {@code matches[0].paths[1] prefix /v1/}
     */
    record Allow(Route route, String rule) implements Verdict {}

    /** Its head may leave by this rule of this route, and each piece of its body once that was judged. */
    record Inspect(Route route, String rule, BodyJudge body) implements Verdict {}

    /**
     * It may not.
     *
     * @param words a sentence for the caller, with no secret in it
     * @param rule what it failed at, such as {@code matches[0].methods}
     * @param ask whether an operator may be asked about it
     */
    record Deny(DenyReason why, String words, String rule, Ask ask) implements Verdict {
        /** About which no operator is asked. */
        public Deny(DenyReason why, String words, String rule) {
            this(why, words, rule, Ask.NEVER);
        }

        /** Where no rule of a route is nearer than the reason. */
        public Deny(DenyReason why, String words) {
            this(why, words, RuleNames.of(why));
        }

        Deny asking(Ask about) {
            return new Deny(why, words, rule, about);
        }
    }

    /** Its target or method is none that HTTP knows, so that no rule can be asked: 400. */
    record Malformed(String words) implements Verdict {}

    /** It may be taken for a request to another host: 421 (RFC 9110 §15.5.20). */
    record Misdirected(String words) implements Verdict {}
}
