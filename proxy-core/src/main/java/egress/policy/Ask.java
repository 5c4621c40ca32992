package egress.policy;

/** What becomes of a request that the rules do not allow. */
public enum Ask {
    /** It is denied. */
    NEVER,
    /** An operator is asked while the request waits. */
    HOLD,
    /** An operator is asked, and the request is denied meanwhile: it may come again. */
    LATER
}
