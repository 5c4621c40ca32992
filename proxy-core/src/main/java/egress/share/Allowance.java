package egress.share;

/** A part of a budget that one piece of work may use. */
public interface Allowance {
    /** Takes so much more, or nothing; false when it is refused. */
    boolean take(long amount);

    /** Gives back a part of what was taken. */
    void give(long amount);
}
