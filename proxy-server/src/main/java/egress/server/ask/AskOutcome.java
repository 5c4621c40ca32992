package egress.server.ask;

import java.util.Locale;

/** How a question ends. */
public enum AskOutcome {
    ALLOW_ONCE,
    ALLOW_FOR,
    ALLOW_UNTIL_EXIT,
    DENY,
    /** What was found in place of an answer is none. */
    FORGED,
    /** Nobody answered in time. */
    EXPIRED,
    /** It cannot be written for an operator to see. */
    UNSHOWABLE,
    /** Other rules hold meanwhile. */
    RELOADED,
    /** The gate stops. */
    STOPPED;

    /** As metrics and logs name it. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }
}
