package egress.share;

/**
 * Who asks for a part of what all share: one connection of a caller. Callers share alike, and the connections of a caller share the
 * caller's part alike.
 *
 * @param connection identifies one of the caller's connections
 */
public record Claimant(Caller caller, long connection) {
    /** The gate itself: warming up, probing, checking. */
    public static final Claimant SELF = new Claimant(new Caller("self"), 0);
}
