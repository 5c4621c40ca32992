package egress.ca;

/** No leaf certificate can be had for a name; {@link #reason()} says whether it is worth asking again. */
public final class MintException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Why a mint failed. */
    public enum Reason {
        /** The name is neither a DNS name nor an IP literal: it never will be minted. */
        BAD_NAME,
        /** Too many mints are waiting: the same name may succeed a moment later. */
        OVERLOADED,
        /** The certificate authority's own validity is over (or has not begun): nothing can be minted until it is replaced. */
        CA_NOT_VALID,
        /** The cache was closed while the mint was under way. */
        CLOSED,
        /** The signature or the encoding failed; the cause says how. */
        FAILED
    }

    private final Reason reason;

    MintException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    MintException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
